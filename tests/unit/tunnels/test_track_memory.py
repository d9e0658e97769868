import dataclasses

import pytest

from collector.model import ContextMemory, ContextRecord, KnownTunnel, Session
from collector.tunnels import Learning, Rule, Rules, begin
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


def poll(story, *rows, at, name="ipsec", **more):
    story.poll(name, *rows, *(endpoint(int(row.index)) for row in rows), at=at, **more)


def lived(plan=None):
    """A story with a session that lives and was checkpointed."""
    story = Story(plan)
    story.look(at=0)
    story.poll("history", at=1)
    story.look(at=2)
    poll(story, child(seconds=100, octets=1000), at=10)
    story.pass_time(at=310)
    return story


class TestSessions:
    """Those without an end go on."""

    def test_a_session_that_lives_goes_on(self):
        """One record, one account, nothing doubled."""
        story = lived().restart(at=400)
        assert story.tunnel(NAME).state == "unknown"
        poll(story, child(seconds=510, octets=1500), at=420)
        assert (story.tunnel(NAME).sessions, story.tunnel(NAME).account.receive_bytes) == (1, 1500)
        assert (len(story.all_sessions()), story.moves(), story.tunnel(NAME).state_since) == (1, [], T0 - 90)

    def test_a_session_without_a_checkpoint_goes_on_from_its_beginning(self):
        """The daemon was killed before it made one."""
        story = Story()
        poll(story, child(seconds=100, octets=1000), at=10)
        story.restart(at=20)
        poll(story, child(seconds=160, octets=1500), at=70)
        assert (len(story.all_sessions()), story.tunnel(NAME).account.receive_bytes) == (1, 1500)

    def test_a_session_of_unknown_start_goes_on_by_its_index(self):
        """There is nothing else to tell it by."""
        story = Story()
        poll(story, child(seconds=None, octets=1000), at=10)
        story.restart(at=20)
        poll(story, child(seconds=None, octets=1500), at=70)
        assert (len(story.all_sessions()), story.tunnel(NAME).account.receive_bytes) == (1, 1500)

    def test_one_that_ended_meanwhile_is_missed(self):
        """The history tells the rest, as ever."""
        story = lived().restart(at=400)
        poll(story, at=420)
        assert ("global", "snmp", "history") in story.step.look_at
        story.poll("history", closed(1, began=-90, seconds=450, octets=1700), closed_endpoint(1), at=421)
        story.look(at=422)
        session = story.session()
        assert (session.closed_by, session.counts[0], session.ended_at) == ("history", 1700, T0 + 360)

    def test_one_that_was_replaced_meanwhile_is_another(self):
        """The index was given again while nobody looked."""
        story = lived().restart(at=400)
        poll(story, child(seconds=20, octets=3), at=420)
        assert [one.live for one in story.all_sessions()] == [False, True]
        assert story.tunnel(NAME).account.receive_bytes == 1003

    def test_one_that_awaits_its_history_still_does(self):
        """It was missed before the daemon ended."""
        story = lived()
        poll(story, at=320)
        story.restart(at=400)
        story.poll("history", closed(1, began=-90, seconds=405, octets=1700), closed_endpoint(1), at=401)
        story.look(at=402)
        poll(story, at=403)
        session = story.session()
        assert (session.closed_by, session.counts[0]) == ("history", 1700)
        tunnel = story.tunnel(NAME)
        assert (tunnel.state, tunnel.account.receive_bytes, tunnel.downs) == ("down", 1700, 1)

    def test_two_that_had_one_index_both_await_it(self):
        """It was given again, and both ended."""
        story = lived()
        poll(story, child(seconds=5, octets=3), at=320)
        poll(story, at=330)
        story.restart(at=400)
        ends = closed(1, began=-90, seconds=400, octets=1700), closed(2, began=315, seconds=10, octets=4)
        story.poll("history", *ends, closed_endpoint(1), closed_endpoint(2), at=401)
        story.look(at=402)
        assert [one.closed_by for one in story.all_sessions()] == ["history", "history"]
        assert story.known(NAME).base[0] == 1704

    def test_what_a_counter_carried_before_it_began_anew_is_kept(self):
        """It is in the checkpoint."""
        story = lived()
        poll(story, child(seconds=420, octets=10), at=330)
        story.pass_time(at=640)
        story.restart(at=700)
        poll(story, child(seconds=810, octets=20), at=720)
        assert story.tunnel(NAME).account.receive_bytes == 1020

    def test_one_whose_tunnel_is_not_on_record_brings_it_back(self):
        """Whatever happened to the record: what lives has a tunnel."""
        record = ContextRecord(target="hub1", vrf="global", watched_since=T0, next_number=2)
        facts = {"target": "hub1", "vrf": "global", "number": 1, "level": "ike", "tunnel": BARE, "peer": PEER}
        session = Session(
            **facts, source="snmp", module="ike", index="4", seen_at=T0, started_at=T0 - 90, counts=(5,) + (None,) * 24
        )
        story = Story(memories=[ContextMemory(record=record, sessions=(session,))])
        assert (story.known(level="ike").known_since, story.known(level="ike").sessions) == (T0 - 90, 1)


