"""Stories that tracking is told: polls of one device, and what came on record and to be seen."""

from collector.model import (
    ChildSa,
    ClosedChildSa,
    ClosedEndpoint,
    ClosedIkeSa,
    ContextMemory,
    Endpoint,
    IkeFailure,
    IkeSa,
    IpsecFailure,
    Origin,
    Sighting,
    Snapshot,
    System,
)
from collector.tunnels import Plan, begin, exposing, forget, observe, observing_rows, pass_time, run

T0 = 1_000_000.0
"""When stories begin, Unix time."""
UP = 50_000.0
"""How long the device is up then, in seconds."""
HUB = {"local_address": "10.1.1.2", "remote_address": "10.1.1.1"}
NAME, PEER = "22.1.1.1-20.1.1.1 via 10.1.1.2", "10.1.1.1"
"""What the CHILD SA of `child` is called, with the selectors of `endpoint`."""
BARE = "10.1.1.2-10.1.1.1"
"""What SAs between the addresses of `HUB` are called."""


def module(name):
    return "snmp", name


TELLS = {
    module("system"): {"system": System},
    module("ipsec"): {"cipSecTunnelTable": ChildSa, "cipSecEndPtTable": Endpoint},
    module("ike"): {"cikeTunnelTable": IkeSa},
    module("history"): {
        "cikeTunnelHistTable": ClosedIkeSa,
        "cipSecTunnelHistTable": ClosedChildSa,
        "cipSecEndPtHistTable": ClosedEndpoint,
    },
    module("failures"): {"cikeFailTable": IkeFailure, "cipSecFailTable": IpsecFailure},
    module("enhanced"): {"ceipSecTunnelTable": ChildSa, "ceipSecEndPtTable": Endpoint},
    module("enhanced-history"): {"ceipSecTunnelHistTable": ClosedChildSa},
}
HISTORIES = {
    (module("ipsec"), "child"): module("history"),
    (module("ike"), "ike"): module("history"),
    (module("enhanced"), "child"): module("enhanced-history"),
}
USUAL = ("system", "ipsec", "ike", "history", "failures")


def plan_of(*modules, target="hub1", vrf="global", **more):
    """Plan to poll modules, the usual ones if none is named."""
    polled = {(target, vrf): frozenset(map(module, modules or USUAL))}
    return Plan(tells=TELLS, histories=HISTORIES, polled=polled, **more)


def child(index=7, seconds=100.0, octets=0, **more):
    """A CHILD SA of the hub that has been active for some seconds and received some octets."""
    facts = {**HUB, "active_seconds": seconds, "receive_bytes": octets, "transmit_bytes": 0, **more}
    return ChildSa(index=str(index), **facts)


def endpoint(index=7, remote="20.1.1.1", local="22.1.1.1"):
    """The traffic selectors of a CHILD SA."""
    return Endpoint(index=f"{index}.1", child_index=index, local_first_address=local, remote_first_address=remote)


def ike(index=4, seconds=100.0, octets=0, **more):
    """An IKE SA of the hub."""
    facts = {**HUB, "active_seconds": seconds, "receive_bytes": octets, **more}
    return IkeSa(index=str(index), **facts)


def closed(number, index=7, *, began=0.0, seconds=100.0, octets=0, kind=ClosedChildSa, **more):
    """The end of an SA, in the history: it began so long after `T0` (before it, if negative) and lived some seconds."""
    facts = {
        **HUB,
        "active_index": index,
        "start_uptime_seconds": UP + began,
        "active_seconds": seconds,
        "receive_bytes": octets,
        "transmit_bytes": 0,
        "reason": "normal",
        **more,
    }
    return kind(index=str(number), **facts)


def closed_endpoint(number, remote="20.1.1.1", local="22.1.1.1"):
    """The traffic selectors of an end."""
    return ClosedEndpoint(
        index=f"{number}.1", closed_child_index=number, local_first_address=local, remote_first_address=remote
    )


