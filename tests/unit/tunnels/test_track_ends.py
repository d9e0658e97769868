import pytest

from tests.unit.tunnels.story import (
    NAME,
    T0,
    Story,
    child,
    closed,
    closed_endpoint,
    ended_at,
    endpoint,
    ike,
    module,
    plan_of,
    read,
    watched,
)

CLOCK = ("global", *module("system"))
HISTORY = ("global", *module("history"))
ENDED_EARLY = {"incomplete": ("cipSecTunnelHistTable",)}
NONE = ("cikeTunnelHistTable", "cipSecTunnelHistTable")
END = closed(1, began=-90, seconds=130)


def awaited():
    """A story of a session that was missed, and whose history was asked for at once."""
    story = watched()
    story.poll("ipsec", child(seconds=100), at=10)
    story.poll("ipsec", at=70)
    return story


class TestHistoriesThatAreAskedForAgain:
    """Their own interval is long; what they tell falls out of them."""

    @pytest.fixture
    def story(self):
        return awaited()

    def test_one_whose_poll_failed(self, story):
        """At the next poll of what lists the tunnels, not before, and at each until it answers."""
        for at in (72, 132):
            story.silence("history", at=at)
            assert story.step.look_at == set()
            story.poll("ipsec", at=at + 58)
            assert story.step.look_at == {HISTORY, CLOCK}
        story.poll("history", END, at=192)
        assert story.step.look_at == {CLOCK}
        story.look(at=194)
        assert story.session().closed_by == "history"
        story.poll("ipsec", at=250)
        assert story.step.look_at == set()

    def test_one_that_ended_early(self, story):
        """The end may be in what was not read."""
        story.poll("history", at=72, **ENDED_EARLY)
        story.look(at=74)
        story.poll("ipsec", at=130)
        assert story.step.look_at == {HISTORY, CLOCK}

    def test_one_that_answered_before(self, story):
        """A poll that began before the session was missed tells nothing of its end."""
        story.poll("history", at=69)
        story.look(at=71)
        story.poll("ipsec", at=130)
        assert story.step.look_at == {HISTORY, CLOCK}

    def test_not_one_that_has_told_all(self, story):
        """Only the clock is, which was asked for and may not have answered."""
        story.poll("history", END, at=72)
        story.silence("system", at=73)
        story.poll("ipsec", at=130)
        assert story.step.look_at == {CLOCK}

    def test_by_polls_of_what_listed_it_alone(self, story):
        """Once per poll of that module, not of each."""
        story.silence("history", at=72)
        for name, row in (("ike", ike()), ("failures", None)):
            story.poll(name, *filter(None, [row]), at=75)
            assert HISTORY not in story.step.look_at
        story.silence("ipsec", at=130)
        assert story.step.look_at == set()

    def test_of_a_module_whose_table_has_gone(self, story):
        """Some agents say so of one without rows."""
        story.silence("history", at=72)
        story.poll("ipsec", at=130, missing=("cipSecTunnelTable", "cipSecEndPtTable"))
        assert HISTORY in story.step.look_at

    def test_after_a_restart_of_the_daemon(self, story):
        """Nothing is known of what it said before."""
        story.silence("history", at=72)
        story.restart(at=100)
        story.poll("ipsec", at=130)
        assert HISTORY in story.step.look_at

    def test_not_for_ever(self, story):
        """Ends lose their patience, and then nothing awaits it."""
        for at in range(130, 1500, 60):
            story.silence("history", at=at - 50)
            story.poll("ipsec", at=at)
            story.pass_time(at=at + 1)
        assert story.session().closed_by == "poll"
        assert story.step.look_at == set()
        story.poll("ipsec", at=1500)
        assert story.step.look_at == set()


class TestHistoriesThatAreNot:
    """What is known not to be there is not asked for in vain."""

    def test_one_that_the_target_does_not_have(self):
        """It has said so when an end was to be told."""
        story = awaited()
        story.poll("history", at=72, missing=NONE)
        story.look(at=74)
        story.poll("ipsec", child(8, seconds=5), at=130)
        story.poll("ipsec", at=190)
        story.silence("history", at=192)
        story.poll("ipsec", at=250)
        assert story.step.look_at == set()

    def test_one_that_is_polled_no_more(self):
        """The configuration has turned it off while an end was awaited; that is on record."""
        story = awaited()
        story.restart(at=100, plan=plan_of("system", "ipsec"))
        story.poll("ipsec", at=130)
        assert story.step.look_at == set()
        assert (story.gap().kind, story.gap().ends_at) == ("history-unreadable", None)


def test_the_clock_is_not_asked_for_while_nothing_that_waits_for_it_is_new():
    """The next look comes by itself."""
    story = Story()
    story.look(at=0)
    story.poll("history", closed(5, began=-500), at=1)
    story.poll("ipsec", at=10)
    assert story.step.look_at == {CLOCK}
    story.look(at=12)
    story.poll("history", closed(5, began=-500), at=301)
    story.poll("ipsec", at=310)
    assert story.step.look_at == set()


def missed():
    """A story of a session that was missed, and whose history was never read."""
    story = Story()
    story.look(at=0)
    story.poll("ipsec", child(), at=10)
    story.poll("ipsec", at=70)
    return story


