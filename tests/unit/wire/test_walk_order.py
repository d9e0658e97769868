"""The order of OIDs."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.wire.ber import encode_arcs
from collector.wire.walk_order import in_order, precedes, surely_increasing

ARCS = st.lists(st.sampled_from([0, 1, 127, 128, 255, 16383, 16384, 2**21, 2**32 - 1]), max_size=4).map(tuple)


@given(ARCS, ARCS)
def test_precedes_compares_arcs(one, other):
    """The order is that of the arcs, not of the octets."""
    assert precedes(encode_arcs(one), encode_arcs(other)) == (one < other)


def test_octets_mislead_above_16383():
    """16384 comes after 16383 although its octets come before."""
    assert encode_arcs([16384]) < encode_arcs([16383])
    assert precedes(encode_arcs([16383]), encode_arcs([16384]))


@pytest.mark.parametrize("garbage", [b"\x80\x80\x01", b"\x81\x81", b"\xff\xff\xff\xff\xff\x7f"])
def test_what_is_no_oid_precedes_nothing_and_nothing_precedes_it(garbage):
    """Padded, unfinished and too large arcs have no place in the order, where arcs must be looked at."""
    assert not precedes(garbage, b"\x01")
    assert not precedes(b"\x01", garbage)


@given(ARCS, st.lists(ARCS, min_size=1, max_size=6))
@settings(max_examples=300)
def test_surely_increasing_is_never_wrong(last, rows):
    """What is called increasing is strictly increasing by its arcs."""
    suffixes = [encode_arcs(row) for row in rows]
    if surely_increasing(encode_arcs(last), suffixes):
        assert all(one < other for one, other in zip([last, *rows], rows, strict=False))


@pytest.mark.parametrize(
    ("last", "rows"),
    [
        ((), [(1,), (2,), (300,)]),
        ((1,), [(2,), (128,), (16383,)]),
        ((), [(16384, 1), (16384, 2), (479552, 1)]),
        ((16384,), [(16385,), (2097151,)]),
    ],
)
def test_ordinary_indexes_need_no_closer_look(last, rows):
    """Increasing indexes are recognised by their octets while their arcs end at the same places."""
    assert surely_increasing(encode_arcs(last), [encode_arcs(row) for row in rows])


@pytest.mark.parametrize(
    ("last", "rows"),
    [((2,), [(1,)]), ((1,), [(1,)]), ((), [()]), ((16384,), [(16383,)]), ((16383,), [(16384,)]), ((1,), [(16384,)])],
)
def test_what_goes_back_or_is_not_certain_needs_a_closer_look(last, rows):
    """Repeated and decreasing indexes are not called increasing, nor those whose arcs end at different places."""
    assert not surely_increasing(encode_arcs(last), [encode_arcs(row) for row in rows])


@given(st.lists(ARCS, unique=True, max_size=8))
def test_in_order_sorts_by_arcs(rows):
    """Indexes are sorted as a walk meets them."""
    assert in_order([encode_arcs(row) for row in rows]) == [encode_arcs(row) for row in sorted(rows)]


def test_in_order_leaves_out_what_is_no_index():
    """Octets that are no arcs are left out where arcs have to be looked at."""
    assert in_order([encode_arcs([16384]), b"\x80\x80\x01", encode_arcs([1])]) == [b"\x01", encode_arcs([16384])]
