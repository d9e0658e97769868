import pytest

from collector.model import ClosedIkeSa, Origin, Snapshot, System
from collector.tunnels import Learning, Rule, Rules, begin, observing
from tests.unit.tunnels.story import (
    BARE,
    HUB,
    NAME,
    PEER,
    T0,
    UP,
    Story,
    child,
    closed,
    closed_endpoint,
    ended_at,
    endpoint,
    ike,
    plan_of,
    read,
    watched,
)


class TestSessionsThatWereMissed:
    """A poll lists a session no more; the history tells the rest."""

    @pytest.fixture
    def story(self):
        story = watched()
        story.poll("ipsec", child(seconds=100, octets=1000), endpoint(), at=10)
        story.poll("ipsec", at=70)
        return story

    def test_the_history_is_asked_for_at_once(self, story):
        """The sooner it is read, the fewer ends fall out of it; and the clock, which tells what its stamps mean."""
        assert story.step.look_at == {("global", "snmp", "history"), ("global", "snmp", "system")}
        assert (story.session().gone_at, story.session().ended_at, story.session().live) == (T0 + 70, None, False)

    def test_it_tells_the_end_to_the_second_and_the_last_octets(self, story):
        """And why it ended."""
        read(story, closed(1, began=-90, seconds=130, octets=1500, reason="peerLost"), closed_endpoint(1), at=72)
        session = story.session()
        assert (ended_at(session), session.end_uncertainty_seconds, session.reason) == (40, 0.0, "peerLost")
        assert (session.closed_by, session.exact, session.counts[0]) == ("history", True, 1500)
        tunnel = story.tunnel(NAME)
        assert (tunnel.account.receive_bytes, tunnel.sessions, tunnel.last_end_reason) == (1500, 1, "peerLost")
        assert (tunnel.last_end_at, tunnel.state_since) == (T0 + 40, T0 + 40)

    def test_it_is_read_once(self, story):
        """What it still lists at the next poll is not another end."""
        rows = closed(1, began=-90, seconds=130, octets=1500), closed_endpoint(1)
        read(story, *rows, at=72)
        changes = len(story.all_changes)
        read(story, *rows, at=372)
        assert len(story.all_sessions()) == 1
        assert story.tunnel(NAME).account.receive_bytes == 1500
        assert not any(one.sessions or one.tunnels for one in story.all_changes[changes:])

    def test_it_waits_for_the_clock(self, story):
        """The device may have restarted since: then the history is that of another life."""
        story.poll("history", closed(1, began=-90, seconds=130, octets=1500), at=72)
        assert story.session().ended_at is None
        story.silence("system", at=74)
        assert story.session().ended_at is None
        story.look(at=134)
        assert story.session().closed_by == "history"

    def test_it_does_not_wait_for_ever(self, story):
        """A system group that does not answer for long leaves stamps that are as good as the last look."""
        story.poll("history", closed(1, began=-90, seconds=130, octets=1500), at=72)
        story.poll("ipsec", at=1000)
        story.poll("history", closed(1, began=-90, seconds=130, octets=1500), at=1080, now=2000)
        assert story.session().closed_by == "history"

    def test_a_history_without_it_leaves_the_end_to_the_poll(self, story):
        """It ended, nobody tells how, and it may have carried more."""
        read(story, at=72)
        session = story.session()
        assert (session.closed_by, session.exact, session.reason) == ("poll", False, None)
        assert (ended_at(session), session.end_uncertainty_seconds) == (70, 60.0)

    def test_a_history_that_was_not_read_to_its_end_may_still_tell(self, story):
        """Nothing is given up until it was."""
        read(story, at=72, incomplete=("cipSecTunnelHistTable",))
        assert story.session().ended_at is None
        read(story, closed(1, began=-90, seconds=130, octets=1500), at=132)
        assert story.session().closed_by == "history"

    def test_an_end_of_another_start_is_another_session(self, story):
        """Indexes are given again: this row is of the SA before."""
        read(story, closed(1, began=-2000, seconds=1900, octets=7), closed_endpoint(1), at=72)
        mine, other = story.all_sessions()
        assert (mine.closed_by, other.closed_by, other.learned) == ("poll", "history", "history")

    def test_an_end_of_another_peer_is_another_session(self, story):
        """However its index and start may agree."""
        read(story, closed(1, began=-90, seconds=130, remote_address="10.1.1.9"), at=72)
        assert [one.closed_by for one in story.all_sessions()] == ["poll", "history"]

    def test_the_end_of_one_that_lived_for_long_may_be_less_exact(self, story):
        """Clocks of devices drift against ours."""
        story.poll("ipsec", child(8, seconds=40_000.0), endpoint(8), at=130)
        story.poll("ipsec", at=190)
        read(story, closed(2, 8, began=130 - 40_000 + 60, seconds=40_000), at=192)
        assert story.all_sessions()[-1].closed_by == "history"

    def test_a_checkpoint_row_is_no_end(self, story):
        """It copies a live tunnel when cipSecHistCheckPoint is set."""
        read(story, closed(1, began=-90, seconds=100, reason="checkPointReq"), closed_endpoint(1), at=72)
        assert story.session().closed_by == "poll"

    def test_an_ike_sa_ends_likewise(self):
        """By its own history, with its own reasons."""
        story = watched()
        story.poll("ike", ike(octets=10), at=10)
        story.poll("ike", at=70)
        read(story, closed(1, 4, began=-90, seconds=120, octets=30, kind=ClosedIkeSa), at=72)
        session = story.session("ike")
        assert (session.closed_by, session.counts[0], ended_at(session)) == ("history", 30, 30)


