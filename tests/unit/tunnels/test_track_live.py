import pytest

from collector.model import Transition
from collector.tunnels import Rule, Rules
from collector.tunnels.counting import WRAP
from tests.unit.tunnels.story import BARE, NAME, PEER, T0, Story, child, closed, endpoint, ike, plan_of

OTHER = "22.1.1.1-20.1.1.2 via 10.1.1.2"
ACTIVE_WRAP = (1 << 31) / 100


def octets(story, name=NAME):
    return story.tunnel(name).account.receive_bytes


def poll(story, *rows, at, name="ipsec", **more):
    """Poll CHILD SAs that all have the same selectors."""
    story.poll(name, *rows, *(endpoint(int(row.index)) for row in rows), at=at, **more)


class TestSessionsThatGoOn:
    """One row, one life."""

    def test_a_row_that_stays_is_one_session(self):
        """However often it is polled; nothing is put on record meanwhile."""
        story = Story()
        poll(story, child(seconds=100, octets=5), at=0)
        changes = len(story.all_changes)
        for at in (60, 120, 180):
            poll(story, child(seconds=100 + at, octets=5 + at), at=at)
        assert (story.tunnel(NAME).sessions, octets(story)) == (1, 185)
        assert not any(story.all_changes[changes:])

    def test_what_it_began_with_is_on_record(self):
        """Index, addresses, selectors, algorithms, start and what it had carried."""
        story = Story()
        poll(story, child(seconds=100, octets=5, transmit_encryption="aes"), at=10)
        session = story.session()
        assert (session.index, session.module, session.source, session.learned) == ("7", "ipsec", "snmp", "poll")
        assert (session.local_address, session.remote_address) == ("10.1.1.2", "10.1.1.1")
        assert (session.selectors, session.algorithms) == (("22.1.1.1-20.1.1.1",), (("encryption", "aes"),))
        assert (session.started_at, session.seen_at, session.counts[0]) == (T0 - 90, T0 + 10, 5)

    def test_a_wrap_is_added(self):
        """And what it comes to is on record at once."""
        story = Story()
        poll(story, child(seconds=100, octets=WRAP - 10, receive_packets=9), at=0)
        poll(story, child(seconds=160, octets=30, receive_packets=10), at=60)
        assert octets(story) == WRAP + 30
        assert (story.session().exact, story.session().counts[0]) == (True, WRAP + 30)

    def test_counters_that_begin_anew_in_its_midst_are_added(self):
        """The account never falls; the session is no longer exact."""
        story = Story()
        poll(story, child(seconds=100, octets=500), at=0)
        poll(story, child(seconds=160, octets=20), at=60)
        assert (octets(story), story.tunnel(NAME).sessions, story.session().exact) == (520, 1, False)

    def test_a_counter_that_is_absent_for_once_is_as_it_was(self):
        """A value that could not be read takes nothing from the account."""
        story = Story()
        poll(story, child(seconds=100, octets=500), at=0)
        poll(story, child(seconds=160, octets=None), at=60)
        assert octets(story) == 500

    def test_an_active_time_that_begins_anew_after_248_days_is_the_same_session(self):
        """A TimeInterval has 31 bits of hundredths."""
        story = Story()
        poll(story, child(seconds=ACTIVE_WRAP - 30), at=0)
        poll(story, child(seconds=30), at=60)
        assert story.tunnel(NAME).sessions == 1

    def test_a_wall_clock_that_was_set_forward_ends_nothing(self):
        """What has been active since before the last poll is the same one."""
        story = Story()
        poll(story, child(seconds=5000), at=0)
        poll(story, child(seconds=5060), at=3600)
        assert story.tunnel(NAME).sessions == 1

    def test_a_wall_clock_that_was_set_back_ends_nothing(self):
        """And what is missed then is missed all the same."""
        story = Story(plan_of("ipsec"))
        poll(story, child(seconds=5000), at=0)
        poll(story, child(seconds=5060), at=-3600)
        assert story.tunnel(NAME).sessions == 1
        poll(story, at=-7200)
        assert (story.session().live, story.session().end_uncertainty_seconds) == (False, 0.0)

    def test_a_row_without_active_time_goes_on_by_its_index(self):
        """There is nothing else to tell it by."""
        story = Story()
        poll(story, child(seconds=None, octets=5), at=0)
        poll(story, child(seconds=None, octets=9), at=60)
        assert (story.tunnel(NAME).sessions, octets(story)) == (1, 9)
        assert story.session().started_at is None

    def test_an_active_time_that_is_absent_for_once_is_none_the_worse(self):
        """The last one that was told counts."""
        story = Story()
        poll(story, child(seconds=100, octets=5), at=0)
        poll(story, child(seconds=None, octets=4), at=60)
        poll(story, child(seconds=220, octets=9), at=120)
        assert story.tunnel(NAME).sessions == 1


