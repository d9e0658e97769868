import pytest

from collector.model import HistoryMark, IpsecFailure
from collector.tunnels.track_window import MAX_INDEX
from tests.unit.tunnels.story import (
    T0,
    UP,
    Story,
    child,
    closed,
    ended_at,
    read,
    watched,
)


class TestWindows:
    """A history has the latest ends only, and counts them by its index."""

    def test_ends_that_fell_out_are_counted(self):
        """Ten were read, then twenty happened, of which five are left."""
        story = watched(None, *(closed(n, n, began=-1000) for n in range(1, 11)))
        read(story, *(closed(n, n, began=100, seconds=20) for n in range(26, 31)), at=301)
        gap = story.gap()
        assert (gap.kind, gap.module, gap.lost) == ("history-overrun", "history", 15)
        assert (gap.begins_at, gap.ends_at) == (T0 + 1, T0 + 301)
        assert story.exposed().gaps == (("history-overrun", 1),)

    def test_a_window_that_was_read_in_time_is_no_gap(self):
        """Its oldest row is the next after the mark."""
        story = watched(None, closed(1, began=-1000))
        read(story, *(closed(n, n, began=100, seconds=20) for n in (2, 3)), at=301)
        assert story.gaps == {}
        assert len(story.all_sessions()) == 3

    def test_where_indexes_do_not_follow_each_other_nobody_knows_how_many_are_missing(self):
        """That some may be is on record."""
        story = watched(None, closed(3, began=-1000))
        read(story, *(closed(n, n, began=100, seconds=20) for n in (10, 30)), at=301)
        assert (story.gap().kind, story.gap().lost) == ("history-overrun", None)

    def test_a_history_that_was_empty_may_begin_anywhere(self):
        """Its first index after that tells nothing certain of what is missing."""
        story = watched()
        read(story, closed(5, began=100, seconds=20), at=301)
        assert (story.gap().kind, story.gap().lost) == ("history-overrun", None)
        assert len(story.all_sessions()) == 1

    def test_an_index_that_begins_anew_goes_on(self):
        """After 2147483647 comes 1."""
        story = watched(None, closed(MAX_INDEX - 1, began=-1000))
        rows = [closed(n, number, began=100, seconds=20) for number, n in enumerate((MAX_INDEX - 1, MAX_INDEX, 1, 2))]
        read(story, *rows, at=301)
        assert len(story.all_sessions()) == 4
        assert story.gaps == {}
        read(story, *rows, closed(3, 9, began=400, seconds=20), at=601)
        assert len(story.all_sessions()) == 5
        assert story.gaps == {}

    def test_a_first_read_across_the_wrap_reads_nothing_twice(self):
        """The highest index is not the newest."""
        rows = [closed(n, number, began=-1000) for number, n in enumerate((MAX_INDEX - 1, MAX_INDEX, 1, 2))]
        story = watched(None, *rows)
        read(story, *rows, at=301)
        assert len(story.all_sessions()) == 4
        read(story, *rows[1:], closed(3, 9, began=400, seconds=20), at=601)
        assert len(story.all_sessions()) == 5
        assert story.gaps == {}

    @pytest.mark.parametrize("more", [{}, {"incomplete": ("cipSecTunnelHistTable",)}])
    def test_one_that_goes_on_far_ahead_is_read_too(self, more):
        """Half of all indexes away, and even if it was not read to its end."""
        story = watched()
        rows = [closed(n, n % 9, began=100, seconds=20) for n in (MAX_INDEX - 6, MAX_INDEX - 5)]
        read(story, *rows, at=301, **more)
        read(story, *rows, at=601)
        assert (len(story.all_sessions()), story.gap().kind, story.gap().lost) == (2, "history-overrun", None)

    def test_one_that_goes_on_across_the_wrap_is_read_whole(self):
        """The last of the old indexes are the oldest."""
        story = watched()
        rows = [closed(n, number, began=100 + number) for number, n in enumerate((MAX_INDEX - 1, MAX_INDEX, 1, 2))]
        read(story, *rows, at=301)
        read(story, *rows, at=601)
        assert [one.index for one in story.all_sessions()] == ["0", "1", "2", "3"]

    def test_indexes_beyond_where_they_should_wrap_are_read(self):
        """A row index may have 32 bits, whatever the MIB says."""
        rows = closed(MAX_INDEX, 1, began=-1000), closed((1 << 32) - 1, 2, began=-1000)
        story = watched(None, *rows)
        assert len(story.all_sessions()) == 2

    def test_indexes_that_begin_anew_without_a_restart_are_read(self):
        """Somebody has cleared the history; ends may have gone with it."""
        story = watched(None, closed(100, began=-1000))
        read(story, closed(1, 8, began=100, seconds=20), at=301)
        assert len(story.all_sessions()) == 2
        assert (story.gap().kind, story.gap().lost) == ("history-overrun", None)
        read(story, closed(1, 8, began=100, seconds=20), closed(2, 9, began=400, seconds=20), at=601)
        assert len(story.all_sessions()) == 3

    def test_rows_below_the_mark_are_not_believed_while_the_table_was_not_read_to_its_end(self):
        """The newest ones come last."""
        story = watched(None, *(closed(n, n, began=-1000) for n in (9, 10)))
        read(story, closed(9, 9, began=-1000), at=301, incomplete=("cipSecTunnelHistTable",))
        read(story, *(closed(n, n, began=-1000) for n in (9, 10)), at=601)
        assert len(story.all_sessions()) == 2
        assert story.gaps == {}

    def test_a_history_that_is_empty_for_once_keeps_the_mark(self):
        """What comes back is not read again."""
        story = watched(None, closed(5, began=-1000))
        read(story, at=301)
        read(story, closed(5, began=-1000), at=601)
        assert len(story.all_sessions()) == 1

    def test_large_histories_are_read_in_steps(self):
        """All of them."""
        story = watched()
        read(story, *(closed(n, n, began=100, seconds=20) for n in range(1, 600)), at=301)
        assert len(story.all_sessions()) == 599
        assert story.tunnel().sessions == 599


