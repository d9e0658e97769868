"""What is prepared of each notification: which objects bear its row, and under which OIDs it is known."""

import pytest

from collector.interpret.notification_kinds import UNKNOWN, kinds
from collector.tables import load
from collector.wire.ber import oid

TABLES = load()
KINDS = kinds(TABLES)


def bearers(name):
    found = KINDS[TABLES.notifications[name].oid].bearers
    return {each.name for each in TABLES.notified.values() if each.oid in found}


def test_bearers_are_of_the_table_and_beneath_it():
    """The row of phase 2 shows in its own columns, its endpoints and its SPIs; not in phase 1, not in the history."""
    found = bearers("cipSecTunnelStop")
    assert {"cipSecTunActiveTime", "cipSecEndPtLocalAddr1", "cipSecSpiProtocol"} <= found
    assert not {name for name in found if name.startswith(("cike", "cipSecFail")) or "Hist" in name}


def test_bearers_of_augmented_tables():
    """The row of a BGP peer shows in whatever its address comes first in."""
    assert {"bgpPeerState", "cbgpPeerPrevState", "cbgpPeerPrefixThreshold"} <= bearers("cbgpFsmStateChange")


def test_only_peers_are_told_by_their_index():
    """A peer's index is its address; a tunnel's is a number."""
    assert KINDS[TABLES.notifications["bgpEstablished"].oid].tells_address
    assert not KINDS[TABLES.notifications["cikeTunnelStart"].oid].tells_address


def test_without_a_table_there_is_no_row():
    """What is about no row has no object that bears one."""
    assert bearers("coldStart") == bearers("cikeNoSa") == set()
    assert (UNKNOWN.bearers, UNKNOWN.type.happening) == (frozenset(), "other")


@pytest.mark.parametrize(
    ("trap_oid", "name"),
    [
        ("1.3.6.1.2.1.15.7.2", "bgpBackwardTransition"),
        ("1.3.6.1.2.1.15.7.0.2", "bgpBackwardTransition"),
        ("1.3.6.1.2.1.15.0.2", "bgpBackwardTransNotification"),
        ("1.3.6.1.6.3.1.1.5.1", "coldStart"),
        ("1.3.6.1.6.3.1.1.5.0.1", None),
        ("1.3.6.1.4.1.9.9.171.2.0.0.8", None),
    ],
)
def test_oids_that_came_through_version_1(trap_oid, name):
    """A 0 before the last number is what v1 made of an OID that had none there; nothing else gets one."""
    found = KINDS.get(oid(trap_oid))
    assert (found.type.name if found else None) == name