class TestStates:
    """What was known for certain is, and the rest is unknown until it is polled."""

    def test_what_was_down_is_unknown_until_it_is_certain(self):
        """And no transition is counted for the daemon's own restart."""
        story = Story(plan_of("ipsec"))
        poll(story, child(), at=0)
        poll(story, at=60)
        story.restart(at=100)
        assert story.tunnel(NAME).state == "unknown"
        poll(story, at=120)
        tunnel = story.tunnel(NAME)
        assert (tunnel.state, tunnel.downs, tunnel.state_since) == ("down", 1, T0 + 60)

    def test_numbers_of_records_go_on(self):
        """None is given twice."""
        story = lived().restart(at=400)
        poll(story, child(8, seconds=5), at=420)
        records = (*story.all_sessions(), *story.gaps.values())
        assert sorted(one.number for one in records) == [1, 2, 3]

    def test_a_history_is_not_read_again(self):
        """The mark is on record."""
        story = Story()
        story.look(at=0)
        story.poll("history", closed(1, began=-500), at=1)
        story.look(at=2)
        story.restart(at=100)
        story.look(at=110)
        story.poll("history", closed(1, began=-500), at=111)
        story.look(at=112)
        assert len(story.all_sessions()) == 1

    def test_a_gap_that_went_on_still_does(self):
        """It ends when it is over."""
        story = lived(plan_of(silence_seconds=100))
        story.silence("ipsec", at=400)
        assert story.gap().ends_at is None
        story.restart(at=450)
        poll(story, child(seconds=550), at=460)
        assert {gap.kind: gap.ends_at for gap in story.gaps.values()}["unanswered"] == T0 + 460

    def test_the_time_without_a_daemon_is_a_gap(self):
        """From when anything answered last; what happened then, only histories tell."""
        story = lived().restart(at=3600)
        poll(story, child(seconds=3700), at=3610)
        gap = story.gap()
        assert (gap.kind, gap.begins_at, gap.ends_at) == ("stopped", T0 + 10, T0 + 3610)

    def test_a_short_restart_is_none(self):
        """As short as polls are apart."""
        story = Story()
        poll(story, child(seconds=100), at=10)
        story.pass_time(at=20, everything=True)
        story.restart(at=30)
        poll(story, child(seconds=160), at=70)
        assert story.gaps == {}

    def test_a_restart_of_the_device_meanwhile_is_seen(self):
        """Sessions ended with it."""
        story = lived().restart(at=3600)
        story.look(at=3610, uptime=600.0)
        assert story.step.rebooted
        poll(story, child(seconds=300, octets=5), at=3620)
        assert [one.closed_by for one in story.all_sessions()] == ["reload", None]
        assert story.tunnel(NAME).account.receive_bytes == 1005

    def test_the_latest_start_of_the_device_counts(self):
        """One context was put on record after it, the other one before."""
        records = [
            ContextRecord(target="hub1", vrf=vrf, watched_since=T0, boot_at=boot_at)
            for vrf, boot_at in (("a", T0 - UP), ("b", T0), ("c", None))
        ]
        state = begin("hub1", [ContextMemory(record=record) for record in records], plan_of(), T0)
        assert state.clock.boot_at == T0
        assert set(state.contexts) == {"a", "b", "c"}


