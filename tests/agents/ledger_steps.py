"""Records for the tests of the ledger."""

from dataclasses import replace

from collector.model import (
    COUNTED,
    Changes,
    ContextRecord,
    Event,
    Failure,
    Gap,
    HistoryMark,
    KnownTunnel,
    Reading,
    Session,
    Usage,
)

WHERE = {"target": "hub1", "vrf": "red"}
AT = 1_700_000_000.0


def counts(number, level="child"):
    """Values of all counters of a level; every third is not counted."""
    return tuple(None if place % 3 == 2 else number + place for place in range(len(COUNTED[level])))


def session(number, **more):
    """A session of a CHILD SA that lives."""
    given = {
        **WHERE,
        "number": number,
        "level": "child",
        "tunnel": f"site {number}",
        "peer": f"10.0.0.{number % 250}",
        "source": "snmp",
        "module": "ipsec",
        "index": str(number),
        "local_address": "192.0.2.1",
        "selectors": ("10.1.0.0/16-10.2.0.0/16", "any"),
        "algorithms": (("encryption", "esp3des"), ("dh_group", "unknown(14)")),
        "started_at": AT,
        "seen_at": AT + number,
        "counts": counts(number, more.get("level", "child")),
    }
    return Session(**{**given, **more})


def ended(number, **more):
    """A session that is over."""
    closing = {"gone_at": AT + 50, "ended_at": AT + 49.5, "reason": "peerLost", "closed_by": "history"}
    return session(number, **{**closing, **more})


def tunnel(number=1, **more):
    """A tunnel."""
    given = {**WHERE, "level": "child", "name": f"site {number}", "peer": f"10.0.0.{number % 250}", "known_since": AT}
    return KnownTunnel(**{**given, **more})


def failure(number, **more):
    """A failure."""
    given = {**WHERE, "number": number, "level": "ike", "module": "ipsec", "index": str(number), "seen_at": AT + number}
    return Failure(**{**given, **more})


def gap(number, **more):
    """A gap that goes on."""
    given = {**WHERE, "number": number, "kind": "unanswered", "module": "ipsec", "begins_at": AT}
    return Gap(**{**given, **more})


def usage(begins_at=AT, **more):
    """What a tunnel carried in five minutes."""
    given = {**WHERE, "tunnel": "site 1", "peer": "10.0.0.1", "begins_at": begins_at, "seconds": 300.0}
    return Usage(**{**given, "receive_bytes": 30_000, "transmit_bytes": 0, **more})


def record(**more):
    """What is remembered of the context."""
    marks = (HistoryMark(module="ipsec", table="ClosedChildSa", boot_at=1.5, last_index=7, read_at=AT),)
    return ContextRecord(**{**WHERE, "watched_since": AT, "marks": marks, "answered": (("ipsec", AT),), **more})


def reading(number, **more):
    """A reading of a CHILD SA's session."""
    return Reading(**{"number": number, "seen_at": AT + number, "values": counts(number), **more})


def step(**more):
    """A step of the context."""
    return Changes(**{**WHERE, "at": AT, **more})


def elsewhere(record, vrf="blue"):
    """The same record in another context."""
    return replace(record, vrf=vrf)


def event(number, **more):
    """A notification."""
    given = {
        **WHERE,
        "id": f"e{number}",
        "at": AT + number,
        "source": "trap",
        "name": "cipSecTunnelStop",
        "happening": "tunnel-stop",
    }
    return Event(**{**given, **more})


def full_event(number, **more):
    """A notification that tells all."""
    told = {
        "level": "child",
        "tunnel": "site 1",
        "peer": "10.0.0.1",
        "index": "7",
        "up": False,
        "reason": "peerLost",
        "description": "branch office",
        "sender": "192.0.2.1",
        "announced": False,
        "values": (("cipSecTunLifeTime.7", "3600"), ("ifName.2", "Gi0/1 \N{SNOWMAN}")),
    }
    return event(number, **{**told, **more})
