"""How a table is cut into ranges."""

from itertools import pairwise

import pytest

from collector.wire.walk_lane import Lane
from collector.wire.walk_order import precedes
from tests.agents.model_agent import column_oid, index, table_walk


def lane_of(numbers, count, **more):
    return Lane(table_walk(numbers, known=[index(number) for number in range(1, count + 1)], **more))


def cut_all(lane, most_rows, most_columns=50, most_varbinds=300):
    cursors = []
    while not lane.exhausted:
        columns, rows = lane.shape(most_rows, most_columns, most_varbinds)
        cut = lane.cut(columns, rows)
        assert all(cursor.expected <= rows for cursor in cut)
        cursors += cut
    return cursors


@pytest.mark.parametrize("count", [1, 2, 3, 20, 39, 40, 41, 100])
@pytest.mark.parametrize("most_rows", [1, 2, 7, 40])
def test_tiles_cover_the_table_without_gap_or_overlap(count, most_rows):
    """In every column each range starts where the one before it stops, the first at the start, the last is open."""
    numbers = range(1, 15)
    cursors = cut_all(lane_of(numbers, count), most_rows)
    for number in numbers:
        ranges = [(cursor.last, cursor.stop) for cursor in cursors if cursor.column.number == number]
        assert ranges[0][0] == b""
        assert ranges[-1][1] is None
        assert all(stop == start for (_, stop), (start, _) in pairwise(ranges))
    assert sum(cursor.expected for cursor in cursors) == len(numbers) * (count + 1)


def test_tiles_are_of_about_one_size():
    """Columns and rows are shared out evenly over as few tiles as possible."""
    lane = lane_of(range(1, 51), 100)
    assert lane.shape(40, 50, 340) == (10, 34)
    lane.cut(10, 34)
    assert lane.shape(40, 50, 340) == (10, 34)


def test_a_wider_tile_with_fewer_rows_is_chosen_if_it_fits_better():
    """Fourteen columns are asked for at once, although seven with all their repetitions would need less columns."""
    columns, rows = lane_of(range(1, 15), 1000).shape(40, 50, 320)
    assert columns == 14
    assert 20 <= rows <= 22


def test_a_wider_tile_must_fit_into_the_request():
    """No tile has more columns than there is room for OIDs in the request."""
    columns, _ = lane_of(range(1, 15), 1000).shape(40, 8, 320)
    assert columns == 7


def test_only_runs_of_wanted_rows_are_cut():
    """Of wanted rows, neighbours make one range; no range is open."""
    lane = lane_of([1], 9, wanted={index(1), index(2), index(5), index(9)})
    ranges = [(cursor.last, cursor.stop) for cursor in cut_all(lane, 40)]
    assert ranges == [(b"", b"\x02"), (b"\x04", b"\x05"), (b"\x08", b"\x09")]


def test_an_unknown_table_is_asked_for_a_few_columns_first():
    """Of an unknown table four columns come first, and the others wait until these are read."""
    lane = Lane(table_walk(range(1, 51)))
    assert lane.shape(40, 50, 64) == (4, 4)
    first = lane.cut(4, 4)
    lane.table.touched = True
    lane.table.rows.update({index(number): {} for number in range(10)})
    assert lane.blocked
    assert lane.columns_at_once == 46
    for cursor in first:
        cursor.ended = True
    assert not lane.blocked


def test_the_other_columns_of_a_large_table_do_not_wait():
    """Once the first columns have shown that a table is large, the others are asked for beside them."""
    lane = Lane(table_walk(range(1, 51)))
    lane.cut(4, 4)
    lane.table.touched = True
    lane.table.rows.update({index(number): {} for number in range(64)})
    assert not lane.blocked
    assert lane.is_unknown


def test_columns_that_wait_are_cut_by_rows_that_others_have_shown():
    """Once one column is read, the rows of the others are known."""
    lane = Lane(table_walk(range(1, 9)))
    lane.cut(4, 4)
    lane.table.touched = True
    lane.table.rows.update({index(number): {} for number in (3, 1, 2)})
    lane.learn_rows()
    cursors = lane.cut(*lane.shape(40, 50, 64))
    assert [(cursor.last, cursor.stop, cursor.expected) for cursor in cursors] == [(b"", None, 4)] * 4


def test_hopeless_columns_are_left_out():
    """A column that was given up three times is not handed out again; the others of its group are."""
    lane = lane_of([1, 2], 30)
    first, _ = lane.cut(2, 10)
    first.column.given_up = 3
    lane.leave_out_hopeless()
    assert [cursor.column.number for cursor in lane.cut(2, 10)] == [2]


def test_a_group_of_hopeless_columns_ends():
    """A group of which every column is hopeless makes way for the next columns."""
    lane = lane_of([1, 2], 30)
    (only,) = lane.cut(1, 10)
    lane.leave_out_hopeless()
    only.column.given_up = 3
    lane.leave_out_hopeless()
    assert [(cursor.column.number, cursor.last) for cursor in lane.cut(1, 10)] == [(2, b"")]


def test_columns_in_a_gap_are_skipped():
    """Columns between two OIDs between which there is nothing are left out, the one that was named is not."""
    lane = Lane(table_walk(range(1, 9), known=()))
    lane.cut(1, 1)
    lane.skip_gap(column_oid(1), column_oid(5) + b"\x01")
    lane.table.touched = True
    assert [cursor.column.number for cursor in lane.cut(lane.columns_at_once, 4)] == [5, 6, 7, 8]


def test_columns_before_a_gap_are_not_skipped():
    """What lies before the gap is still to be asked for."""
    lane = Lane(table_walk([1, 2]))
    assert precedes(column_oid(1), column_oid(2))
    lane.skip_gap(column_oid(2), None)
    assert lane.columns_at_once == 2