class TestEndsWithoutTimes:
    """Devices that do not tell when an SA began, or for how long it was active."""

    def test_an_end_without_times_is_known_by_its_index(self):
        """It ended between the poll that saw it last and the one that missed it."""
        story = watched()
        story.poll("ipsec", child(seconds=100, octets=5), at=10)
        story.poll("ipsec", at=70)
        read(story, closed(1, octets=9, start_uptime_seconds=None, active_seconds=None), at=72)
        session = story.session()
        assert (session.closed_by, ended_at(session), session.end_uncertainty_seconds) == ("history", 70, 60.0)
        assert session.counts[0] == 9

    def test_one_that_lived_shorter_than_was_seen_is_another(self):
        """Its active time says so although its start does not."""
        story = watched()
        story.poll("ipsec", child(seconds=100), at=10)
        story.poll("ipsec", at=70)
        read(story, closed(1, start_uptime_seconds=None, active_seconds=20.0), at=72)
        assert [one.closed_by for one in story.all_sessions()] == ["poll", "history"]

    def test_one_that_nobody_saw_ended_since_the_last_read(self):
        """That is all that is known."""
        story = watched()
        read(story, closed(1, octets=9, start_uptime_seconds=None, active_seconds=None), at=301)
        session = story.session()
        assert (ended_at(session), session.end_uncertainty_seconds, session.started_at) == (301, 300.0, None)
        assert session.accounted

    def test_a_start_bounds_the_end_of_one_without_active_time(self):
        """It did not end before it began."""
        story = watched()
        read(story, closed(1, began=200, active_seconds=None), at=301)
        session = story.session()
        assert (session.started_at, ended_at(session)) == (T0 + 200, 301)
        assert session.end_uncertainty_seconds == 101

    def test_at_the_first_read_they_are_not_accounted(self):
        """They may have ended days ago."""
        story = Story()
        story.look(at=0)
        story.poll("history", closed(1, start_uptime_seconds=None), at=1)
        story.look(at=2)
        assert (story.session().accounted, story.shown()) == (False, {})

    def test_a_clock_that_cannot_be_read_leaves_starts_unknown(self):
        """Indexes and active times still tell whose an end is."""
        story = Story()
        story.poll("system", at=0)
        story.poll("history", at=1)
        story.poll("ipsec", child(seconds=100, octets=5), at=10)
        story.poll("ipsec", at=70)
        assert story.step.look_at == {("global", "snmp", "history")}
        story.poll("history", closed(1, began=-90, seconds=130, octets=9), at=72)
        session = story.session()
        assert (session.closed_by, session.counts[0], session.started_at) == ("history", 9, T0 - 90)


