import pytest

from collector.model import ChildSa, ClosedChildSa, IkeFailure
from collector.tunnels.track_late import LATEST, late_rows, without
from tests.unit.tunnels.story import T0, Story, child, closed

HALF = {"reason": None, "active_index": None, "local_address": None, "remote_address": None}
"""What a row lacks that was written after the first columns were read."""


def missed(story):
    (one,) = [one for one in story.sessions.values() if one.index == "7"]
    return one


def read(story, *rows, at):
    story.poll("history", *rows, at=at)
    looked = story.step.look_at
    story.look(at=at + 1)
    return ("global", "snmp", "history") in looked


@pytest.mark.parametrize(
    ("rows", "late"),
    [
        ((closed(1), closed(2)), set()),
        ((closed(1), closed(2, **HALF), closed(3, **HALF)), {"2", "3"}),
        ((closed(3, **HALF), closed(1)), {"3"}),
        # What fell out at the other end while it was read is not late.
        ((closed(1, receive_bytes=None), closed(2), closed(3, **HALF)), {"3"}),
        ((closed(1, active_seconds=None), closed(2, active_seconds=None)), set()),
        ((IkeFailure(index="1", reason="other", uptime_seconds=5.0), IkeFailure(index="2", uptime_seconds=6.0)), {"2"}),
        ((ChildSa(index="1", receive_bytes=1), ChildSa(index="2")), set()),
    ],
)
def test_the_newest_rows_may_be_late(rows, late):
    """Those that lack what others tell, as far as the newest whole one; what no row tells is not waited for."""
    kind = type(rows[0])
    found = late_rows({kind: rows})
    assert {index for _, index in found} == late
    assert {row.index for row in without({kind: rows}, found)[kind]} == {row.index for row in rows} - late


def test_no_more_rows_are_late_than_can_be():
    """A table whose rows all differ is read all the same."""
    rows = [closed(1), *(closed(number, **HALF) for number in range(2, 200)), closed(200, receive_bytes=None)]
    assert len(late_rows({ClosedChildSa: rows})) == LATEST


@pytest.fixture
def story():
    """A session was missed; the history knows another end, which was read."""
    story = Story()
    story.look(at=0)
    story.poll("history", closed(1, index=3, began=-500, seconds=50), at=1)
    story.look(at=2)
    story.poll("ipsec", child(seconds=100, octets=1000), at=10)
    story.poll("ipsec", at=70)
    return story


def test_an_end_that_was_half_written_is_read_again(story):
    """It is neither lost nor somebody else's: the session waits, and the history is asked for at once, once more."""
    before = len(story.sessions)
    old, end = closed(1, index=3, began=-500, seconds=50), closed(2, began=-90, seconds=150, octets=1500)
    assert read(story, old, closed(2, began=-90, seconds=150, octets=1500, **HALF), at=72)
    assert len(story.sessions) == before
    assert missed(story).ended_at is None
    assert not read(story, old, end, at=74)
    session = missed(story)
    assert (session.closed_by, session.reason, session.exact) == ("history", "normal", True)
    assert session.ended_at == pytest.approx(T0 + 60, abs=2)
    assert len(story.sessions) == before


def test_a_row_that_stays_as_it_is_is_taken_so(story):
    """Some agents have rows that lack columns for ever: nothing waits for them longer than one poll."""
    rows = closed(1, index=3, began=-500, seconds=50), closed(2, began=-90, seconds=150, **HALF)
    assert read(story, *rows, at=72)
    assert missed(story).ended_at is None
    assert not read(story, *rows, at=74)
    assert missed(story).closed_by == "poll"
    assert [one.reason for one in story.sessions.values() if one.index == ""] == [None]
