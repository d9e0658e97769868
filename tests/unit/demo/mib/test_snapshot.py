"""The rows, against the MIBs as others wrote them down and against the recorded router."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.demo.hub import Hub
from collector.demo.mib import snapshot
from collector.demo.recording import VRF1, VRF2, Walk

CONTEXTS = ("", "vrf-vrf1-context", "vrf-vrf2-context")
TAGS = {
    "OCTET STRING": 0x04,
    "IpAddress": 0x40,
    "Counter32": 0x41,
    "Gauge32": 0x42,
    "Unsigned32": 0x42,
    "TimeTicks": 0x43,
    "Counter64": 0x46,
    "INTEGER": 0x02,
    "Integer32": 0x02,
}
ELSEWHERE = ((1, 3, 6, 1, 2, 1, 1), (1, 3, 6, 1, 6, 3, 10, 2, 1), (1, 3, 6, 1, 6, 3, 16, 1, 1, 1))
"""The system group, snmpEngine and vacmContextTable: not described in the reference's tables."""
FILLED_BY_SAMPLES = (
    "cikePeerTable",
    "cikeTunnelTable",
    "cikePeerCorrTable",
    "cipSecTunnelTable",
    "cipSecEndPtTable",
    "cipSecSpiTable",
)
OVER = ("cikeTunnelHistTable", "cipSecTunnelHistTable", "cipSecEndPtHistTable", "cikeFailTable", "cipSecFailTable")
BESIDE = ("ikePolMapTable", "ipSecPolMapTable", "bgpPeerTable")
POLICY = (
    "cipsIsakmpPolicyTable",
    "cipsStaticCryptomapSetTable",
    "cipsStaticCryptomapTable",
    "cipsCryptomapSetIfTable",
    "cContextMappingTable",
)


def object_of(oid, by_arcs):
    """Find the object of an instance, and the rest of its OID."""
    for size in range(len(oid) - 1, 0, -1):
        if found := by_arcs.get(oid[:size]):
            return found, oid[size:]
    return None, oid


@pytest.fixture(scope="session")
def by_arcs(objects):
    return {each["arcs"]: each for each in objects.values()}


@pytest.mark.parametrize("seconds", [0, 50, 110, 400])
def test_every_instance_is_an_object_of_its_mib(seconds, by_arcs):
    """Each instance is an accessible object with a value of its syntax, and a scalar has instance 0."""
    hub = Hub()
    hub.advance(seconds)
    for context in CONTEXTS:
        for oid, (tag, value) in snapshot(hub, context).items():
            if any(oid[: len(root)] == root for root in ELSEWHERE):
                continue
            described, rest = object_of(oid, by_arcs)
            assert described, oid
            assert described["kind"] in {"scalar", "column"}, oid
            assert described["access"] != "not-accessible", described["name"]
            assert (rest == (0,)) == (described["kind"] == "scalar"), described["name"]
            assert tag == TAGS[described["syntax"].split(" (")[0]], described["name"]
            assert described["declared_syntax"] != "IPSIpAddress" or len(value) == 4


@pytest.mark.parametrize(
    ("context", "tables"), [("", POLICY), (CONTEXTS[1], (*FILLED_BY_SAMPLES, *OVER, *BESIDE)), (CONTEXTS[2], OVER)]
)
def test_every_column_is_there(context, tables, objects):
    """Every table that the samples fill, and its history and policies, has all accessible columns in all rows."""
    hub = Hub()
    hub.advance(200)
    instances = snapshot(hub, context)
    for table in tables:
        columns = [each for each in objects.values() if each["table"] == table and each["kind"] == "column"]
        indexes = []
        for column in columns:
            if column["access"] == "not-accessible":
                continue
            size = len(column["arcs"])
            indexes.append({oid[size:] for oid in instances if oid[:size] == column["arcs"]})
        assert indexes[0], table
        assert all(index == indexes[0] for index in indexes), table