class TestReplacements:
    """The row of a tunnel is another one at the next poll."""

    def test_a_new_index_is_a_new_session(self):
        """The tunnel stayed up, as far as anybody saw."""
        story = Story()
        poll(story, child(7, seconds=100, octets=500), at=0)
        poll(story, child(8, seconds=10, octets=20), at=60)
        assert (story.tunnel(NAME).sessions, octets(story), story.moves()) == (2, 520, [])
        assert [one.live for one in story.all_sessions()] == [False, True]
        assert ("global", "snmp", "history") in story.step.look_at

    def test_an_index_that_is_given_again_is_a_new_session(self):
        """Its start is another; counters may have grown past the old ones."""
        story = Story()
        poll(story, child(7, seconds=100, octets=500), at=0)
        poll(story, child(7, seconds=10, octets=900), at=60)
        assert (story.tunnel(NAME).sessions, octets(story)) == (2, 1400)

    def test_old_and_new_rows_overlap_in_one_tunnel(self):
        """Two sessions live; when the old one goes, the account does not fall."""
        story = Story()
        poll(story, child(7, seconds=1000, octets=500), at=0)
        poll(story, child(7, seconds=1060, octets=510), child(8, seconds=30, octets=1), at=60)
        assert (story.tunnel(NAME).sessions, octets(story), story.tunnel(NAME).rows) == (2, 511, 2)
        assert story.tunnel(NAME).established_at == T0 + 30
        poll(story, child(8, seconds=90, octets=9), at=120)
        assert (story.tunnel(NAME).sessions, octets(story), story.moves()) == (2, 519, [])

    def test_rows_of_one_index_in_one_table_harm_nothing(self):
        """No agent should do that."""
        story = Story()
        poll(story, child(7, octets=5), child(7, octets=5), at=0)
        before = octets(story)
        poll(story, child(7, seconds=160, octets=6), child(7, seconds=160, octets=6), at=60)
        assert octets(story) >= before

    def test_an_index_that_another_tunnel_has_now_is_missed_in_the_first(self):
        """An index is one SA's at a time, whatever the table looks like."""
        story = Story()
        poll(story, child(7, seconds=100), at=0)
        story.poll("ipsec", child(7, seconds=10), endpoint(7, remote="20.1.1.2"), at=60)
        assert (story.tunnel(NAME).state, story.tunnel(OTHER).state) == ("down", "up")
        assert [(one.tunnel, one.live) for one in story.all_sessions()] == [(NAME, False), (OTHER, True)]

    def test_an_index_that_moves_to_another_tunnel_leaves_the_other_row(self):
        """The first tunnel had two."""
        story = Story()
        poll(story, child(7, seconds=100, octets=5), child(8, seconds=50, octets=7), at=0)
        rows = child(8, seconds=110, octets=8), endpoint(8), child(7, seconds=10), endpoint(7, remote="20.1.1.2")
        story.poll("ipsec", *rows, at=60)
        assert (story.tunnel(NAME).state, story.tunnel(OTHER).state) == ("up", "up")
        assert (octets(story), len(story.all_sessions())) == (13, 3)

    def test_what_is_told_of_a_tunnel_is_that_of_its_latest_sa(self):
        """The configuration gives one name to whatever a peer has negotiated."""
        rule = Rule(peers=("10.1.1.1",), name="site")
        story = Story(plan_of("ipsec", rules=Rules([rule])))
        poll(story, child(7, seconds=100), at=0)
        story.poll("ipsec", child(8, seconds=10), endpoint(8, remote="20.1.1.2"), at=60)
        assert story.tunnels_on_record["global", "child", "site", PEER].selectors == ("22.1.1.1-20.1.1.2",)
        assert story.tunnel("site").sessions == 2


