from hypothesis import given
from hypothesis import strategies as st

from collector.demo.counters import Flow, IkeTraffic, Traffic

FLOWS = st.builds(
    Flow,
    packets_per_second=st.floats(0.1, 5000),
    octets_per_packet=st.integers(40, 1500),
    period_seconds=st.floats(5, 600),
    swell=st.floats(0, 0.9),
)


@given(FLOWS, st.integers(0, 10**8), st.integers(0, 10**4))
def test_flow_never_runs_back(flow, ticks, more):
    """A flow has carried no fewer packets later than before."""
    assert 0 <= flow.packets(ticks) <= flow.packets(ticks + more)


def test_flow_keeps_its_mean():
    """After whole periods a flow has carried its mean rate, whatever its swell."""
    flow = Flow(packets_per_second=100, octets_per_packet=1, period_seconds=60, swell=0.9)
    assert abs(flow.packets(6 * 60 * 100) - 36_000) <= 1


def test_sums():
    """Counters add up one by one, an exchange as often as it happened."""
    assert Traffic(in_octets=1, out_drops=2).plus(Traffic(in_octets=3)) == Traffic(in_octets=4, out_drops=2)
    assert IkeTraffic(in_octets=1).plus(IkeTraffic(in_octets=2, out_deletes=1), 3) == IkeTraffic(7, out_deletes=3)
