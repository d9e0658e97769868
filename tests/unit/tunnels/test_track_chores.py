import pytest

from collector.tunnels import Learning, Rule, Rules, Wanted
from tests.unit.tunnels.story import (
    BARE,
    NAME,
    PEER,
    T0,
    UP,
    Story,
    child,
    closed,
    closed_endpoint,
    endpoint,
    ike,
    plan_of,
)

DAY = 86_400.0


def poll(story, *rows, at, **more):
    story.poll("ipsec", *rows, *(endpoint(int(row.index)) for row in rows), at=at, **more)


def down(plan=None):
    """A story of a tunnel that was there once."""
    story = Story(plan or plan_of("ipsec"))
    poll(story, child(octets=1000), at=0)
    poll(story, at=60)
    return story


class TestCheckpoints:
    """How far live sessions have come is put on record every few minutes."""

    def test_they_have_the_readings_of_all_live_sessions(self):
        """Of both levels, all of them each time."""
        story = Story()
        poll(story, child(octets=5), at=0)
        story.poll("ike", ike(octets=7), at=1)
        story.pass_time(at=299)
        assert story.readings == {}
        story.pass_time(at=301)
        told = {(one.number, one.values[0], one.seen_at) for one in story.readings["global"]}
        assert told == {(1, 5, T0), (2, 7, T0 + 1)}

    def test_they_say_when_modules_answered(self):
        """A restart knows how long nobody looked."""
        story = Story()
        poll(story, child(), at=0)
        poll(story, child(seconds=400), at=300)
        story.pass_time(at=301)
        assert story.records["global"].answered == (("ipsec", T0 + 300),)

    def test_one_is_made_before_the_daemon_ends(self):
        """Of everything, due or not."""
        story = Story()
        poll(story, child(octets=5), at=0)
        story.pass_time(at=20, everything=True)
        assert len(story.readings["global"]) == 1

    def test_nothing_is_due_between_them(self):
        """A state that nothing has happened to is the same one."""
        story = Story()
        poll(story, child(), at=0)
        before = story.state
        assert story.pass_time(at=100).state is before

    def test_large_contexts_are_checkpointed_in_steps(self):
        """All of it in the end."""
        story = Story(plan_of("ipsec"))
        story.poll("ipsec", *(child(n, remote_address=f"10.2.{n >> 8}.{n & 255}") for n in range(1, 601)), at=0)
        story.pass_time(at=301)
        assert (len(story.readings["global"]), len(story.usages)) == (600, 600)