class TestConfigurationsThatChanged:
    """What tunnels are called and what is expected of them is said anew at each start."""

    SITE = Rules([Rule(peers=("10.1.1.1",), name="site", expectation="on-demand")])

    def test_a_tunnel_that_is_named_now_takes_everything_along(self):
        """Account, live session, and what awaits its history."""
        story = lived()
        poll(story, child(8, seconds=5, octets=7), at=320)
        story.restart(at=400, plan=plan_of(rules=self.SITE))
        poll(story, child(8, seconds=105, octets=9), at=420)
        tunnel = story.tunnel("site")
        assert (tunnel.sessions, tunnel.account.receive_bytes, tunnel.state) == (2, 1009, "up")
        assert {one.tunnel for one in story.all_sessions()} == {"site"}
        assert set(story.tunnels_on_record) == {("global", "child", "site", PEER)}
        story.poll("history", closed(1, began=-90, seconds=400, octets=1700), closed_endpoint(1), at=421)
        story.look(at=422)
        assert story.tunnel("site").account.receive_bytes == 1709

    def test_what_another_tunnel_awaits_stays_its_own(self):
        """Only one of two has another name now."""
        story = Story(plan_of())
        story.poll("ipsec", child(7), endpoint(7), child(8, remote_address="10.1.1.9"), endpoint(8), at=0)
        story.poll("ipsec", at=60)
        story.restart(at=100, plan=plan_of(rules=self.SITE))
        story.poll("ipsec", at=120)
        assert {one.tunnel for one in story.all_sessions()} == {"site", NAME}

    def test_it_is_put_on_record_once(self):
        """With the first step, whatever that is."""
        story = lived()
        story.restart(at=400, plan=plan_of(rules=self.SITE))
        story.silence("ike", at=401)
        assert set(story.tunnels_on_record) == {("global", "child", "site", PEER)}
        changes = len(story.all_changes)
        story.silence("ike", at=461)
        assert len(story.all_changes) == changes

    def test_a_daemon_that_dies_before_does_it_again(self):
        """What is on record is still as it was."""
        story = lived()
        story.restart(at=400, plan=plan_of(rules=self.SITE)).restart(at=410)
        poll(story, child(seconds=510, octets=1500), at=420)
        assert (story.tunnel("site").sessions, len(story.all_sessions())) == (1, 1)

    def test_a_tunnel_that_is_named_no_longer_has_its_own_name_again(self):
        """And its sessions too."""
        story = lived(plan_of(rules=self.SITE))
        story.restart(at=400, plan=plan_of())
        assert set(story.shown()) == {NAME}
        poll(story, child(seconds=510, octets=1500), at=420)
        assert (story.tunnel(NAME).sessions, story.tunnel(NAME).configured) == (1, False)

    def test_two_that_have_one_name_now_are_one(self):
        """Accounts and counts are added."""
        story = Story(plan_of("ipsec"))
        rows = child(7, octets=5), endpoint(7), child(8, octets=7), endpoint(8, remote="20.1.1.2")
        story.poll("ipsec", *rows, at=0)
        story.poll("ipsec", at=60)
        story.restart(at=100, plan=plan_of("ipsec", rules=self.SITE))
        story.poll("ipsec", at=120)
        tunnel = story.tunnel("site")
        assert (tunnel.sessions, tunnel.account.receive_bytes, tunnel.downs) == (2, 12, 2)
        assert set(story.tunnels_on_record) == {("global", "child", "site", PEER)}

    def test_two_that_exchange_their_names_keep_their_accounts(self):
        """Neither is forgotten."""

        def plan(one, other):
            selectors = ("22.1.1.1-20.1.1.1", one), ("22.1.1.1-20.1.1.2", other)
            return plan_of("ipsec", rules=Rules([Rule(selectors=(pair,), name=name) for pair, name in selectors]))

        story = Story(plan("a", "b"))
        rows = child(7, octets=5), endpoint(7), child(8, octets=7), endpoint(8, remote="20.1.1.2")
        story.poll("ipsec", *rows, at=0)
        story.poll("ipsec", at=60)
        story.restart(at=100, plan=plan("b", "a"))
        story.poll("ipsec", at=120)
        assert {name: one.account.receive_bytes for name, one in story.shown().items()} == {"b": 5, "a": 7}
        assert {key[2]: known.base[0] for key, known in story.tunnels_on_record.items()} == {"b": 5, "a": 7}

    def test_what_is_down_is_idle_if_that_is_by_design_now(self):
        """And the other way round; no transition was seen."""
        story = Story(plan_of("ipsec", rules=Rules([Rule(peers=("10.1.1.1",), name="site")])))
        poll(story, child(), at=0)
        poll(story, at=60)
        for rules, state in ((self.SITE, "idle"), (Rules([Rule(peers=("10.1.1.1",), name="site")]), "down")):
            story.restart(at=100, plan=plan_of("ipsec", rules=rules))
            poll(story, at=120)
            assert (story.tunnel("site").state, story.tunnel("site").downs) == (state, 1)

    def test_a_name_that_an_ike_identity_gave_is_known_after_a_restart(self):
        """The IKE SA that made it is remembered too."""
        rules = Rules([Rule(identities=("/(?P<who>spoke.)/",), name="site {who}")])
        story = Story(plan_of("ipsec", "ike", rules=rules))
        story.poll("ike", ike(4, remote_identity="spoke1"), at=0)
        poll(story, child(ike_index=4, octets=5), at=1)
        assert set(story.shown()) == {"site spoke1"}
        story.restart(at=100)
        assert set(story.shown()) == {"site spoke1"}
        story.poll("ike", ike(4, seconds=220, remote_identity="spoke1"), at=120)
        poll(story, child(ike_index=4, seconds=220, octets=9), at=121)
        assert {name: one.account.receive_bytes for name, one in story.shown().items()} == {"site spoke1": 9}

    def test_a_target_that_learns_no_more_keeps_what_it_has_learned(self):
        """Until that is forgotten; nothing new is learned."""
        story = lived()
        story.restart(at=400, plan=plan_of(rules=Rules(default=Learning(enabled=False))))
        rows = child(seconds=510, octets=1500), endpoint(), child(9, remote_address="10.1.1.9", octets=3)
        story.poll("ipsec", *rows, at=420)
        shown = {name: (one.sessions, one.account.receive_bytes) for name, one in story.shown().items()}
        assert shown == {NAME: (1, 1500), "10.1.1.2-10.1.1.9": (1, 3)}
        assert len(story.exposed().children) == 2
        assert len(story.all_sessions()) == 1

    def test_what_a_named_tunnel_without_addresses_is_called_does_not_change(self):
        """It was never seen: all that is known of it is its name."""
        rules = Rules([Rule(targets=("hub1",), identities=("spoke1",), name="site", expectation="always")])
        story = Story(plan_of("ipsec", "ike", rules=rules))
        story.poll("ipsec", at=0)
        assert story.tunnel("site").state == "down"
        story.restart(at=100)
        story.poll("ipsec", at=120)
        tunnel = story.tunnel("site")
        assert (set(story.shown()), tunnel.state_since, tunnel.expected) == ({"site"}, T0, True)


