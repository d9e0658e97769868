"""Rows that were read by themselves, because the device said that something has happened to them."""

from dataclasses import replace

import pytest

from collector.model import InterfaceTunnel, Origin, Sighting, Snapshot
from collector.tunnels import Learning, Rules, amended
from tests.unit.tunnels.story import BARE, NAME, T0, Story, child, closed, endpoint, ike, module, plan_of

OTHER = {"remote_address": "10.1.1.9"}
OTHER_NAME = "10.1.1.2-10.1.1.9"


def hub(*more, plan=None):
    """A hub of two tunnels, polled twice."""
    story = Story(plan)
    for at in (0, 60):
        story.poll("ipsec", child(seconds=100 + at, octets=at), child(8, 100 + at, at, **OTHER), *more, at=at)
    return story


def test_a_row_that_is_gone_is_over_at_once():
    """Its tunnel is down, the history is asked for, and the other tunnel is as it was."""
    story = hub()
    step = story.see("child", 7, at=75)
    assert {name: one.state for name, one in story.shown().items()} == {BARE: "down", OTHER_NAME: "up"}
    assert ("global", "snmp", "history") in step.look_at
    assert story.moves() == [("up", "down", 75)]
    assert story.session_of(BARE).gone_at == T0 + 75


def test_a_row_that_is_new_is_up_at_once():
    """With all that belongs to it; the next poll goes on with it."""
    story = hub(endpoint(7), endpoint(8, remote="20.1.1.8"))
    story.see("child", 9, child(9, 2.0, 5, remote_address="10.1.1.5"), endpoint(9, remote="20.1.1.5"), at=75)
    name = "22.1.1.1-20.1.1.5 via 10.1.1.2"
    assert (story.shown()[name].state, story.session_of(name).started_at) == ("up", T0 + 73)
    assert (story.session_of(name).learned, story.session_of(NAME).learned) == ("notification", "poll")
    rows = child(seconds=220, octets=120), child(8, 220, 120, **OTHER), child(9, 47, 50, remote_address="10.1.1.5")
    ends = endpoint(7), endpoint(8, remote="20.1.1.8"), endpoint(9, remote="20.1.1.5")
    story.poll("ipsec", *rows, *ends, at=120)
    assert (len(story.all_sessions()), story.shown()[name].account.receive_bytes) == (3, 50)


def test_a_row_that_is_there_still_is_read_on():
    """A rekey is announced, too; nothing has happened to the tunnel."""
    story = hub()
    assert story.see("child", 7, child(seconds=175, octets=77), at=75).changes == ()
    assert (story.tunnel().state, story.tunnel().account.receive_bytes) == ("up", 77)
    story.poll("ipsec", child(seconds=220, octets=120), child(8, 220, 120, **OTHER), at=120)
    assert (story.tunnel().account.receive_bytes, len(story.all_sessions())) == (120, 2)


def test_an_end_and_a_new_beginning_at_once_are_no_transition():
    """The old row is gone and a new one of the same tunnel is there: it was established anew."""
    story = hub()
    story.see("child", (7, 9), child(9, 1.0, 3), at=75)
    assert (story.tunnel().state, story.moves(), story.tunnel().sessions) == ("up", [], 2)
    assert story.tunnel().account.receive_bytes == 63


def test_a_new_row_joins_a_tunnel_whose_row_was_not_read():
    """That one stays as it was at the last poll."""
    story = hub()
    story.see("child", 9, child(9, 1.0, 3), at=75)
    assert (story.tunnel().state, story.tunnel().sessions, story.tunnel().account.receive_bytes) == ("up", 2, 63)
    story.poll("ipsec", child(8, 220, 120, **OTHER), child(9, 46.0, 9), at=120)
    assert (story.tunnel().state, story.moves(), story.tunnel().account.receive_bytes) == ("up", [], 69)


def test_a_row_without_its_selectors_waits_for_them():
    """The device writes them a moment later; what is kept back elsewhere is not forgotten meanwhile."""
    story = hub(endpoint(7), endpoint(8, remote="20.1.1.8"), child(5, 3.0, remote_address="10.1.1.7"))
    story.see("child", 9, child(9, 2.0, 5, remote_address="10.1.1.5"), at=75)
    assert len(story.all_sessions()) == 2
    assert len(story.state.contexts["global"].vague["child"]) == 2
    story.see("child", 9, child(9, 3.0, 5, remote_address="10.1.1.5"), endpoint(9, remote="20.1.1.5"), at=76)
    assert story.shown()["22.1.1.1-20.1.1.5 via 10.1.1.2"].state == "up"


def test_rows_of_nobody_are_counted_as_before():
    """Some firewalls list an empty row each."""
    nobody = child(1, 5.0, local_address=None, remote_address=None)
    story = hub(nobody)
    story.see("child", 7, at=75)
    assert story.exposed().unidentified_rows == 1