@pytest.mark.parametrize("context", CONTEXTS)
def test_every_scalar_of_the_flow_monitor_is_there(context, objects):
    """All 73 scalars of CISCO-IPSEC-FLOW-MONITOR-MIB are shown in every context, the default one too."""
    scalars = [
        each
        for each in objects.values()
        if each["kind"] == "scalar" and each["arcs"][:9] == (1, 3, 6, 1, 4, 1, 9, 9, 171)
    ]
    assert len(scalars) == 73
    assert {(*each["arcs"], 0) for each in scalars} <= snapshot(Hub(), context).keys()


AGES = {"cikePeerActiveTime": 13743, "cikeTunActiveTime": 13752, "cipSecTunActiveTime": 13749}
"""The recorded walk took a while; the hub is as old as its phase-2 tunnel was."""
CHANGED = {"cikeTunLocalName": b"hub1", "cipSecHistTableSize": 6, "cipSecFailTableSize": 6}


def test_vrf1_starts_as_recorded(objects):
    """What the recorded router showed of its tunnel, the hub shows at first, but for its name and the tables' sizes."""
    instances = snapshot(Hub(), CONTEXTS[1])
    compared = 0
    for instance, expected in Walk(VRF1).rows.items():
        name, index = instance.split(".", 1)
        if name.startswith(("cikeGlobal", "cipSecGlobal")):
            continue  # the recorded router had no other tunnels
        oid = (*objects[name]["arcs"], *map(int, index.split(".")))
        _, value = instances[oid]
        if name in AGES:
            assert (value, expected) == (13749, AGES[name])
        else:
            wanted = expected.encode() if isinstance(expected, str) else expected
            assert value == CHANGED.get(name, wanted), instance
        compared += 1
    assert compared > 120


def test_the_default_context_is_idle_as_recorded(objects):
    """A context without tunnels shows what the recorded one showed, but for the tables' sizes."""
    instances = snapshot(Hub(), "")
    for instance, expected in Walk(VRF2).rows.items():
        name = instance.removesuffix(".0")
        assert instances[*objects[name]["arcs"], 0][1] == CHANGED.get(name, expected), instance


@given(st.integers(0, 2**32), st.lists(st.integers(1, 400), min_size=1, max_size=8))
@settings(max_examples=25, deadline=None)
def test_in_order_and_consistent(seed, steps):
    """OIDs increase; the 32-bit octets and their wraps say what the 64-bit ones say; gauges count the rows."""
    hub, now = Hub(seed=seed), 0
    for step in steps:
        now += step / 4
        hub.advance(now)
        for context in CONTEXTS:
            instances = snapshot(hub, context)
            assert all(one < other for one, other in pairwise(instances))
            check_octets(instances)
        for context in CONTEXTS[1:]:
            check_counts(snapshot(hub, context))


ROOT = (1, 3, 6, 1, 4, 1, 9, 9, 171, 1)
OCTETS = {(3, 2, 1): (26, 29, 39, 42), (3, 1): (3, 6, 16, 19), (4, 3, 1, 1): (25, 28, 38, 41)}


def check_octets(instances):
    for entry, columns in OCTETS.items():
        for column in columns:
            prefix = (*ROOT, *entry, column)
            for oid in [oid for oid in instances if oid[: len(prefix)] == prefix and (entry != (3, 1) or oid[-1] == 0)]:
                low, full, wraps = (
                    instances[*ROOT, *entry, column + more, *oid[len(prefix) :]][1] for more in range(3)
                )
                assert full == wraps << 32 | low
                assert low < 2**32


def check_counts(instances):
    def rows(*entry):
        return sum(oid[: len(ROOT) + len(entry)] == (*ROOT, *entry) for oid in instances)

    assert instances[*ROOT, 2, 1, 1, 0][1] == rows(2, 3, 1, 35)
    assert instances[*ROOT, 3, 1, 1, 0][1] == rows(3, 2, 1, 51) == rows(2, 4, 1, 7) == rows(3, 3, 1, 3)
    tunnels = {oid[-1]: value for oid, (_, value) in instances.items() if oid[:-1] == (*ROOT, 3, 2, 1, 15)}
    for index, sas in tunnels.items():
        assert rows(3, 4, 1, 3, index) == sas