class TestExpectations:
    """Tunnels that the configuration names exactly are there before they were ever seen."""

    ALWAYS = Rules([Rule(targets=("hub1",), peers=("10.1.1.1",), name="site", expectation="always")])

    def test_one_that_was_never_seen_is_down_from_the_first_poll(self):
        """Expected, and not there."""
        story = Story(plan_of("ipsec", rules=self.ALWAYS))
        story.poll("ipsec", at=0)
        tunnel = story.tunnel("site")
        assert (tunnel.state, tunnel.expected, tunnel.sessions, tunnel.state_since) == ("down", True, 0, T0)
        assert set(tunnel.account) == {None}
        assert story.moves() == []

    def test_one_that_comes_is_the_same_tunnel(self):
        """A transition from down to up."""
        story = Story(plan_of("ipsec", rules=self.ALWAYS))
        story.poll("ipsec", at=0)
        story.poll("ipsec", child(seconds=20), at=60)
        assert (story.tunnel("site").ups, len(story.exposed().children)) == (1, 1)

    def test_of_several_that_were_never_seen_each_keeps_its_name(self):
        """Their peers are told by IKE identities, which nobody has seen."""
        names = ("one", "two", "three")
        rules = Rules([Rule(targets=("hub1",), identities=(n,), name=n, expectation="always") for n in names])
        story = Story(plan_of("ipsec", "ike", rules=rules))
        story.poll("ipsec", at=0)
        story.restart(at=100)
        story.poll("ipsec", at=120)
        assert {name: one.state for name, one in story.shown().items()} == dict.fromkeys(names, "down")

    def test_one_that_is_expected_no_longer_and_was_never_seen_is_gone(self):
        """From the record too."""
        story = Story(plan_of("ipsec", rules=self.ALWAYS))
        story.poll("ipsec", at=0)
        assert len(story.tunnels_on_record) == 1
        story.restart(at=100, plan=plan_of("ipsec"))
        story.poll("ipsec", at=120)
        assert (story.shown(), story.tunnels_on_record) == ({}, {})


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(KnownTunnel)])
def test_nothing_that_is_known_of_a_tunnel_is_lost_by_a_restart(field):
    """What a state remembers is what was put on record, to the last field."""
    story = lived()
    poll(story, at=330)
    story.poll("history", closed(1, began=-90, seconds=405, octets=1700, reason="peerLost"), closed_endpoint(1), at=331)
    story.look(at=332)
    before = getattr(story.known(NAME), field)
    assert getattr(story.restart(at=400).known(NAME), field) == before
