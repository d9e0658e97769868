"""Whatever a device lists: no row is lost, and no two tunnels have the same labels."""

from hypothesis import given, settings
from hypothesis import strategies as st

from collector.model import ChildSa, Endpoint, IkeSa, Origin, Snapshot
from tests.agents.identified import identify

TEXTS = st.one_of(
    st.none(),
    st.sampled_from(
        ["", "10.1.1.1", "010.001.001.001", "10.1.1.2", "unknown", "hub", "a-b", "a - b", "2001:db8::1", "a (b)", "b,c"]
    ),
    st.text('ab-., ()#:/"\\\n', max_size=6),
)
SMALL = st.integers(0, 3)
CHILDREN = st.builds(
    ChildSa,
    index=SMALL.map(str),
    local_address=TEXTS,
    remote_address=TEXTS,
    ike_index=st.none() | SMALL,
    active_seconds=st.none() | st.floats(0, 100),
    receive_bytes=st.integers(0, 100),
)
IKES = st.builds(
    IkeSa,
    index=SMALL.map(str),
    local_address=TEXTS,
    remote_address=TEXTS,
    local_identity=TEXTS,
    remote_identity=TEXTS,
    receive_bytes=st.integers(0, 100),
)
ENDPOINTS = st.builds(
    Endpoint,
    child_index=st.none() | SMALL,
    local_type=st.sampled_from([None, "ipSubnet", "ipAddrRange"]),
    local_first_address=TEXTS,
    local_second_address=TEXTS,
    remote_first_address=TEXTS,
    remote_second_address=st.sampled_from([None, "255.255.0.0", "10.1.1.1"]),
    remote_protocol=st.none() | SMALL,
    remote_port=st.none() | SMALL,
)


@settings(max_examples=400, deadline=None)
@given(st.lists(CHILDREN | IKES | ENDPOINTS, max_size=12))
def test_rows_become_tunnels_with_labels_of_their_own(rows):
    """Sums and numbers of rows are kept; (tunnel, peer) names one identity."""
    origin = Origin(target="hub1", source="snmp", module="ipsec")
    tunnels = identify([Snapshot(origin=origin, taken_at=0, duration_seconds=1, entities=tuple(rows))])
    for level, kind in ((tunnels.children, ChildSa), (tunnels.ikes, IkeSa)):
        own = [row for row in rows if isinstance(row, kind)]
        assert sum(tunnel.rows for tunnel in level) == len(own)
        assert sum(tunnel.sa.receive_bytes for tunnel in level) == sum(row.receive_bytes for row in own)
        assert len({(tunnel.name, tunnel.peer) for tunnel in level}) == len({tunnel.identity for tunnel in level})
        assert all(tunnel.name and tunnel.peer for tunnel in level)