class TestUsage:
    """What tunnels carried from one checkpoint to the next."""

    def carried(self, story):
        return [
            (one.tunnel, one.begins_at - T0, one.seconds, one.receive_bytes, one.transmit_bytes) for one in story.usages
        ]

    def test_it_is_what_was_carried_in_between(self):
        """What the SA had carried before anybody watched is not."""
        story = Story()
        poll(story, child(seconds=5000, octets=10**9, transmit_bytes=10**8), at=0)
        poll(story, child(seconds=5290, octets=10**9 + 500, transmit_bytes=10**8 + 30), at=290)
        story.pass_time(at=300)
        poll(story, child(seconds=5590, octets=10**9 + 700, transmit_bytes=10**8 + 40), at=590)
        story.pass_time(at=600)
        assert self.carried(story) == [(NAME, 0, 300, 500, 30), (NAME, 300, 300, 200, 10)]

    def test_it_counts_new_sessions_from_their_beginning(self):
        """And those that have ended to their end."""
        story = Story()
        poll(story, child(7, seconds=5000, octets=1000), at=0)
        poll(story, child(7, seconds=5060, octets=1100), at=60)
        poll(story, child(8, seconds=30, octets=25), at=120)
        story.pass_time(at=300)
        assert self.carried(story) == [(NAME, 0, 300, 125, 0)]

    def test_what_the_history_adds_to_a_tunnel_that_is_down_counts(self):
        """The last octets of its life."""
        story = Story()
        story.look(at=0)
        story.poll("history", at=1)
        story.look(at=2)
        poll(story, child(seconds=5000, octets=1000), at=10)
        poll(story, at=70)
        story.pass_time(at=300)
        story.poll("history", closed(1, began=-4990, seconds=5050, octets=1700), closed_endpoint(1), at=310)
        story.look(at=312)
        story.pass_time(at=600)
        assert sum(one.receive_bytes for one in story.usages) == 700

    def test_a_tunnel_that_is_down_has_none(self):
        """Nothing was carried, nothing is put on record."""
        story = down()
        story.pass_time(at=300)
        usages = len(story.usages)
        story.pass_time(at=600)
        assert len(story.usages) == usages

    def test_a_wall_clock_that_was_set_back_loses_nothing(self):
        """The stretch goes on until it has a length."""
        story = Story(plan_of("ipsec"))
        poll(story, child(seconds=5000, octets=1000), at=0)
        poll(story, child(seconds=5010, octets=1100), at=10)
        poll(story, at=20)
        story.pass_time(at=-3600)
        story.pass_time(at=-3200)
        assert self.carried(story) == [(NAME, -3600, 400, 100, 0)]
        assert all(one.seconds > 0 for one in story.usages)

    def test_a_restart_doubles_nothing(self):
        """The stretch begins where the last reading on record was."""
        story = Story(plan_of("ipsec"))
        poll(story, child(seconds=5000, octets=1000), at=0)
        poll(story, child(seconds=5290, octets=1500), at=290)
        story.pass_time(at=300)
        story.restart(at=400)
        poll(story, child(seconds=5420, octets=1800), at=420)
        story.pass_time(at=700)
        assert [one.receive_bytes for one in story.usages] == [500, 300]
        assert story.usages[-1].begins_at == T0 + 290

    def test_it_is_never_negative(self):
        """A tunnel that was forgotten begins at nothing."""
        story = down()
        story.pass_time(at=300)
        story.forget(Wanted("global", NAME), at=310)
        poll(story, child(8, seconds=5, octets=7), at=320)
        story.pass_time(at=600)
        assert self.carried(story)[-1] == (NAME, 300, 300, 7, 0)

    def test_a_tunnel_that_was_forgotten_meanwhile_has_none(self):
        """There is nothing to say it of."""
        story = down()
        story.forget(Wanted("global", NAME), at=100)
        story.pass_time(at=300)
        assert story.usages == []


class TestPatience:
    """The history does not come."""

    def missed(self, *indexes):
        story = Story()
        story.look(at=0)
        rows = [child(n, remote_address=f"10.1.1.{n}") for n in indexes]
        story.poll("ipsec", *rows, at=10)
        story.poll("ipsec", at=70)
        return story

    def test_ends_wait_for_a_quarter_of_an_hour(self):
        """Then the poll's word is all there is."""
        story = self.missed(7)
        story.pass_time(at=960)
        assert story.session().ended_at is None
        story.pass_time(at=971)
        session = story.session()
        assert (session.closed_by, session.exact, session.ended_at) == ("poll", False, T0 + 70)

    def test_what_is_missing_is_one_gap(self):
        """However many have ended."""
        story = self.missed(*range(1, 50))
        story.pass_time(at=971)
        gap = story.gap()
        assert (gap.kind, gap.module, gap.lost) == ("history-unreadable", "history", 49)
        assert (gap.begins_at, gap.ends_at) == (T0, T0 + 971)

    def test_it_begins_when_the_history_was_last_read(self):
        """What ended before that is on record."""
        story = Story()
        story.look(at=0)
        story.poll("history", at=1)
        story.look(at=2)
        story.poll("ipsec", child(), at=10)
        story.poll("ipsec", at=70)
        story.pass_time(at=971)
        assert (story.gap().begins_at, story.gap().lost) == (T0 + 1, 1)

    def test_a_configuration_without_that_history_waits_no_longer(self):
        """It was missed before the restart."""
        story = self.missed(7)
        plan = plan_of()
        story.restart(at=100, plan=type(plan)(tells=plan.tells, polled=plan.polled))
        story.pass_time(at=971)
        assert (story.session().closed_by, story.gaps) == ("poll", {})

    def test_a_wall_clock_that_was_set_back_a_little_changes_nothing(self):
        """It waits a little longer."""
        story = self.missed(7)
        story.pass_time(at=60)
        assert story.session().ended_at is None

    def test_a_wall_clock_that_was_set_back_far_ends_the_waiting(self):
        """Else it would last for as long."""
        story = self.missed(7)
        story.pass_time(at=-9000)
        assert story.session().closed_by == "poll"

    def test_one_waits_on_while_another_has_waited_enough(self):
        """Each has its own time."""
        story = self.missed(7)
        story.poll("ipsec", child(8), at=600)
        story.poll("ipsec", at=660)
        story.pass_time(at=971)
        assert [one.ended_at is None for one in story.all_sessions()] == [False, True]