class TestSessionsThatNobodySaw:
    """Born and dead between two polls: the history has them."""

    def test_they_are_on_record_and_in_the_account(self):
        """With all that an end tells."""
        story = watched()
        read(story, closed(1, began=100, seconds=20, octets=300, refreshes=2), closed_endpoint(1), at=301)
        session = story.session()
        assert (session.learned, session.closed_by, session.exact, session.index) == ("history", "history", True, "7")
        assert (session.started_at - T0, ended_at(session), session.accounted) == (100, 120, True)
        assert (session.tunnel, session.peer, session.selectors) == (NAME, PEER, ("22.1.1.1-20.1.1.1",))
        story.poll("ipsec", at=310)
        tunnel = story.tunnel(NAME)
        assert (tunnel.sessions, tunnel.account.receive_bytes, tunnel.rekeys) == (1, 300, 2)
        assert tunnel.last_end_at == T0 + 120

    def test_a_tunnel_that_only_the_history_knows_becomes_known(self):
        """It is down once its table has been read, and was not up before."""
        story = watched()
        read(story, closed(1, began=100, seconds=20), closed_endpoint(1), at=301)
        assert story.tunnel(NAME).state == "unknown"
        story.poll("ipsec", at=310)
        assert (story.tunnel(NAME).state, story.moves()) == ("down", [])

    def test_they_belong_to_the_tunnel_that_has_their_name(self):
        """Whose session lives on."""
        story = watched()
        story.poll("ipsec", child(8, seconds=10, octets=5), endpoint(8), at=200)
        read(story, closed(1, began=100, seconds=20, octets=300), closed_endpoint(1), at=301)
        tunnel = story.tunnel(NAME)
        assert (tunnel.sessions, tunnel.account.receive_bytes, tunnel.state) == (2, 305, "up")

    def test_without_selectors_they_belong_to_the_only_tunnel_of_those_addresses(self):
        """A history may lack the table of endpoints."""
        story = watched()
        story.poll("ipsec", child(8, seconds=10), endpoint(8), at=200)
        read(story, closed(1, began=100, seconds=20), at=301)
        assert {one.tunnel for one in story.all_sessions()} == {NAME}

    def test_without_selectors_between_two_tunnels_nobody_knows_whose_they_are(self):
        """They get a tunnel of their own rather than a wrong one."""
        story = watched()
        story.poll("ipsec", child(8), endpoint(8), child(9), endpoint(9, remote="20.1.1.2"), at=200)
        read(story, closed(1, began=100, seconds=20), at=301)
        assert story.all_sessions()[-1].tunnel == BARE

    def test_an_identity_that_has_another_name_by_now_is_found(self):
        """The name of a CHILD SA may depend on the IKE SA that made it, which the history does not tell."""
        rules = Rules([Rule(identities=("spoke1",), name="spoke")])
        story = watched(plan_of(rules=rules))
        story.poll("ike", ike(remote_identity="spoke1"), at=190)
        story.poll("ipsec", child(8, ike_index=4), endpoint(8), at=200)
        assert story.all_sessions()[0].tunnel == "spoke"
        read(story, closed(1, began=100, seconds=20), closed_endpoint(1), at=301)
        assert [one.tunnel for one in story.all_sessions()] == ["spoke", "spoke"]

    def test_what_ended_before_anybody_watched_is_on_record_and_in_no_account(self):
        """No tunnel is learned from it."""
        story = Story()
        story.look(at=0)
        story.poll("history", closed(1, began=-500, seconds=100), closed_endpoint(1), at=1)
        story.look(at=2)
        session = story.session()
        assert (session.accounted, session.tunnel, ended_at(session)) == (False, NAME, -400)
        assert story.shown() == {}

    def test_what_ended_since_anybody_watched_counts_at_the_first_read_too(self):
        """The context was watched before its history was."""
        story = Story()
        story.look(at=0)
        story.poll("history", closed(1, began=100, seconds=20, octets=3), at=301)
        story.look(at=302)
        assert (story.session().accounted, story.known().base[0]) == (True, 3)

    def test_a_tunnel_that_is_not_learned_is_in_no_account(self):
        """Its session is on record all the same."""
        story = watched(plan_of(rules=Rules(default=Learning(enabled=False))))
        read(story, closed(1, began=100, seconds=20), at=301)
        assert (story.session().accounted, story.shown()) == (False, {})

    def test_a_tunnel_for_which_there_is_no_place_is_in_no_account(self):
        """What is remembered is bounded."""
        story = watched(plan_of(max_tunnels=1))
        story.poll("ipsec", child(8), endpoint(8), at=200)
        read(story, closed(1, began=100, seconds=20, remote_address="10.1.1.9"), at=301)
        assert [one.accounted for one in story.all_sessions()] == [True, False]

    def test_an_ike_sa_is_on_record_likewise(self):
        """With its identities."""
        story = watched()
        row = closed(1, 4, began=100, seconds=20, kind=ClosedIkeSa, local_identity="hub", remote_identity="spoke")
        read(story, row, at=301)
        session = story.session("ike")
        assert (session.local_identity, session.remote_identity, session.selectors) == ("hub", "spoke", ())
        assert session.tunnel == f"{BARE} (hub - spoke)"

    def test_without_an_index_of_their_own_they_are_still_on_record(self):
        """Nothing else than their times and addresses is needed."""
        story = watched()
        read(story, closed(1, None, began=100, seconds=20), at=301)
        assert (story.session().index, ended_at(story.session())) == ("", 120)

    def test_an_end_is_not_later_than_it_was_read(self):
        """Whatever a device's times say."""
        story = watched()
        read(story, closed(1, began=100, seconds=9000), at=301)
        assert ended_at(story.session()) <= 311


