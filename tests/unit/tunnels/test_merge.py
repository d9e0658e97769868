import pytest

from collector.model import ChildSa, IkeSa, System
from collector.tunnels.merge import age, coalesced, last_arc, merged


@pytest.mark.parametrize(("index", "arc"), [("7", 7), ("6.5", 5), ("", -1), ("x", -1), ("1.x", -1)])
def test_the_last_number_of_an_index_names_the_row(index, arc):
    """What has none has -1, which no row of a device has."""
    assert last_arc(index) == arc


def test_newest_comes_first():
    """By age, those of unknown age last, the highest index first among them."""
    rows = [
        ChildSa(index="1"),
        ChildSa(index="2", active_seconds=5.0),
        ChildSa(index="3", active_seconds=0.0),
        ChildSa(index="4"),
    ]
    assert [row.index for row in sorted(rows, key=age)] == ["3", "2", "4", "1"]


def test_counters_are_summed_and_unknown_ones_stay_unknown():
    """Of IKE SAs as of CHILD SAs."""
    sa = merged([IkeSa(receive_bytes=1, refreshes=2, hash="sha"), IkeSa(receive_bytes=3, hash="md5")])
    assert (sa.receive_bytes, sa.refreshes, sa.transmit_bytes, sa.hash) == (4, 2, None, "sha")


def test_one_row_is_itself():
    """Nothing is copied that need not be."""
    sa, system = ChildSa(index="1"), System(name="hub")
    assert merged([sa]) is sa
    assert coalesced([system]) is system


def test_each_field_is_from_the_first_row_that_has_it():
    """A false or a zero is an answer too."""
    rows = [ChildSa(ike_alive=False, refreshes=0), ChildSa(ike_alive=True, refreshes=5, status="active")]
    assert coalesced(rows) == ChildSa(ike_alive=False, refreshes=0, status="active")
