import pytest

from collector.model import (
    ChildSa,
    ClosedChildSa,
    ClosedIkeSa,
    Endpoint,
    IkeFailure,
    IkeGateway,
    IkePeer,
    IkePeerTunnel,
    IpsecFailure,
    IpsecGateway,
    IsakmpPolicy,
    MonitorSettings,
    PollCosts,
    Spi,
)
from collector.store import Store
from collector.tunnels import TrackedTunnels, Tunnels, run, sort_rows
from exporters.rows import (
    Association,
    FailureTally,
    FaultTally,
    HistoryTally,
    OrphanTally,
    PeerTally,
    SaTally,
    context_rows,
)
from tests.agents.identified import identify


def by_subject(told):
    return {subject.name: rows for subject, rows in filter(None, told)}


@pytest.fixture
def told(snapshot):
    """Return a function that gives the rows of entities by subject."""

    def rows(*entities):
        one = snapshot(*entities)
        return by_subject(context_rows([run(sort_rows(one))], TrackedTunnels(seen=identify([one])), []))

    return rows


def test_rows_that_several_mibs_tell_of_one_thing_are_one(told):
    """Each field from the first that has it."""
    rows = told(
        IpsecGateway(index="a", active_tunnels=3), IpsecGateway(index="b", active_tunnels=4, throughput_ratio=0.5)
    )
    assert rows["ipsec_gateway"] == [IpsecGateway(index="a", active_tunnels=3, throughput_ratio=0.5)]


def test_rows_that_labels_tell_apart_stay(told):
    """Monitor settings of each MIB; IKE totals of each protocol."""
    settings = MonitorSettings(mib="CISCO-IPSEC-FLOW-MONITOR-MIB"), MonitorSettings(mib="CISCO-IPSEC-SIGNALING-MIB")
    totals = IkeGateway(protocol="cpIkev1"), IkeGateway(protocol="cpIkev2"), IkeGateway()
    rows = told(*settings, *totals)
    assert (tuple(rows["monitor"]), tuple(rows["ike_gateway"])) == (settings, totals)


def test_media_gateways_are_apart_from_the_whole(told):
    """Who sums the one must not sum the other."""
    rows = told(IpsecGateway(gateway="3"), IpsecGateway(), IkeGateway(gateway="3"), IkeGateway())
    assert [row.gateway for row in rows["ipsec_gateway"]] == [None]
    assert [row.gateway for row in rows["ipsec_media"]] == ["3"]
    assert [row.gateway for row in rows["ike_gateway"]] == [None]
    assert [row.gateway for row in rows["ike_media"]] == ["3"]


def test_sas_are_counted_in_the_words_of_both_mibs(told):
    """Direction is receive or transmit, as everywhere; what is neither is kept as it is."""
    spis = [
        Spi(index=f"7.{number}", child_index=7, direction=direction, protocol="esp", status="active", spi=number)
        for number, direction in enumerate(["in", "saDirectionIn", "out", "saDirectionUnknown", None], 1)
    ]
    assert told(ChildSa(index="7"), *spis)["sas"] == [
        SaTally("receive", "esp", "active", 2),
        SaTally("transmit", "esp", "active", 1),
        SaTally("saDirectionUnknown", "esp", "active", 1),
        SaTally(None, "esp", "active", 1),
    ]


def test_associations_are_counted_by_peer(told):
    """With the age of the oldest and the number of tunnels that belong to them."""
    first = IkePeer(remote_identity="a", internal_index=1, remote_address="010.001.001.001", active_seconds=5.0)
    second = IkePeer(remote_identity="b", internal_index=1, remote_address="10.1.1.1", active_seconds=9.0)
    bare = IkePeer(remote_identity="c", internal_index=1)
    tunnels = [IkePeerTunnel(remote_identity="a", internal_index=1, sequence=n) for n in (1, 2)]
    rows = told(first, second, bare, *tunnels, IkePeerTunnel(remote_identity="d"), IkePeerTunnel())
    assert rows["peer"] == [
        PeerTally("10.1.1.1", 2, 9.0, 2),
        PeerTally("c", 1, None, 0),
        PeerTally("d", 0, None, 1),
        PeerTally("unknown", 0, None, 1),
    ]
    assert rows["association"] == [
        Association("10.1.1.1", first),
        Association("10.1.1.1", second),
        Association("c", bare),
    ]


def test_a_peer_that_tells_nothing_is_unknown(told):
    """An all-empty row counts; without a row about tunnels their number is absent, not 0."""
    assert told(IkePeer())["peer"] == [PeerTally("unknown", 1, None, None)]


def test_failures_are_counted_by_reason(told):
    """Of both phases; the last one's uptime is kept, where it is told."""
    rows = told(
        IkeFailure(reason="peerLost", uptime_seconds=5.0),
        IkeFailure(reason="peerLost", uptime_seconds=3.0),
        IkeFailure(reason="peerLost", protocol="cpIkev2"),
        IpsecFailure(reason="other", uptime_seconds=4.0),
        IpsecFailure(),
    )
    assert rows["failures"] == [
        FailureTally(1, None, "peerLost", 2, 5.0),
        FailureTally(1, "cpIkev2", "peerLost", 1, None),
        FailureTally(2, None, "other", 1, 4.0),
        FailureTally(2, None, None, 1, None),
    ]


def test_ended_tunnels_are_counted_by_reason(told):
    """The last end is the latest start plus life; a row that does not tell its start tells no end."""
    rows = told(
        ClosedIkeSa(reason="normal", start_uptime_seconds=100.0, active_seconds=50.0),
        ClosedIkeSa(reason="normal", start_uptime_seconds=120.0),
        ClosedChildSa(reason="peerDelRequest", active_seconds=9.0),
    )
    assert rows["history"] == [HistoryTally(1, "normal", 2, 150.0), HistoryTally(2, "peerDelRequest", 1, None)]


def test_orphans_are_told_where_there_are_any():
    """Kinds without orphans are not, nor those that the latest polls did not tell."""
    tunnels = TrackedTunnels(seen=Tunnels(orphans=(("Spi", 2), ("Endpoint", 0))))
    rows = {Spi: [Spi()], Endpoint: [Endpoint()]}
    assert by_subject(context_rows([rows], tunnels, []))["orphans"] == [OrphanTally("Spi", 2)]
    assert by_subject(context_rows([], tunnels, []))["orphans"] == []


def test_polls_and_their_faults_are_told(snapshot):
    """A row per origin, and one per kind of fault."""
    store = Store()
    store.publish(snapshot(costs=PollCosts(faults=(("ragged-rows", 2), ("late", 1)))))
    (records,) = store.contexts().values()
    rows = by_subject(context_rows([], None, records))
    assert rows["poll"] == list(records)
    assert rows["poll_fault"] == [FaultTally("snmp", "ipsec", "ragged-rows", 2), FaultTally("snmp", "ipsec", "late", 1)]


def test_thousands_of_rows_are_told_in_steps(snapshot):
    """Peers, failures and policies of a large hub make pauses; nothing is lost between them."""
    rows = [IkePeer(remote_identity=f"spoke{n}", internal_index=1) for n in range(1_200)]
    one = snapshot(*rows, *(IsakmpPolicy(priority=n) for n in range(1_200)))
    told = list(context_rows([run(sort_rows(one))], TrackedTunnels(seen=identify([one])), []))
    assert told.count(None) >= 10
    assert (len(by_subject(told)["peer"]), len(by_subject(told)["isakmp_policy"])) == (1_200, 1_200)
