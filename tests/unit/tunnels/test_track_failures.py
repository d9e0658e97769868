from dataclasses import replace

import pytest

from collector.model import IkeFailure, IpsecFailure
from tests.unit.tunnels.story import BARE, HUB, NAME, PEER, T0, UP, Story, child, endpoint, ike, module, plan_of

OTHER = "22.1.1.1-20.1.1.2 via 10.1.1.2"


def refused(number, at=50.0, **more):
    """A packet that was refused: an IPsec failure."""
    facts = {"source_address": "10.1.1.2", "destination_address": "10.1.1.1", "reason": "other", **more}
    return IpsecFailure(index=str(number), uptime_seconds=None if at is None else UP + at, **facts)


def failed(number, at=50.0, **more):
    """A negotiation that failed: an IKE failure."""
    return IkeFailure(index=str(number), uptime_seconds=UP + at, reason="proposalFailure", **{**HUB, **more})


def told(*rows, at=100, before=()):
    """A story of failures."""
    story = Story()
    story.look(at=0)
    story.poll("failures", at=1)
    story.look(at=2)
    for poll in before:
        story.poll("ipsec", *poll, at=10)
    read(story, *rows, at=at)
    return story


def read(story, *rows, at):
    story.poll("failures", *rows, at=at)
    story.look(at=at + 2)


def only(story):
    (failure,) = story.failures.values()
    return failure


def test_a_failed_negotiation_is_on_record():
    """When, why, and between whom."""
    story = told(failed(1, local_identity="hub", remote_identity="spoke"))
    failure = only(story)
    assert (failure.level, failure.module, failure.index, failure.reason) == (
        "ike",
        "failures",
        "1",
        "proposalFailure",
    )
    assert (failure.at, failure.seen_at, failure.tunnel, failure.peer) == (T0 + 50, T0 + 100, None, "10.1.1.1")
    assert (failure.local_identity, failure.remote_identity, failure.spi) == ("hub", "spoke", None)
    assert story.exposed().failures == (("ike", "proposalFailure", 1),)


def test_each_is_on_record_once():
    """A failure table is a window, as a history is."""
    story = told(refused(1))
    read(story, refused(1), refused(2, at=150.0), at=200)
    read(story, refused(2, at=150.0), at=300)
    assert [one.index for one in story.failures.values()] == ["1", "2"]
    assert story.gaps == {}


def test_those_that_fell_out_are_counted():
    """Six happened, of which two are left."""
    story = told(refused(1))
    read(story, refused(6), refused(7), at=200)
    assert (story.gap().kind, story.gap().module, story.gap().lost) == ("history-overrun", "failures", 4)


def test_a_refused_packet_belongs_to_the_tunnel_of_its_row():
    """Where two tunnels have the same ends."""
    rows = child(7), endpoint(7), child(8), endpoint(8, remote="20.1.1.2")
    failure = only(told(refused(1, child_index=8, spi=0x1234), before=[rows]))
    assert (failure.tunnel, failure.peer, failure.spi, failure.level) == (OTHER, PEER, 0x1234, "child")


def test_a_packet_that_came_in_belongs_to_it_too():
    """Its source is the peer."""
    row = refused(1, source_address="10.1.1.1", destination_address="10.1.1.2")
    failure = only(told(row, before=[(child(7), endpoint(7))]))
    assert (failure.tunnel, failure.local_address, failure.remote_address) == (NAME, "10.1.1.2", "10.1.1.1")


def test_between_two_tunnels_nobody_knows_which():
    """The peer is certain, the tunnel is not."""
    rows = child(7), endpoint(7), child(8), endpoint(8, remote="20.1.1.2")
    failure = only(told(refused(1), before=[rows]))
    assert (failure.tunnel, failure.peer) == (None, PEER)


def test_a_row_that_was_not_there_yet_is_another_sas():
    """Indexes are given again."""
    rows = child(7, seconds=5), endpoint(7), child(8), endpoint(8, remote="20.1.1.2")
    failure = only(told(refused(1, at=-500.0, child_index=7), before=[rows]))
    assert failure.tunnel is None


@pytest.mark.parametrize(("at", "tunnel"), [(140, BARE), (170, None)])
def test_a_row_that_was_not_seen_for_long_may_be_another_sas(at, tunnel):
    """After an outage, its index may have been given again, which the next poll of what lives will tell."""
    story = Story()
    story.look(at=0)
    story.poll("failures", at=1)
    story.poll("ipsec", child(7), at=10)
    read(story, refused(1, at=float(at), child_index=7, source_address=None, destination_address=None), at=500)
    assert only(story).tunnel == tunnel


def test_a_row_that_merely_goes_on_is_seen_at_each_poll():
    """Nothing is made of it then, but it is there."""
    story = Story()
    story.look(at=0)
    story.poll("failures", at=1)
    for at in range(10, 400, 60):
        story.poll("ipsec", child(7, seconds=float(at)), at=at)
    read(story, refused(1, at=390.0, child_index=7, source_address=None, destination_address=None), at=400)
    assert only(story).tunnel == BARE