class TestForgetting:
    """What was learned and is down for long is forgotten; so is what somebody asks for."""

    def test_a_learned_tunnel_is_forgotten_after_the_time_that_is_configured(self):
        """From the record too; its sessions stay."""
        story = down()
        story.pass_time(at=30 * DAY - 1)
        assert set(story.shown()) == {NAME}
        story.pass_time(at=30 * DAY + 700)
        assert (story.shown(), story.tunnels_on_record) == ({}, {})
        assert story.step.changes[0].forgotten[0].name == NAME
        assert len(story.all_sessions()) == 1

    def test_a_target_may_have_a_time_of_its_own(self):
        """For peers that come and go."""
        story = down(plan_of("ipsec", rules=Rules(learning={"hub1": Learning(forget_after_seconds=3600)})))
        story.pass_time(at=4000)
        assert story.shown() == {}

    @pytest.mark.parametrize("rule", [Rule(peers=("10.1.1.1",), name="site")])
    def test_a_configured_one_is_not(self, rule):
        """It is down, and the operator wants to see that."""
        story = down(plan_of("ipsec", rules=Rules([rule])))
        story.pass_time(at=400 * DAY)
        assert set(story.shown()) == {"site"}

    def test_a_live_one_is_not(self):
        """However long ago it was put on record."""
        story = Story()
        poll(story, child(), at=0)
        story.pass_time(at=400 * DAY)
        assert set(story.shown()) == {NAME}

    def test_one_whose_last_values_are_awaited_is_not(self):
        """They belong to its account."""
        plan = plan_of(rules=Rules(learning={"hub1": Learning(forget_after_seconds=60)}), history_patience_seconds=5000)
        story = Story(plan)
        poll(story, child(), at=0)
        poll(story, at=60)
        story.pass_time(at=1000)
        story.forget(Wanted("global", NAME), at=1001)
        assert set(story.shown()) == {NAME}

    def test_large_contexts_are_swept_in_steps(self):
        """All of it in the end."""
        story = Story(plan_of("ipsec"))
        story.poll("ipsec", *(child(n, remote_address=f"10.2.{n >> 8}.{n & 255}") for n in range(1, 2600)), at=0)
        story.poll("ipsec", at=60)
        story.pass_time(at=31 * DAY)
        assert story.shown() == {}

    def test_what_is_asked_for_is_forgotten_by_name(self):
        """Of one peer or all, of one level or both."""
        story = Story(plan_of("ipsec", "ike"))
        story.poll("ipsec", child(), at=0)
        story.poll("ike", ike(), at=0)
        for name in ("ipsec", "ike"):
            story.poll(name, at=60)
        story.forget(Wanted("global", BARE, "10.9.9.9"), at=70)
        assert (set(story.shown()), set(story.shown("ike"))) == ({BARE}, {BARE})
        story.forget(Wanted("global", BARE, PEER, "child"), at=80)
        assert (set(story.shown()), set(story.shown("ike"))) == (set(), {BARE})
        story.forget(Wanted("global", BARE), at=90)
        assert (set(story.shown("ike")), story.tunnels_on_record) == (set(), {})

    def test_a_live_tunnel_is_not_forgotten(self):
        """It would be learned again at the next poll, with another account."""
        story = Story()
        poll(story, child(), at=0)
        assert story.forget(Wanted("global", NAME), at=10).changes == ()
        assert set(story.shown()) == {NAME}

    def test_nothing_is_forgotten_in_a_context_that_is_not_known(self):
        """A name of another VRF."""
        story = down()
        assert story.forget(Wanted("red", NAME), at=70) == (story.state, (), frozenset(), False)

    def test_one_that_is_expected_is_as_if_it_had_never_been_seen(self):
        """The configuration still says that it should be there."""
        rule = Rule(targets=("hub1",), peers=("10.1.1.1",), name="site", expectation="always")
        story = down(plan_of("ipsec", rules=Rules([rule])))
        story.forget(Wanted("global", "site"), at=70)
        tunnel = story.tunnel("site")
        assert (tunnel.sessions, tunnel.downs, tunnel.last_end_at) == (0, 0, None)
        poll(story, at=120)
        assert (story.tunnel("site").state, story.tunnel("site").expected) == ("down", True)
        assert story.tunnels_on_record["global", "child", "site", PEER].sessions == 0
        assert UP
