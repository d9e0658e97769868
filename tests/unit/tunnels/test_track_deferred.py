import pytest

from collector.tunnels.track_deferred import DEFERRED
from tests.unit.tunnels.story import T0, UP, Story, closed


class TestReadsThatAwaitTheClock:
    """Its poll fails between two polls of a history; what the first read had may have fallen out by the second."""

    OLD, LATER = closed(1, 8, began=20, seconds=30, octets=5), closed(2, 9, began=200, seconds=30, octets=7)

    @pytest.fixture
    def story(self):
        """Of a history that was read once, with the end of nobody whom a poll saw."""
        story = Story()
        story.look(at=0)
        story.poll("history", at=1)
        story.look(at=2)
        story.poll("history", self.OLD, at=100)
        story.silence("system", at=102)
        return story

    def test_what_only_the_first_one_has_is_on_record(self, story):
        """In the order of their reads, each once; nothing is missing."""
        story.poll("history", self.LATER, at=400)
        assert story.sessions == {}
        story.look(at=402)
        assert [(one.index, one.counts[0]) for one in story.all_sessions()] == [("8", 5), ("9", 7)]
        assert story.known().base[0] == 12
        assert not story.gaps
        assert not story.state.contexts["global"].deferred

    def test_what_both_have_is_on_record_once(self, story):
        """The second time, it is below the mark."""
        story.poll("history", self.OLD, self.LATER, at=400)
        story.look(at=402)
        assert [one.index for one in story.all_sessions()] == ["8", "9"]

    def test_a_row_that_was_half_written_is_taken_from_the_next_read(self, story):
        """It is whole there."""
        half = {"reason": None, "active_index": None, "local_address": None, "remote_address": None}
        story.poll("history", self.OLD, closed(2, 9, began=200, seconds=30, octets=7, **half), at=400)
        story.poll("history", self.LATER, at=401)
        story.look(at=402)
        assert [(one.index, one.reason) for one in story.all_sessions()] == [("8", "normal"), ("9", "normal")]

    def test_a_restart_between_them_parts_them(self, story):
        """The first is of the life before it, by the clock that ended then; the second of the one after."""
        story.poll("history", closed(1, 3, began=-UP + 10, seconds=20), at=400)
        story.look(at=402, uptime=100.0)
        before, after = story.all_sessions()
        assert (before.index, before.started_at - T0) == ("8", 20)
        assert (after.index, round(after.started_at - T0)) == ("3", 312)
        assert {gap.kind for gap in story.gaps.values()} == {"reload"}

    def test_one_waits_no_longer_than_it_would_alone(self, story):
        """However many come after it."""
        for at in (400, 700, 1001):
            assert story.sessions == {}
            story.poll("history", self.OLD, self.LATER, at=at)
        assert [one.index for one in story.all_sessions()] == ["8"]

    def test_not_more_than_some_are_kept(self, story):
        """Then the latest takes the place of the one before: the oldest has what has fallen out since."""
        for at in range(201, 201 + DEFERRED):
            story.poll("history", self.LATER, at=at)
        assert len(story.state.contexts["global"].deferred["snmp", "history"]) == DEFERRED
        assert story.sessions == {}
        story.look(at=300)
        assert [one.index for one in story.all_sessions()] == ["8", "9"]