class TestSessionsThatNoPollHasMissedYet:
    """The history is read before the poll that would miss its row."""

    @pytest.fixture
    def story(self):
        story = watched()
        story.poll("ipsec", child(seconds=100, octets=1000), endpoint(), at=290)
        read(story, closed(1, began=190, seconds=105, octets=1500), closed_endpoint(1), at=301)
        return story

    def test_they_end_at_once(self, story):
        """With what the history says, and the table is asked for."""
        session = story.session()
        assert (session.closed_by, ended_at(session), session.counts[0]) == ("history", 295, 1500)
        assert ("global", "snmp", "ipsec") in story.step.look_at
        assert story.tunnel(NAME).account.receive_bytes in {1500, None}

    def test_whether_the_tunnel_is_down_the_next_poll_tells(self, story):
        """It may have been established anew in the same second."""
        assert (story.tunnel(NAME).state, story.moves()) == ("unknown", [])
        story.poll("ipsec", at=303)
        assert (story.tunnel(NAME).state, story.tunnel(NAME).account.receive_bytes) == ("down", 1500)

    def test_a_successor_keeps_the_tunnel_up(self, story):
        """No transition was certain."""
        story.poll("ipsec", child(8, seconds=5, octets=3), endpoint(8), at=303)
        tunnel = story.tunnel(NAME)
        assert (tunnel.state, tunnel.sessions, tunnel.account.receive_bytes) == ("up", 2, 1503)
        assert story.moves() == []

    def test_a_poll_that_began_before_may_still_list_the_row(self, story):
        """That is no new session."""
        story.poll("ipsec", child(seconds=110, octets=1400), endpoint(), at=300, seconds=4)
        assert len(story.all_sessions()) == 1
        story.poll("ipsec", at=360)
        assert len(story.all_sessions()) == 1
        assert story.tunnel(NAME).account.receive_bytes == 1500

    def test_a_new_row_of_the_same_index_is_a_new_session(self, story):
        """Its start is another."""
        story.poll("ipsec", child(seconds=2, octets=4), endpoint(), at=300, seconds=4)
        assert [one.live for one in story.all_sessions()] == [False, True]

    def test_one_of_two_that_overlap_leaves_the_other(self):
        """Old and new SA of one tunnel, of which the old one has ended."""
        story = watched()
        rows = child(7, seconds=100, octets=10), child(8, seconds=5, octets=1)
        story.poll("ipsec", *rows, endpoint(7), endpoint(8), at=290)
        read(story, closed(1, began=190, seconds=105, octets=20), closed_endpoint(1), at=301)
        tunnel = story.tunnel(NAME)
        assert (tunnel.state, tunnel.sessions, tunnel.account.receive_bytes) == ("up", 2, 21)

    def test_a_poll_that_began_before_and_lists_only_the_ended_one_misses_the_other(self):
        """Its successor was short."""
        story = watched()
        rows = child(7, seconds=100, octets=10), child(8, seconds=5, octets=1)
        story.poll("ipsec", *rows, endpoint(7), endpoint(8), at=290)
        read(story, closed(1, began=190, seconds=115, octets=20), closed_endpoint(1), at=306)
        story.poll("ipsec", child(7, seconds=115, octets=20), endpoint(7), at=305, seconds=4)
        assert [one.live for one in story.all_sessions()] == [False, False]
        assert story.tunnel(NAME).state == "down"