class TestRestarts:
    """A device that restarts forgets its history."""

    def test_a_restart_is_a_gap_until_then(self):
        """What ended between the last read and the restart nobody tells."""
        story = watched(None, closed(50, began=-1000))
        story.poll("history", closed(1, 8, began=-UP + 20, seconds=10, octets=3), at=301)
        story.look(at=303, uptime=100.0)
        assert story.step.rebooted
        gap = story.gap()
        assert (gap.kind, gap.begins_at, gap.ends_at) == ("reload", T0 + 1, T0 + 203)
        new = story.all_sessions()[-1]
        assert (new.started_at - T0, ended_at(new), new.accounted) == (223, 233, True)

    def test_one_that_was_read_before_its_restart_was_known_is_read_on(self):
        """An empty one waits for no look at the clock; what it held before the restart nobody has read."""
        story = Story()
        story.look(at=0)
        story.poll("ipsec", child(), at=1)
        story.poll("history", at=100)
        story.look(at=110, uptime=60.0)
        read(story, closed(1, 8, began=-UP + 120, seconds=10), at=301)
        story.look(at=305, uptime=255.0)
        read(story, closed(1, 8, began=-UP + 120, seconds=10), at=601)
        assert (story.gap().kind, story.gap().begins_at, story.gap().ends_at) == ("reload", T0, T0 + 50)
        assert len([one for one in story.all_sessions() if one.learned == "history"]) == 1

    def test_indexes_of_the_new_life_are_counted_from_its_own(self):
        """The mark of the old one says nothing about them."""
        story = watched(None, closed(50, began=-1000))
        story.look(at=200, uptime=100.0)
        for at in (301, 601):
            read_again = closed(1, 8, began=-UP + 120, seconds=10)
            story.poll("history", read_again, at=at)
            story.look(at=at + 2, uptime=100.0 + at - 198)
        assert len(story.all_sessions()) == 2
        (mark,) = (mark for mark in story.records["global"].marks if mark.table == "ClosedChildSa")
        assert mark == HistoryMark(
            module="history", table="ClosedChildSa", boot_at=T0 + 100, last_index=1, read_at=T0 + 601
        )

    def test_an_empty_history_after_a_restart_is_a_gap_too(self):
        story = watched(None, closed(50, began=-1000))
        story.poll("history", at=301)
        story.look(at=303, uptime=100.0)
        assert {gap.kind for gap in story.gaps.values()} == {"reload"}


def test_a_history_whose_oldest_row_is_younger_than_the_watch_may_have_lost_some():
    """It was first read long after the context was."""
    story = Story()
    story.look(at=0)
    read(story, *(closed(n, n, began=400, seconds=100) for n in (90, 91)), at=3600)
    gap = story.gap()
    assert (gap.kind, gap.begins_at, gap.ends_at) == ("history-overrun", T0, T0 + 500)


def test_so_may_a_failure_table():
    """Which tells when each happened."""
    story = Story()
    story.look(at=0)
    story.poll("failures", IpsecFailure(index="90", uptime_seconds=UP + 500), at=3600)
    story.look(at=3602)
    assert (story.gap().kind, story.gap().module, story.gap().ends_at) == ("history-overrun", "failures", T0 + 500)


@pytest.mark.parametrize(("first", "at", "gaps"), [(90, 3600, [(0, 3600)]), (1, 3600, []), (90, 5, [])])
def test_of_a_failure_table_without_times_nobody_knows(first, at, gaps):
    """Unless it has the very first, or was read as soon as it was watched."""
    story = Story()
    story.look(at=0)
    story.poll("failures", IpsecFailure(index=str(first)), at=at)
    story.look(at=at + 2)
    assert [(gap.begins_at - T0, gap.ends_at - T0) for gap in story.gaps.values()] == gaps
    assert all((gap.kind, gap.lost) == ("history-overrun", None) for gap in story.gaps.values())


def test_what_fell_out_after_a_restart_is_counted_from_the_first():
    """Indexes begin with 1 then."""
    story = watched(None, closed(50, began=-1000))
    story.poll("history", closed(4, 8, began=-UP + 120, seconds=10), at=301)
    story.look(at=303, uptime=200.0)
    overrun = next(gap for gap in story.gaps.values() if gap.kind == "history-overrun")
    assert (overrun.lost, overrun.begins_at, overrun.ends_at) == (3, T0 + 103, T0 + 301)