class TestHistoriesThatCannotBeRead:
    """A target without one, or one that is not polled, or one that has gone."""

    def test_a_history_that_the_target_does_not_have_is_a_gap(self):
        """For as long as that lasts; the poll's word is all there is."""
        story = missed()
        read(story, at=72, missing=NONE)
        assert (story.session().closed_by, story.session().exact) == ("poll", False)
        gap = story.gap()
        assert (gap.kind, gap.module, gap.begins_at, gap.ends_at) == ("history-unreadable", "history:child", T0, None)

    def test_a_history_without_rows_may_be_said_to_be_missing(self):
        """Some agents say so; it is a gap only if an end should be in it."""
        story = Story()
        story.look(at=0)
        read(story, at=1, missing=NONE)
        story.poll("ipsec", child(), at=10)
        story.poll("ipsec", at=70)
        read(story, closed(1, began=-90, seconds=130), at=72)
        assert (story.session().closed_by, story.gaps) == ("history", {})

    def test_the_gap_ends_when_it_can_be_read_again(self):
        """From then on it tells everything."""
        story = missed()
        read(story, at=72, missing=NONE)
        read(story, closed(1, began=100, seconds=130), at=301)
        assert story.gap().ends_at == T0 + 301

    def test_the_gap_begins_when_it_was_last_read(self):
        """What ended before that is on record."""
        story = watched()
        read(story, at=301)
        story.poll("ipsec", child(), at=610)
        story.poll("ipsec", at=670)
        read(story, at=672, missing=NONE)
        assert story.gap().begins_at == T0 + 301

    def test_a_history_of_one_level_does_not_end_the_gap_of_the_other(self):
        """The target has ends of IKE SAs only."""
        story = missed()
        read(story, at=72, missing=NONE)
        read(story, at=301, missing=("cipSecTunnelHistTable",))
        assert story.gap().ends_at is None

    def test_a_module_that_is_not_polled_has_no_history(self):
        """The configuration has turned it off."""
        story = Story(plan_of("ipsec"))
        story.poll("ipsec", child(), at=10)
        story.poll("ipsec", at=70)
        assert story.session().closed_by == "poll"
        assert (story.gap().kind, story.step.look_at) == ("history-unreadable", set())

    def test_a_listing_without_any_history_is_no_gap(self):
        """Nothing is missing that was ever to be had."""
        plan = plan_of("ipsec")
        story = Story(type(plan)(tells=plan.tells, polled=plan.polled))
        story.poll("ipsec", child(), at=10)
        story.poll("ipsec", at=70)
        assert (story.session().closed_by, story.gaps) == ("poll", {})

    def test_where_the_plan_does_not_say_what_is_polled_it_is_what_was(self):
        """As in tests and small tools."""
        plan = plan_of()
        story = Story(type(plan)(tells=plan.tells, histories=plan.histories))
        story.poll("history", at=1)
        story.poll("ipsec", child(), at=10)
        story.poll("ipsec", at=70)
        assert story.session().ended_at is None
        assert story.step.look_at == {("global", *module("history"))}


class TestHistoriesThatComeLate:
    """A session was ended without its history, which comes all the same."""

    @pytest.fixture
    def story(self):
        story = watched()
        story.poll("ipsec", child(seconds=100, octets=1000), endpoint(), at=10)
        story.poll("ipsec", at=70)
        story.pass_time(at=1000)
        assert (story.session().closed_by, story.session().ended_at) == ("poll", T0 + 70)
        return story

    def test_it_corrects_what_is_on_record(self, story):
        """The same session, its end and its last octets; the end is not counted again."""
        read(story, closed(1, began=-90, seconds=130, octets=1500, reason="peerLost"), closed_endpoint(1), at=1100)
        session = story.session()
        assert (session.closed_by, ended_at(session), session.reason) == ("history", 40, "peerLost")
        assert story.tunnel(NAME).account.receive_bytes == 1500
        assert story.exposed().ends == (("child", None, 1),)

    def test_so_it_does_after_a_restart_of_the_daemon(self, story):
        """What was given up is on record too."""
        story.restart(at=1050)
        story.look(at=1060)
        read(story, closed(1, began=-90, seconds=130, octets=1500, reason="peerLost"), closed_endpoint(1), at=1100)
        assert (story.session().closed_by, story.session().reason) == ("history", "peerLost")
        assert story.known(NAME).base[0] == 1500

    def test_one_without_it_ends_the_waiting(self, story):
        """What it tells later is another session."""
        read(story, at=1100)
        assert not story.state.contexts["global"].given_up
        assert story.session().closed_by == "poll"

    def test_one_that_was_read_before_tells_nothing(self):
        """The session was missed after it."""
        story = watched()
        story.poll("ipsec", child(seconds=100), endpoint(), at=10)
        story.poll("ipsec", at=70)
        read(story, at=65)
        assert story.session().ended_at is None
        story.pass_time(at=1000)
        read(story, at=66)
        assert story.state.contexts["global"].given_up

    def test_after_a_day_it_does_not(self, story):
        """What is remembered is bounded."""
        story.poll("ipsec", at=90_000)
        assert not story.state.contexts["global"].given_up