class TestActiveTimesThatWrapped:
    """A TimeInterval begins anew after 248 days."""

    WRAP = (1 << 31) / 100
    OLD = WRAP + 1000
    """How long it has been active; its row says 1000 s."""

    @pytest.mark.parametrize("read_before", [True, False])
    def test_the_end_of_a_session_is_that_of_its_row(self, read_before):
        """It was first seen after its active time had wrapped."""
        story = watched() if read_before else Story()
        story.look(at=3)
        story.poll("ipsec", child(seconds=1000, octets=5), at=10)
        story.poll("ipsec", at=70)
        began = {"start_uptime_seconds": (UP + 10 - self.OLD) % ((1 << 32) / 100)}
        read(story, closed(1, seconds=1020, octets=9, **began), at=72)
        session = story.session()
        assert (session.closed_by, round(ended_at(session)), session.counts[0]) == ("history", 30, 9)

    def test_one_that_no_poll_saw_ended_since_the_last_read(self):
        """Not 248 days before."""
        story = watched()
        began = {"start_uptime_seconds": (UP + 200 - self.OLD) % ((1 << 32) / 100)}
        read(story, closed(1, seconds=1000, octets=9, **began), at=301)
        assert round(ended_at(story.session())) == 200


def test_an_end_of_another_start_leaves_the_session_that_lives():
    """Its index was given again between two polls."""
    story = watched()
    story.poll("ipsec", child(seconds=50, octets=5), endpoint(), at=290)
    read(story, closed(1, began=100, seconds=120, octets=9), closed_endpoint(1), at=301)
    assert [one.live for one in story.all_sessions()] == [True, False]
    story.poll("ipsec", child(seconds=110, octets=7), endpoint(), at=350)
    assert story.tunnel(NAME).account.receive_bytes == 16


def test_an_end_that_began_earlier_is_of_another_session():
    """However both may overlap."""
    story = watched()
    story.poll("ipsec", child(seconds=10), at=200)
    story.poll("ipsec", at=260)
    read(story, closed(1, began=100, seconds=120), at=262)
    assert [one.closed_by for one in story.all_sessions()] == ["poll", "history"]


def test_an_end_that_is_told_of_an_earlier_life_leaves_the_one_that_is_seen_later():
    """It ended before the session was seen last."""
    story = watched()
    story.poll("ipsec", child(seconds=None), at=200)
    story.poll("ipsec", at=260)
    read(story, closed(1, began=20, seconds=50), at=262)
    assert [one.closed_by for one in story.all_sessions()] == ["poll", "history"]


def test_an_end_without_start_of_a_session_that_was_active_for_longer_is_another():
    """Neither tells when it began."""
    story = watched()
    story.poll("ipsec", child(seconds=100), at=10)
    story.poll("ipsec", at=70)
    read(story, closed(1, start_uptime_seconds=None, active_seconds=50.0), at=72)
    assert [one.closed_by for one in story.all_sessions()] == ["poll", "history"]


def test_an_end_that_a_poll_under_way_has_not_heard_of_is_one_session():
    """The history was read while that poll went on, and the row was read before it ended."""
    story = Story()
    story.look(at=0)
    story.poll("history", closed(1, 7, began=-90, seconds=100), at=11)
    story.look(at=12)
    story.poll("ipsec", child(7, seconds=99), at=9, seconds=5)
    assert (story.session().learned, story.tunnel().state) == ("history", "down")
    story.poll("ipsec", child(7, seconds=30), at=69)
    assert [one.learned for one in story.all_sessions()] == ["history", "poll"]