class TestUpAndDown:
    """What is certain, and since when."""

    def test_a_tunnel_is_up_since_its_session_began(self):
        """Not since it was first seen; that was no transition."""
        story = Story()
        poll(story, child(seconds=100), at=0)
        assert (story.tunnel(NAME).state_since, story.tunnel(NAME).ups, story.moves()) == (T0 - 100, 0, [])

    def test_a_row_that_goes_is_a_transition_to_down(self):
        """Once nothing is listed, at the latest when that was seen."""
        story = Story(plan_of("ipsec"))
        poll(story, child(), at=0)
        poll(story, at=60)
        tunnel = story.tunnel(NAME)
        assert (tunnel.state, tunnel.state_since, tunnel.downs) == ("down", T0 + 60, 1)
        assert story.moves() == [("up", "down", 60)]

    def test_it_comes_back_when_its_session_began(self):
        """Between two polls."""
        story = Story(plan_of("ipsec"))
        poll(story, child(), at=0)
        poll(story, at=60)
        poll(story, child(8, seconds=20), at=120)
        assert (story.tunnel(NAME).state_since, story.tunnel(NAME).ups) == (T0 + 100, 1)
        assert story.moves() == [("up", "down", 60), ("down", "up", 100)]

    def test_an_end_that_is_known_says_when_it_went_down_and_why(self):
        """The history was read before the poll that missed the row."""
        story = Story()
        story.look(at=0)
        story.poll("history", at=0)
        story.look(at=1)
        poll(story, child(seconds=100), at=10)
        story.poll("history", closed(1, began=-90, seconds=120, reason="peerLost"), at=35)
        story.look(at=36)
        poll(story, at=40)
        (move,) = story.transitions
        assert move == Transition(
            target="hub1",
            vrf="global",
            level="child",
            tunnel=NAME,
            peer=PEER,
            before="up",
            after="down",
            at=T0 + 30,
            reason="peerLost",
        )
        assert story.tunnel(NAME).state_since == T0 + 30

    def test_a_start_before_the_last_transition_is_not_believed(self):
        """Time does not run backwards: it is up since it was seen."""
        story = Story(plan_of("ipsec"))
        poll(story, child(), at=0)
        poll(story, at=60)
        poll(story, child(8, seconds=500), at=120)
        assert story.tunnel(NAME).state_since == T0 + 120

    def test_a_session_of_unknown_start_is_up_since_it_was_seen(self):
        story = Story()
        poll(story, child(seconds=None), at=0)
        assert story.tunnel(NAME).state_since == T0

    def test_silence_ends_nothing(self):
        """Nobody knows; when it answers again, the session goes on."""
        story = Story()
        poll(story, child(seconds=100, octets=5), at=0)
        story.silence("ipsec", at=60)
        story.silence("ipsec", at=120)
        poll(story, child(seconds=280, octets=9), at=180)
        assert (story.tunnel(NAME).sessions, octets(story), story.moves()) == (1, 9, [])

    def test_a_table_that_was_not_read_to_its_end_ends_nothing(self):
        """Neither a tunnel nor one of its two sessions."""
        story = Story()
        poll(story, child(7, seconds=100), child(8, seconds=50), at=0)
        poll(story, child(7, seconds=160), at=60, incomplete=("cipSecTunnelTable",))
        poll(story, at=120, incomplete=("cipSecTunnelTable",))
        assert all(one.live for one in story.all_sessions())
        poll(story, child(7, seconds=280), child(8, seconds=230), at=180)
        assert (story.tunnel(NAME).sessions, story.moves()) == (2, [])

    def test_a_table_that_vanishes_has_no_rows(self):
        """Agents say so of a table in which nothing is left."""
        story = Story(plan_of("ipsec"))
        poll(story, child(), at=0)
        story.poll("ipsec", at=60, missing=("cipSecTunnelTable",))
        assert (story.tunnel(NAME).state, story.session().live) == ("down", False)

    def test_nothing_is_down_before_every_module_that_lists_has_answered(self):
        """The other one may list it."""
        rule = Rule(targets=("hub1",), peers=("10.1.1.1",), name="site", expectation="always")
        story = Story(plan_of("ipsec", "enhanced", rules=Rules([rule])))
        assert story.exposed().children == ()
        story.poll("ipsec", at=0)
        assert story.tunnel("site").state == "unknown"
        story.silence("enhanced", at=1)
        assert story.tunnel("site").state == "unknown"
        story.poll("enhanced", at=60)
        story.poll("ipsec", at=61)
        assert (story.tunnel("site").state, story.moves()) == ("down", [])

    def test_what_nobody_lists_is_never_certain(self):
        """Only IKE SAs are polled: nothing is known of CHILD SAs."""
        rule = Rule(targets=("hub1",), peers=("10.1.1.1",), name="site", expectation="always")
        story = Story(plan_of("ike", rules=Rules([rule])))
        story.poll("ike", at=0)
        assert story.tunnel("site").state == "unknown"

    def test_an_orphan_of_the_second_phase_is_up(self):
        """FTDs say `cipSecTunIkeTunnelAlive` false of everything that works."""
        story = Story()
        story.poll("ike", at=0)
        poll(story, child(ike_alive=False, ike_index=99), at=1)
        assert story.tunnel(NAME).state == "up"


