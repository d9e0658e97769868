from types import SimpleNamespace

from collector.tunnels import TrackedTunnels
from exporters.tally_rows import GapTally, ReasonTally, StateTally, UnidentifiedTally, tally_rows


def by_subject(tunnels):
    return {subject.name: rows for subject, rows in tally_rows(tunnels)}


def test_tunnels_are_counted_by_level_and_state():
    """Every state, those that no tunnel is in too: a series that appears with the first hides that one."""
    up, down, idle = (SimpleNamespace(state=state) for state in ("up", "down", "idle"))
    rows = by_subject(TrackedTunnels(children=(up, up, down), ikes=(idle,)))["states"]
    assert rows == [
        StateTally("child", "up", 2),
        StateTally("child", "down", 1),
        StateTally("child", "idle", 0),
        StateTally("child", "unknown", 0),
        StateTally("ike", "up", 0),
        StateTally("ike", "down", 0),
        StateTally("ike", "idle", 1),
        StateTally("ike", "unknown", 0),
    ]


def test_ends_failures_and_gaps_are_told_by_why():
    """As tracking counts them; what nobody gave a reason for too."""
    rows = by_subject(
        TrackedTunnels(
            ends=(("child", "peerLost", 2), ("ike", None, 1)),
            failures=(("ike", "authenticationFailure", 3),),
            gaps=(("history-overrun", 4),),
            unidentified_rows=5,
        )
    )
    assert rows["ends"] == [ReasonTally("child", "peerLost", 2), ReasonTally("ike", None, 1)]
    assert rows["failed"] == [ReasonTally("ike", "authenticationFailure", 3)]
    assert rows["gaps"] == [GapTally("history-overrun", 4)]
    assert rows["unidentified"] == [UnidentifiedTally(5)]