def test_an_end_of_a_tunnel_that_was_forgotten_meanwhile_is_on_record():
    """Another one has its place."""
    story = watched(plan_of(max_tunnels=1))
    story.poll("ipsec", child(7, seconds=100, octets=5), at=10)
    story.poll("ipsec", at=70)
    story.poll("ipsec", child(8, seconds=5, remote_address="10.1.1.9"), at=130)
    read(story, closed(1, began=-90, seconds=130, octets=9), at=132)
    session = next(one for one in story.all_sessions() if one.index == "7")
    assert (session.closed_by, session.counts[0]) == ("history", 9)
    assert set(story.shown()) == {"10.1.1.2-10.1.1.9"}


def test_addresses_with_zeros_before_them_are_the_same_peer():
    """Some devices write them so in one table and not in the other."""
    story = watched()
    story.poll("ipsec", child(seconds=100), at=10)
    story.poll("ipsec", at=70)
    padded = {name: ".".join(part.zfill(3) for part in text.split(".")) for name, text in HUB.items()}
    read(story, closed(1, began=-90, seconds=130, **padded), at=72)
    assert story.session().closed_by == "history"


class TestTwoHistories:
    """A device with two MIBs tells every end twice, under indexes of their own."""

    PLAN = plan_of("system", "ipsec", "history", "enhanced", "enhanced-history")

    def both(self, *rows):
        story = Story(self.PLAN)
        story.look(at=0)
        for name in ("history", "enhanced-history"):
            story.poll(name, at=1)
        story.look(at=2)
        for name in ("ipsec", "enhanced"):
            story.poll(name, *rows, at=10)
        return story

    def ends(self, story):
        for at, name, index in ((100, "history", 40), (110, "enhanced-history", 3)):
            story.poll(name, closed(index, index, began=20, seconds=30, octets=9), at=at)
            story.look(at=at + 2)

    def test_an_end_that_no_poll_saw_is_one_session(self):
        """That of the MIB whose rows are followed."""
        story = self.both(child(5, seconds=100, remote_address="10.1.1.9"))
        self.ends(story)
        assert [one.module for one in story.all_sessions() if not one.live] == ["enhanced"]

    def test_where_only_one_lists_anything_its_ends_count(self):
        """The other MIB is there and is not used."""
        story = self.both()
        story.poll("ipsec", child(5, seconds=100, remote_address="10.1.1.9"), at=15)
        story.poll("history", closed(40, 40, began=20, seconds=30, octets=9), at=100)
        story.look(at=102)
        assert [one.module for one in story.all_sessions() if not one.live] == ["ipsec"]


def test_a_storm_is_taken_in_by_steps():
    """Two thousand tunnels go at once; the history tells of some hundreds of them, and the event loop has its turns."""
    many, told = 2_001, 300
    far = {n: f"172.16.{n // 250}.{n % 250 + 1}" for n in range(1, many + 1)}
    state = begin("hub1", (), plan_of(), T0)

    def taken(name, at, *entities):
        nonlocal state
        origin = Origin(target="hub1", source="snmp", module=name)
        snapshot = Snapshot(origin=origin, taken_at=T0 + at, duration_seconds=1.0, entities=entities)
        steps = observing(state, snapshot, T0 + at, plan_of())
        pauses = 0
        while True:
            try:
                next(steps)
            except StopIteration as end:
                state = end.value.state
                return end.value.changes, pauses
            pauses += 1

    taken("system", 0, System(uptime_seconds=UP))
    taken("history", 1)
    taken("system", 2, System(uptime_seconds=UP + 2))
    rows = [child(n, remote_address=address) for n, address in far.items()]
    taken("ipsec", 10, *rows, *(endpoint(n, remote=f"192.168.{n // 250}.{n % 250}") for n in far))
    taken("ipsec", 70)
    ends = [closed(n, n, began=-90, seconds=130, remote_address=far[n]) for n in range(1, told + 1)]
    taken(
        "history", 75, *ends, *(closed_endpoint(n, remote=f"192.168.{n // 250}.{n % 250}") for n in range(1, told + 1))
    )
    (changes,), pauses = taken("system", 76, System(uptime_seconds=UP + 76))
    by = [session.closed_by for session in changes.sessions]
    assert (by.count("history"), by.count("poll")) == (told, many - told)
    assert pauses >= many // 250