class Story:
    """The tracking of one target, in whose first context all happens unless said otherwise; times are since `T0`."""

    def __init__(self, plan=None, *, at=0.0, memories=()):
        self.plan = plan or plan_of()
        self.target = next((target for target, _ in self.plan.polled), "hub1")
        self.state = begin(self.target, memories, self.plan, T0 + at)
        self.step = None
        self.all_changes = []
        self.sessions, self.failures, self.gaps, self.tunnels_on_record = {}, {}, {}, {}
        self.records, self.readings, self.transitions, self.usages = {}, {}, [], []

    def poll(self, name, *entities, at, vrf="global", seconds=1.0, now=None, **more):
        """Take in a poll; demand that the state before it is untouched."""
        origin = Origin(target=self.target, vrf=vrf, source="snmp", module=name)
        snapshot = Snapshot(origin=origin, taken_at=T0 + at, duration_seconds=seconds, entities=entities, **more)
        return self._take(observe, snapshot, T0 + (at + seconds if now is None else now), self.plan)

    def silence(self, name, *, at, **more):
        """Take in a poll that failed."""
        return self.poll(name, at=at, error="timed out", **more)

    def see(self, level, indexes, *entities, at, name="ipsec"):
        """Read rows by themselves: those of `indexes` that are not among `entities` are not there."""
        origin = Origin(target=self.target, vrf="global", source="snmp", module=name)
        asked = frozenset({indexes} if isinstance(indexes, int) else indexes)
        told = {"origin": origin, "level": level, "indexes": asked, "entities": entities}
        sighting = Sighting(taken_at=T0 + at, duration_seconds=0.1, **told)
        return self._take(lambda *args: run(observing_rows(*args)), sighting, T0 + at + 0.1, self.plan)

    def look(self, *, at, uptime=None, **more):
        """Look at the device's clock."""
        return self.poll("system", System(uptime_seconds=UP + at if uptime is None else uptime, **more), at=at)

    def pass_time(self, *, at, **more):
        return self._take(pass_time, T0 + at, self.plan, **more)

    def forget(self, wanted, *, at):
        return self._take(forget, wanted, T0 + at, self.plan)

    def _take(self, act, *args, **more):
        before, was = self.state, repr(self.state)
        step = act(self.state, *args, **more)
        assert repr(before) == was, "a state never changes"
        self.state, self.step = step.state, step
        self.all_changes += step.changes
        for changes in step.changes:
            self._record(changes)
        return step

    def _record(self, changes):
        for kept, new in (
            (self.sessions, changes.sessions),
            (self.failures, changes.failures),
            (self.gaps, changes.gaps),
        ):
            kept.update({(one.vrf, one.number): one for one in new})
        for known in changes.forgotten:
            self.tunnels_on_record.pop((known.vrf, known.level, known.name, known.peer), None)
        for known in changes.tunnels:
            self.tunnels_on_record[known.vrf, known.level, known.name, known.peer] = known
        if changes.record:
            self.records[changes.vrf] = changes.record
        if changes.readings is not None:
            self.readings[changes.vrf] = changes.readings
        self.transitions += changes.transitions
        self.usages += changes.usages

    def memories(self):
        """What is on record."""
        return [
            ContextMemory(
                record=record,
                tunnels=tuple(one for key, one in self.tunnels_on_record.items() if key[0] == vrf),
                sessions=tuple(one for key, one in self.sessions.items() if key[0] == vrf and one.ended_at is None),
                given_up=tuple(one for key, one in self.sessions.items() if key[0] == vrf and one.closed_by == "poll"),
                readings=tuple(
                    one for one in self.readings.get(vrf, ()) if self.sessions[vrf, one.number].ended_at is None
                ),
                gaps=tuple(one for key, one in self.gaps.items() if key[0] == vrf and one.ends_at is None),
            )
            for vrf, record in self.records.items()
        ]

    def restart(self, *, at, plan=None):
        """End the daemon at once and begin it anew from what is on record."""
        self.plan = plan or self.plan
        self.state = begin(self.target, self.memories(), self.plan, T0 + at)
        return self

    def exposed(self, vrf="global", limit=None):
        return run(exposing(self.state, vrf, self.plan, limit=limit))

    def shown(self, level="child", vrf="global"):
        """What a scrape sees of a level, by name."""
        exposed = self.exposed(vrf)
        return {one.name: one for one in (exposed.children if level == "child" else exposed.ikes)}

    def tunnel(self, name=BARE, level="child"):
        return self.shown(level)[name]

    def known(self, name=BARE, peer=PEER, level="child", vrf="global"):
        """What is remembered of a tunnel."""
        return self.state.contexts[vrf].tunnels[level][name, peer].known

    def all_sessions(self, level="child"):
        return [one for one in self.sessions.values() if one.level == level]

    def session(self, level="child"):
        """The only session of a level."""
        (one,) = self.all_sessions(level)
        return one

    def session_of(self, tunnel, level="child"):
        """The only session of a tunnel."""
        (one,) = [one for one in self.all_sessions(level) if one.tunnel == tunnel]
        return one

    def gap(self):
        """The only gap."""
        (one,) = self.gaps.values()
        return one

    def moves(self, level="child"):
        """States that were left and reached, and when."""
        return [(one.before, one.after, one.at - T0) for one in self.transitions if one.level == level]


def watched(plan=None, *rows):
    """A story whose clock and history were looked at."""
    story = Story(plan)
    story.look(at=0)
    story.poll("history", *rows, at=1)
    story.look(at=2)
    return story


def read(story, *rows, at, **more):
    """Read the history, and the clock after it."""
    story.poll("history", *rows, at=at, **more)
    story.look(at=at + 2)


def ended_at(session):
    """When a session ended, since `T0`."""
    return session.ended_at - T0