def test_a_poll_is_small():
    """All three contexts, but for history and failures (polled less often), are always fewer than 1,500 instances."""
    hub = Hub()
    less_often = ((*ROOT, 4), (*ROOT, 5))
    for second in range(0, 900, 5):
        hub.advance(second)
        instances = [oid for context in CONTEXTS for oid in snapshot(hub, context)]
        assert sum(oid[: len(ROOT) + 1] not in less_often for oid in instances) < 1_500


def test_unknown_context():
    """There is nothing to show of a context that the hub does not have."""
    with pytest.raises(KeyError):
        snapshot(Hub(), "vrf-vrf3-context")


def test_contexts_can_be_discovered():
    """The default context says which contexts there are, and which VRF each shows."""
    instances = snapshot(Hub(), "")
    for number, (context, vrf) in enumerate(zip(CONTEXTS[1:], (b"vrf1", b"vrf2"), strict=True)):
        index = (len(context), *context.encode())
        assert instances[1, 3, 6, 1, 4, 1, 9, 9, 468, 1, 1, 1, 2, *index] == (0x04, vrf), number
        assert instances[1, 3, 6, 1, 6, 3, 16, 1, 1, 1, 1, *index] == (0x04, context.encode())
    assert instances[1, 3, 6, 1, 6, 3, 16, 1, 1, 1, 1, 0] == (0x04, b"")


def test_only_the_default_context_has_a_clock():
    """The clocks, sysUpTime and snmpEngineTime, agree with each other, and are not shown in a VRF's context."""
    hub = Hub()
    hub.advance(90)
    uptime, engine_time = (1, 3, 6, 1, 2, 1, 1, 3, 0), (1, 3, 6, 1, 6, 3, 10, 2, 1, 3, 0)
    default, vrf1 = snapshot(hub, ""), snapshot(hub, CONTEXTS[1])
    assert default[uptime] == (0x43, (3 * 3600 + 90) * 100)
    assert default[engine_time] == (0x02, 3 * 3600 + 90)
    assert uptime not in vrf1
    assert engine_time not in vrf1


def test_identities():
    """A peer known by address is written with zeros, as IOS 12.4 does; one known by name by its name."""
    instances = snapshot(Hub(), CONTEXTS[1])
    entry = (*ROOT, 2, 3, 1)
    assert instances[*entry, 7, 1] == (0x04, b"010.001.001.001")
    assert instances[*entry, 6, 1] == (0x02, 1)
    assert instances[*entry, 7, 2] == (0x04, b"oslo.branches.example")
    assert instances[*entry, 6, 2] == (0x02, 2)


def test_access_list_entries():
    """The entry that made a tunnel is written as an access list has it: hosts, or subnets with wildcard bits."""
    instances = snapshot(Hub(), CONTEXTS[1])
    entry = (1, 3, 6, 1, 4, 1, 9, 9, 172, 1, 2, 1, 1, 5)
    assert instances[*entry, 1][1] == b"permit ip host 22.1.1.1 host 20.1.1.1"
    assert instances[*entry, 2][1] == b"permit ip 10.20.0.0 0.0.255.255 10.41.5.0 0.0.0.255"


def test_a_lost_bgp_session_says_why():
    """A session that fell is idle, without version and ports, with the error that ended it and what it was before."""
    hub = Hub()
    hub.advance(70)
    instances = snapshot(hub, CONTEXTS[2])
    peer = (10, 255, 2, 5)
    column = lambda number: instances[1, 3, 6, 1, 2, 1, 15, 3, 1, number, *peer][1]  # noqa: E731
    assert (column(2), column(4), column(8), column(14)) == (1, 0, 0, b"\x04\x00")
    cisco = (1, 3, 6, 1, 4, 1, 9, 9, 187, 1, 2, 1, 1)
    assert instances[*cisco, 7, *peer][1] == b"hold time expired"
    assert instances[*cisco, 8, *peer][1] == 6
