import pytest

from tests.unit.tunnels.story import Story, child, closed, ike, module, plan_of

CLOCK = ("global", *module("system"))
HISTORY = ("global", *module("history"))
ENDED_EARLY = {"incomplete": ("cipSecTunnelHistTable",)}
MISSING = ("cikeTunnelHistTable", "cipSecTunnelHistTable", "cipSecEndPtHistTable")
END = closed(1, began=-90, seconds=130)


def missed(plan=None):
    """A session was missed, and its history asked for at once."""
    story = Story(plan)
    story.look(at=0)
    story.poll("history", at=1)
    story.look(at=2)
    story.poll("ipsec", child(seconds=100), at=10)
    story.poll("ipsec", at=70)
    return story


class TestHistoriesThatAreAskedForAgain:
    """Their own interval is long; what they tell falls out of them."""

    @pytest.fixture
    def story(self):
        return missed()

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
        story = missed()
        story.poll("history", at=72, missing=MISSING)
        story.look(at=74)
        story.poll("ipsec", child(8, seconds=5), at=130)
        story.poll("ipsec", at=190)
        story.silence("history", at=192)
        story.poll("ipsec", at=250)
        assert story.step.look_at == set()

    def test_one_that_is_polled_no_more(self):
        """The configuration has turned it off while an end was awaited; that is on record."""
        story = missed()
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