def test_without_addresses_the_row_alone_tells():
    """As far as it does."""
    nowhere = {"source_address": None, "destination_address": None}
    rows = child(7), endpoint(7)
    failure = only(told(refused(1, child_index=7, at=None, **nowhere), before=[rows]))
    assert (failure.tunnel, failure.peer, failure.at) == (NAME, PEER, None)
    failure = only(told(refused(1, child_index=9, **nowhere), before=[rows]))
    assert (failure.tunnel, failure.peer) == (None, None)


class TestWithoutTimes:
    """Neither time nor addresses: a row index alone is a name only for who had it all the time."""

    NOWHERE = {"child_index": 7, "at": None, "source_address": None, "destination_address": None}  # noqa: RUF012

    def test_a_row_that_is_younger_than_the_last_read_tells_nothing(self):
        """Another SA may have had its index when the packet was refused."""
        story = told(refused(1, **self.NOWHERE), at=100, before=[(child(7, seconds=5), endpoint(7))])
        assert (only(story).tunnel, only(story).peer) == (None, None)

    def test_nor_does_one_of_which_nobody_knows_when_it_began(self):
        """Devices without ActiveTime give indexes again, too."""
        story = told(refused(1, **self.NOWHERE), before=[(child(7, seconds=None), endpoint(7))])
        assert only(story).tunnel is None

    def test_the_first_read_tells_of_any_time(self):
        """Long before the row there was perhaps another one of that index."""
        story = Story()
        story.look(at=0)
        story.poll("ipsec", child(7, seconds=1000), endpoint(7), at=1)
        read(story, refused(1, **self.NOWHERE), at=5)
        assert only(story).tunnel is None

    @pytest.mark.parametrize(("missed_at", "tunnel"), [(70, None), (101, NAME)])
    def test_a_row_that_is_gone_had_it_if_it_went_after_the_read(self, missed_at, tunnel):
        """One that went before may have left its index to another."""
        story = told(at=50, before=[(child(7), endpoint(7))])
        polls = [(100, "failures", refused(1, **self.NOWHERE)), (missed_at, "ipsec")]
        for at, name, *rows in sorted(polls, key=lambda poll: poll[0]):
            story.poll(name, *rows, at=at)
        story.look(at=103)
        assert only(story).tunnel == tunnel


def test_a_packet_between_strangers_belongs_to_nobody():
    """Not even if a row has its index."""
    row = refused(1, child_index=7, source_address="10.9.9.9")
    failure = only(told(row, before=[(child(7), endpoint(7))]))
    assert (failure.tunnel, failure.local_address) == (None, "10.9.9.9")


def test_a_failed_negotiation_belongs_to_the_ike_tunnel_between_its_ends():
    """The peer is known then."""
    story = Story()
    story.look(at=0)
    story.poll("ike", ike(), at=1)
    read(story, failed(1), at=100)
    assert (only(story).tunnel, only(story).peer) == (BARE, PEER)


def test_a_session_that_awaits_its_end_still_has_its_row():
    """And an IKE SA of the same index has nothing to do with it."""
    story = Story()
    story.look(at=0)
    story.poll("ike", ike(7), at=1)
    rows = child(7), endpoint(7), child(8), endpoint(8, remote="20.1.1.2")
    story.poll("ipsec", *rows, at=10)
    story.poll("ike", at=61)
    story.poll("ipsec", at=70)
    read(story, refused(1, child_index=7), at=100)
    assert only(story).tunnel == NAME


def test_a_tunnel_whose_addresses_are_not_known_is_between_no_two_ends():
    """A failure without addresses is not about it."""
    story = Story()
    story.look(at=0)
    for at in (1, 101, 201):
        story.poll("ike", ike(4, seconds=100 + at, remote_address=None), at=at)
    assert len(story.shown("ike")) == 1
    read(story, failed(1, remote_address=None), at=300)
    assert (only(story).tunnel, only(story).peer) == (None, None)


def test_a_target_without_failure_tables_has_none():
    """It tells one level only."""
    story = Story()
    story.look(at=0)
    story.poll("failures", failed(1), at=10, missing=("cipSecFailTable",))
    story.look(at=12)
    assert only(story).level == "ike"


def test_large_tables_are_read_in_steps():
    """All of it."""
    story = told(*(refused(n) for n in range(1, 600)))
    assert len(story.failures) == 599


def test_a_device_with_two_mibs_tells_a_failure_twice():
    """It is on record once."""
    plan = plan_of("system", "failures", "enhanced-history")
    plan = replace(plan, tells={**plan.tells, module("enhanced-history"): {"ceipSecFailTable": IpsecFailure}})
    story = Story(plan)
    story.look(at=0)
    for at, name, index in ((10, "enhanced-history", "1"), (20, "failures", "7")):
        story.poll(name, IpsecFailure(index=index, uptime_seconds=UP + 5, reason="other"), at=at)
        story.look(at=at + 2)
    assert [one.module for one in story.failures.values()] == ["enhanced-history"]