def test_tunnels_that_are_only_shown_go_too():
    """Where nothing is learned there is nothing to be put on record."""
    story = hub(plan=plan_of(rules=Rules(default=Learning(enabled=False))))
    assert story.see("child", 7, at=75).changes == ()
    assert set(story.shown()) == {OTHER_NAME}


def test_ike_sas_likewise():
    """On their own level, and with the history that tells of them."""
    story = Story()
    for at in (0, 60):
        story.poll("ike", ike(seconds=100 + at, octets=at), at=at)
    step = story.see("ike", 4, at=75, name="ike")
    assert story.tunnel(level="ike").state == "down"
    assert ("global", "snmp", "history") in step.look_at


def test_the_history_ends_what_was_missed_by_itself():
    """As it does what a poll missed."""
    story = Story()
    story.look(at=0)
    story.poll("history", at=1)
    story.look(at=2)
    for at in (10, 70):
        story.poll("ipsec", child(seconds=100 + at, octets=at), at=at)
    story.see("child", 7, at=80)
    story.poll("history", closed(1, began=-100, seconds=175, octets=76), at=81)
    story.look(at=82)
    assert (story.session().closed_by, story.tunnel().account.receive_bytes) == ("history", 76)


@pytest.mark.parametrize(
    "polls",
    [
        (),
        (("enhanced", 0), ("ipsec", 1)),
        (("ipsec", 0), ("enhanced", 1)),
    ],
)
def test_where_rows_alone_do_not_say_enough_their_module_is_polled(polls):
    """Nothing was polled yet, or two modules tell of one SA."""
    story = Story(plan_of("ipsec", "enhanced"))
    for name, at in polls:
        story.poll(name, child(), at=at)
    step = story.see("child", 7, at=75)
    assert (step.look_at, step.changes) == ({("global", *module("ipsec"))}, ())


def test_after_a_restart_of_the_device_its_modules_are_polled():
    """All indexes are given anew then."""
    story = Story()
    story.look(at=0)
    for at in (10, 70):
        story.poll("ipsec", child(seconds=100 + at), at=at)
    story.look(at=100, uptime=5.0)
    step = story.see("child", 7, child(7, 2.0), at=101)
    assert (step.look_at, len(story.all_sessions())) == ({("global", *module("ipsec"))}, 1)


def test_selectors_of_a_row_change_by_themselves():
    """The row is read again with what belongs to it: it is another tunnel now."""
    story = hub(endpoint(7), endpoint(8, remote="20.1.1.8"))
    story.see("child", 7, child(seconds=175, octets=77), endpoint(7, remote="20.9.9.9"), at=75)
    assert set(story.shown()) == {NAME.replace("20.1.1.1", "20.9.9.9"), "22.1.1.1-20.1.1.8 via 10.1.1.2"}


def test_what_was_read_before_the_latest_poll_began_says_nothing_new():
    """It came late; the poll has seen the row after that."""
    story = hub()
    step = story.see("child", 7, at=59)
    assert (step.changes, step.look_at, story.tunnel().state) == ((), frozenset(), "up")


def test_a_poll_that_was_under_way_sees_what_was_read_by_itself_since_it_began():
    """It may have read rows before; only those that were asked for are amended."""
    rows = child(), child(8, **OTHER), endpoint(7), endpoint(8)
    told = {"taken_at": T0, "duration_seconds": 5.0, "entities": rows}
    snapshot = Snapshot(origin=Origin(target="hub1", vrf="global", source="snmp", module="ipsec"), **told)
    gone = Sighting(
        origin=snapshot.origin, level="child", indexes=frozenset({7}), taken_at=T0 + 1, duration_seconds=0.1
    )
    assert set(amended(snapshot, [gone]).entities) == {rows[1], rows[3]}
    elsewhere = replace(gone, origin=replace(snapshot.origin, vrf="blue"))
    for other in (replace(gone, taken_at=T0 - 1), elsewhere):
        assert amended(snapshot, [other]) is snapshot
    failed = replace(snapshot, error="timed out", entities=())
    assert amended(failed, [gone]) is failed


def test_what_belongs_to_a_row_and_was_not_read_stays():
    """The interface of a tunnel is in a table whose index begins with that interface's."""
    of_7, of_8 = (InterfaceTunnel(index=f"3.{number}", child_index=number, interface_index=3) for number in (7, 8))
    story = hub(of_7, of_8)
    story.see("child", 7, child(seconds=175, octets=77), at=75)
    assert story.tunnel().seen.interface.interface_index == 3
    story.see("child", 7, at=80)
    rows = story.state.contexts["global"].modules["snmp", "ipsec"].rows
    assert rows[InterfaceTunnel] == [of_8]