class TestTwoModules:
    """A device with both flow MIBs lists every SA twice, under other indexes."""

    @pytest.fixture
    def story(self):
        story = Story(plan_of("ipsec", "enhanced"))
        poll(story, child(7, seconds=100, octets=100), at=0)
        poll(story, child(1, seconds=130, octets=130), at=30, name="enhanced")
        return story

    def test_one_sa_is_one_session(self, story):
        """The first module's in order counts; the other one's does not end it."""
        poll(story, child(7, seconds=160, octets=160), at=60)
        poll(story, child(1, seconds=190, octets=190), at=90, name="enhanced")
        assert (story.tunnel(NAME).sessions, octets(story), story.moves()) == (1, 190, [])
        assert story.session().module == "enhanced"

    def test_it_ends_once(self, story):
        """When the module that counts lists it no more, whenever the other one notices."""
        poll(story, at=60)
        assert story.tunnel(NAME).state == "up"
        poll(story, at=90, name="enhanced")
        assert (story.tunnel(NAME).state, story.session().live) == ("down", False)
        assert story.moves() == [("up", "down", 90)]

    def test_what_the_other_one_still_lists_is_no_new_session(self, story):
        """Its rows are older."""
        poll(story, at=90, name="enhanced")
        assert len(story.all_sessions()) == 1
        poll(story, at=120)
        poll(story, at=150, name="enhanced")
        assert story.tunnel(NAME).state == "down"
        assert len(story.all_sessions()) == 1

    @pytest.mark.parametrize("known", [True, False])
    def test_one_of_them_fails_and_the_other_one_goes_on(self, known):
        """One session, an account that does not fall and counts nothing twice, and no transition."""

        def row(index, at):
            return child(index, seconds=100 + at if known else None, octets=100 + at)

        story = Story(plan_of("ipsec", "enhanced"))
        accounts = []
        for at in range(0, 3600, 60):
            for name, index, offset in (("ipsec", 7, 0), ("enhanced", 1, 30)):
                if (at // 600) % 3 == {"ipsec": 1, "enhanced": 2}[name]:
                    story.silence(name, at=at + offset)
                else:
                    poll(story, row(index, at + offset), at=at + offset, name=name)
                if octets(story) is not None:
                    accounts.append(octets(story))
                assert story.tunnel(NAME).state in {"up", "unknown"}
        assert accounts == sorted(accounts)
        assert (len(story.all_sessions()), story.moves()) == (1, [])
        assert accounts[-1] <= 100 + 3570

    def test_a_module_that_read_only_half_counts_nothing_twice(self, story):
        """The other one's older row says nothing new."""
        poll(story, child(7, seconds=160, octets=160), at=60)
        poll(story, child(1, seconds=190, octets=190), at=90, name="enhanced")
        poll(story, at=150, name="enhanced", incomplete=("ceipSecTunnelTable",))
        poll(story, child(7, seconds=260, octets=260), at=160)
        assert (octets(story), story.tunnel(NAME).sessions) == (260, 1)
        poll(story, child(1, seconds=290, octets=290), at=190, name="enhanced")
        assert (octets(story), story.tunnel(NAME).sessions) == (290, 1)

    def test_a_replacement_is_seen_by_the_module_that_counts(self, story):
        """The other one's old row does not keep the old session alive."""
        poll(story, child(2, seconds=10, octets=5), at=90, name="enhanced")
        assert [one.live for one in story.all_sessions()] == [False, True]
        poll(story, child(8, seconds=40, octets=8), at=120)
        assert (story.tunnel(NAME).sessions, octets(story)) == (2, 135)

    def test_a_tunnel_that_only_the_other_one_lists_is_its_own(self, story):
        """IPv6 peers are in one MIB only."""
        rows = child(7, seconds=160), endpoint(7), child(9, seconds=20, octets=3), endpoint(9, remote="20.1.1.2")
        story.poll("ipsec", *rows, at=60)
        assert story.tunnel(OTHER).state == "up"
        poll(story, child(1, seconds=190), at=90, name="enhanced")
        assert (story.tunnel(OTHER).state, octets(story, OTHER)) == ("up", 3)
        poll(story, child(7, seconds=220), at=120)
        assert (story.tunnel(OTHER).state, len(story.all_sessions())) == ("down", 2)


class TestRowsThatMove:
    """A row is seen to be another tunnel's than it was."""

    NAMED = Rules([Rule(selectors=("22.1.1.1-20.1.1.2",), name="better")])

    def test_a_tunnel_that_was_learned_for_it_goes_with_it(self):
        """Its name was not the right one yet: the IKE SA that gives it was polled later."""
        rules = Rules([Rule(identities=("spoke1",), name="spoke")])
        story = Story(plan_of("ipsec", "ike", rules=rules))
        poll(story, child(ike_index=4, octets=5), at=0)
        assert story.tunnel(NAME).state == "up"
        story.poll("ike", ike(4, remote_identity="spoke1"), at=1)
        poll(story, child(ike_index=4, seconds=160, octets=9), at=60)
        assert set(story.shown()) == {"spoke"}
        assert (story.tunnel("spoke").sessions, octets(story, "spoke")) == (1, 9)
        assert (story.session().tunnel, story.session().live) == ("spoke", True)
        assert ("global", "child", NAME, PEER) not in story.tunnels_on_record
        assert story.moves() == []

    def test_a_tunnel_that_is_there_already_takes_it(self):
        """Its sessions are counted on."""
        rules = Rules([Rule(identities=("spoke1",), name="spoke")])
        story = Story(plan_of("ipsec", "ike", rules=rules))
        story.poll("ike", ike(4, remote_identity="spoke1"), at=0)
        poll(story, child(6, ike_index=4, seconds=160, octets=9), at=1)
        poll(story, at=30)
        story.poll("ike", at=31)
        poll(story, child(7, ike_index=4, seconds=10, octets=5), at=60)
        assert story.tunnel(NAME).state == "up"
        story.poll("ike", ike(4, remote_identity="spoke1"), at=61)
        poll(story, child(7, ike_index=4, seconds=70, octets=6), at=120)
        assert (story.tunnel("spoke").sessions, octets(story, "spoke")) == (2, 15)
        assert NAME not in story.shown()

    def test_a_tunnel_that_has_more_sessions_keeps_it_until_it_ends(self):
        """What its account has cannot be taken back."""
        rules = Rules([Rule(identities=("spoke1",), name="spoke")])
        story = Story(plan_of("ipsec", "ike", rules=rules))
        poll(story, child(6, ike_index=4), at=0)
        poll(story, child(7, ike_index=4, seconds=10, octets=5), at=60)
        story.poll("ike", ike(4, remote_identity="spoke1"), at=61)
        poll(story, child(7, ike_index=4, seconds=70, octets=6), at=120)
        assert set(story.shown()) == {NAME}
        tunnel = story.tunnel(NAME)
        assert (tunnel.state, tunnel.account.receive_bytes, tunnel.rows) == ("up", 6, 1)
        assert len(story.all_sessions()) == 2
        poll(story, child(8, ike_index=4, seconds=10, octets=5), at=180)
        assert (story.tunnel(NAME).state, story.tunnel("spoke").state) == ("down", "up")

    @pytest.mark.parametrize("order", [1, -1])
    def test_one_of_two_rows_that_moves_is_no_end(self, order):
        """Whichever tunnel is looked at first."""
        rules = Rules([Rule(identities=("spoke1",), name="spoke")])
        story = Story(plan_of("ipsec", "ike", rules=rules))
        rows = [child(7, ike_index=4, octets=5), child(8, ike_index=5, seconds=50, octets=7)]
        poll(story, *rows, at=0)
        story.poll("ike", ike(4, remote_identity="spoke1"), at=1)
        rows = [child(7, ike_index=4, seconds=160, octets=6), child(8, ike_index=5, seconds=110, octets=8)]
        poll(story, *rows[::order], at=60)
        assert [one.live for one in story.all_sessions()] == [True, True]
        assert octets(story) == 14
        poll(story, child(8, ike_index=5, seconds=170, octets=9), at=120)
        assert {one.index: one.live for one in story.all_sessions()} == {"7": False, "8": True}
        assert octets(story) == 15


class TestRowsOfNobody:
    """Some firewalls list one row that says nothing."""

    def test_they_are_no_tunnel(self):
        """They are counted, so that nobody wonders."""
        story = Story()
        story.poll("ipsec", child(local_address=None, remote_address=None), at=0)
        assert (story.exposed().children, story.exposed().unidentified_rows) == ((), 1)
        assert story.all_changes == []

    def test_a_row_that_says_nothing_for_once_is_the_session_that_had_its_index(self):
        """It was read while it changed."""
        story = Story()
        poll(story, child(seconds=100, octets=5), at=0)
        story.poll("ipsec", child(seconds=160, octets=9, local_address=None, remote_address=None), at=60)
        assert (story.tunnel(NAME).sessions, octets(story)) == (1, 9)


class TestLimits:
    """What is remembered is bounded."""

    def test_the_tunnel_that_was_seen_longest_ago_makes_room(self):
        """What is learned now is more than what was."""
        story = Story(plan_of("ipsec", max_tunnels=2))
        for number, at in ((1, 0), (2, 60), (3, 120)):
            story.poll("ipsec", child(number, seconds=5, remote_address=f"10.1.1.{number}"), at=at)
        assert set(story.shown()) == {"10.1.1.2-10.1.1.2", "10.1.1.2-10.1.1.3"}
        assert ("global", "child", "10.1.1.2-10.1.1.1", "10.1.1.1") not in story.tunnels_on_record

    def test_live_ones_do_not(self):
        """What has no place is counted, and shown by nothing."""
        story = Story(plan_of("ipsec", max_tunnels=2))
        rows = [child(n, remote_address=f"10.1.1.{n}") for n in range(1, 6)]
        story.poll("ipsec", *rows, at=0)
        assert (len(story.exposed().children), story.exposed().children_over_limit) == (2, 3)
        story.poll("ipsec", *rows[:3], at=60)
        assert story.exposed().children_over_limit == 1

    def test_configured_ones_do_not(self):
        """They are what the operator cares for."""
        rule = Rule(peers=("10.1.1.1",), name="site")
        story = Story(plan_of("ipsec", max_tunnels=1, rules=Rules([rule])))
        story.poll("ipsec", child(1), at=0)
        story.poll("ipsec", child(2, remote_address="10.1.1.9"), at=60)
        assert set(story.shown()) == {"site"}
        assert story.exposed().children_over_limit == 1

    def test_as_much_room_is_made_as_there_is(self):
        """Many that are gone, many that are new."""
        story = Story(plan_of("ipsec", max_tunnels=10))
        story.poll("ipsec", *(child(n, remote_address=f"10.1.1.{n}") for n in range(1, 11)), at=0)
        story.poll("ipsec", at=60)
        story.poll("ipsec", *(child(n, seconds=5, remote_address=f"10.2.1.{n}") for n in range(1, 13)), at=120)
        assert {one.state for one in story.exposed().children} == {"up"}
        assert story.exposed().children_over_limit == 2

    def test_one_that_has_come_back_meanwhile_makes_none(self):
        """It was listed between two new ones."""
        story = Story(plan_of("ipsec", max_tunnels=2))
        old, back = child(1, remote_address="10.1.1.1"), child(2, remote_address="10.1.1.9")
        story.poll("ipsec", old, back, at=0)
        story.poll("ipsec", back, at=60)
        story.poll("ipsec", at=120)
        new = [child(n, seconds=5, remote_address=f"10.2.1.{n}") for n in (3, 4)]
        story.poll("ipsec", new[0], child(5, seconds=5, remote_address="10.1.1.9"), new[1], at=180)
        assert set(story.shown()) == {"10.1.1.2-10.1.1.9", "10.1.1.2-10.2.1.3"}
        assert story.exposed().children_over_limit == 1


def test_large_contexts_are_followed_in_steps():
    """Also when all of it vanishes at once."""
    story = Story(plan_of("ipsec"))
    story.poll("ipsec", *(child(n, remote_address=f"10.2.{n >> 8}.{n & 255}") for n in range(1, 601)), at=0)
    story.poll("ipsec", at=60)
    assert {one.state for one in story.exposed().children} == {"down"}
    assert len(story.all_sessions()) == 600


def test_after_a_restart_of_the_device_rows_are_new():
    """Indexes are given again; the sessions before it ended with it."""
    story = Story()
    story.look(at=0)
    poll(story, child(7, seconds=100, octets=5), at=10)
    story.look(at=300, uptime=100.0)
    poll(story, child(7, seconds=50, octets=9), at=310)
    old, new = story.all_sessions()
    assert (old.closed_by, old.reason, old.exact) == ("reload", "reload", False)
    assert (old.ended_at, old.end_uncertainty_seconds) == (T0 + 200, 190.0)
    assert (new.live, octets(story)) == (True, 14)


def test_after_a_restart_rows_without_active_time_are_new_too():
    """The device's start says so."""
    story = Story()
    story.look(at=0)
    poll(story, child(7, seconds=None, octets=5), at=10)
    story.look(at=300, uptime=100.0)
    poll(story, child(7, seconds=None, octets=9), at=310)
    assert [one.live for one in story.all_sessions()] == [False, True]
    assert octets(story) == 14


def test_bare_names_are_those_of_addresses():
    """Without selectors a tunnel is called after its ends."""
    story = Story()
    story.poll("ipsec", child(), at=0)
    assert set(story.shown()) == {BARE}
