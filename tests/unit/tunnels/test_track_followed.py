"""Rows that merely go on: nothing is made of them, and nothing is missed in them."""

import pytest

from collector.model import COUNTED
from collector.tunnels import Learning, Rule, Rules, track_level
from collector.tunnels.counting import WRAP
from collector.tunnels.track_followed import _GOES_ON
from tests.unit.tunnels.story import BARE, NAME, PEER, T0, Story, child, closed, endpoint, ike, plan_of


def followed(story, level="child"):
    """Rows that merely go on, as tracking has them."""
    of_level = story.state.contexts["global"].followed.get(level)
    return set(of_level.rows) if of_level else None


def going_on(*more, plan=None, polls=3, **facts):
    """A CHILD SA that was polled some times, a minute apart, and merely went on."""
    story = Story(plan)
    for number in range(polls):
        story.poll("ipsec", child(seconds=100 + 60 * number, octets=10 * number, **facts), *more, at=60 * number)
    return story


def test_nothing_is_made_of_what_merely_goes_on():
    """Neither a record nor a new state of the tunnel; what is shown is what was polled last."""
    story = going_on(polls=2)
    before = story.state.contexts["global"].tunnels["child"]
    step = story.poll("ipsec", child(seconds=220, octets=50), at=120)
    assert step.changes == ()
    assert story.state.contexts["global"].tunnels["child"] is before
    assert (story.tunnel().state, story.tunnel().account.receive_bytes) == ("up", 50)
    assert story.tunnel().established_at == T0 - 100


@pytest.mark.parametrize("level", ["child", "ike"])
def test_every_counter_is_looked_at(level):
    """One that falls, comes or goes is something that happened; one that rises is not."""
    make = child if level == "child" else ike
    goes_on = _GOES_ON[level]
    for name in COUNTED[level]:
        before = make(seconds=100, **{name: 7})
        assert goes_on(before, make(seconds=160, **{name: 8}), 60.0)
        for other in (6, None):
            assert not goes_on(before, make(seconds=160, **{name: other}), 60.0)
        assert not goes_on(make(seconds=100, **{name: None}), make(seconds=160, **{name: 8}), 60.0)


@pytest.mark.parametrize(
    ("before", "now", "same"),
    [(100, 160, True), (100, 158, True), (100, 157, False), (None, None, True), (None, 1, False)],
)
def test_a_start_that_moves_is_looked_at(before, now, same):
    """What does not agree to two seconds may be another session; a device that tells no times tells none."""
    assert _GOES_ON["child"](child(seconds=before), child(seconds=now), 60.0) is same


def test_a_counter_that_wraps_has_wrapped_since_the_poll_before():
    """However long nothing was made of the row."""
    story = Story()
    for number, octets in enumerate((WRAP - 300, WRAP - 200, WRAP - 100)):
        row = child(seconds=100 + 60 * number, octets=octets, transmit_bytes=number, receive_packets=number)
        story.poll("ipsec", row, at=60 * number)
    story.poll("ipsec", child(seconds=280, octets=50, transmit_bytes=9, receive_packets=9), at=180)
    assert story.tunnel().account.receive_bytes == WRAP + 50
    assert story.session().exact


def test_an_end_has_what_was_read_last():
    """The session is over as of the last poll that saw it, with what that read."""
    story = going_on()
    story.poll("ipsec", at=180)
    session = story.session()
    assert (session.gone_at, session.seen_at, session.counts[COUNTED["child"].index("receive_bytes")]) == (
        T0 + 180,
        T0 + 120,
        20,
    )
    assert followed(story) == set()


def test_the_history_ends_what_merely_goes_on():
    """It is told before the next poll that misses the row."""
    story = Story()
    story.look(at=0)
    story.poll("history", at=1)
    story.look(at=2)
    for at in (10, 70):
        story.poll(
            "ipsec", child(seconds=100 + at, octets=at), child(index=8, seconds=at, remote_address="10.1.1.9"), at=at
        )
    story.poll("history", closed(1, began=-100, seconds=175, octets=75), at=80)
    story.look(at=81)
    session = next(one for one in story.all_sessions() if one.index == "7")
    assert (session.closed_by, session.exact, story.known(BARE).base[0]) == ("history", True, session.counts[0])
    assert followed(story) == {"8"}


def test_what_is_put_on_record_of_a_tunnel_meanwhile_loses_no_reading():
    """Here the end of its session before, whose history does not come: the row is not followed then, but up to date."""
    story = Story()
    story.look(at=0)
    story.poll("ipsec", child(7), at=10)
    for at in (70, 130):
        story.poll("ipsec", child(8, at, at), at=at)
    story.silence("history", at=131)
    story.pass_time(at=1000)
    (one,) = story.state.contexts["global"].tunnels["child"][BARE, PEER].live
    assert (one.session.index, one.seen_at, one.active) == ("8", T0 + 130, 130)
    assert followed(story) == set()


def test_a_checkpoint_has_what_was_read_last():
    """Of rows that merely go on as of all others."""
    story = going_on()
    story.pass_time(at=400)
    (reading,) = story.readings["global"]
    assert (reading.seen_at, reading.values[COUNTED["child"].index("receive_bytes")]) == (T0 + 120, 20)
    assert sum(usage.receive_bytes for usage in story.usages) == 20


def test_selectors_that_change_make_another_tunnel():
    """The row itself says nothing of it."""
    story = going_on(endpoint())
    assert set(story.shown()) == {NAME}
    story.poll("ipsec", child(seconds=280, octets=30), endpoint(remote="20.9.9.9"), at=180)
    assert set(story.shown()) == {NAME.replace("20.1.1.1", "20.9.9.9")}


def test_a_new_row_joins_a_tunnel_whose_row_merely_goes_on():
    """Both are its sessions, and the older one is read on."""
    story = going_on(endpoint())
    story.poll("ipsec", child(seconds=280, octets=30), child(8, 5.0, 3), endpoint(), endpoint(8), at=180)
    assert (len(story.all_sessions()), story.tunnel(NAME).account.receive_bytes) == (2, 33)
    assert followed(story) == set()
    story.poll("ipsec", child(8, 65.0, 4), endpoint(8), at=240)
    assert followed(story) == {"8"}


NAMED = Rules([Rule(name="paris", identities=("vpn-paris",))])


def named_after_ike(identity):
    """A CHILD SA that goes on while its IKE SA, whose identity names the tunnel, is made anew."""
    story = Story(plan_of(rules=NAMED))
    for at in (0, 60):
        story.poll("ike", ike(seconds=100 + at), ike(5, 100 + at, remote_address="10.9.9.9"), at=at)
        story.poll("ipsec", child(seconds=100 + at, ike_index=4), at=at + 1)
    story.poll("ike", ike(6, 5, remote_identity=identity), ike(5, 220, remote_address="10.9.9.9"), at=120)
    story.poll("ipsec", child(seconds=220, ike_index=4), at=121)
    return story


def test_an_ike_sa_that_is_made_anew_may_name_its_children():
    """Although nothing has happened in their rows."""
    assert set(named_after_ike("vpn-paris").shown()) == {"paris"}
    assert set(named_after_ike("vpn-oslo").shown()) == {BARE}


def test_with_too_many_ike_sas_made_anew_all_children_are_looked_at(monkeypatch):
    """What is remembered of them is bounded."""
    monkeypatch.setattr(track_level, "_MOST_REMADE", 1)
    story = named_after_ike("vpn-paris")
    assert set(story.shown()) == {"paris"}
    assert story.state.contexts["global"].remade == frozenset()


def test_tunnels_that_are_not_remembered_are_not_looked_for_at_every_poll():
    """Where nothing is learned they are only shown; they may change, too."""
    story = going_on(endpoint(), plan=plan_of(rules=Rules(default=Learning(enabled=False))))
    assert (followed(story), set(story.shown())) == ({"7"}, {NAME})
    story.poll("ipsec", child(seconds=280, octets=30), endpoint(remote="20.9.9.9"), at=180)
    assert set(story.shown()) == {NAME.replace("20.1.1.1", "20.9.9.9")}
    assert story.all_sessions() == []


def test_what_two_modules_list_is_looked_at_closely():
    """Devices with two MIBs tell of one SA twice."""
    story = Story(plan_of("ipsec", "enhanced"))
    for at in (0, 60, 120):
        for name in ("ipsec", "enhanced"):
            story.poll(name, child(seconds=100 + at, octets=at), at=at)
    assert followed(story) is None
    assert (len(story.all_sessions()), story.tunnel().account.receive_bytes) == (1, 120)


def test_a_row_that_an_incomplete_poll_lacks_goes_on_later():
    """It is neither over nor begun anew, and the tunnel is not known to be up meanwhile."""
    story = going_on()
    story.poll("ipsec", at=180, incomplete=("cipSecTunnelTable",))
    assert (story.tunnel().state, followed(story)) == ("unknown", set())
    story.poll("ipsec", child(seconds=340, octets=99), at=240)
    assert (story.tunnel().state, story.tunnel().account.receive_bytes, followed(story)) == ("up", 99, {"7"})
    assert len(story.all_sessions()) == 1


def test_after_a_restart_of_the_device_all_rows_are_looked_at():
    """A row of the same index that tells no times is another session then."""
    story = Story()
    story.look(at=0)
    for at in (10, 70):
        story.poll("ipsec", child(seconds=None, octets=at), at=at)
    story.look(at=100, uptime=20.0)
    story.poll("ipsec", child(seconds=None, octets=200), at=130)
    assert len(story.all_sessions()) == 2


def test_what_is_listed_is_looked_for_once_until_the_next_poll(monkeypatch):
    """However many scrapes there are; names are given then."""
    asked = []
    plan = plan_of(rules=Rules())
    name = Rules.name
    monkeypatch.setattr(Rules, "name", lambda self, *identities: asked.append(1) or name(self, *identities))
    story = going_on(plan=plan)
    asked.clear()
    story.exposed()
    first = len(asked)
    story.exposed()
    assert (first > 0, len(asked)) == (True, first)


def test_a_checkpoint_has_sessions_in_which_something_happens_too():
    """An old IKE SA and the new one overlap: neither merely goes on."""
    story = Story()
    for at in (0, 60):
        story.poll("ike", ike(4, 100 + at, at), ike(5, 10 + at, at), at=at)
    assert followed(story, "ike") == set()
    story.pass_time(at=400)
    assert [reading.seen_at for reading in story.readings["global"]] == [T0 + 60, T0 + 60]


def test_sessions_that_stay_with_their_tunnels_are_shown_there():
    """Their rows have got other names, but what was counted cannot be taken back."""
    story = Story()
    other = {"remote_address": "10.1.1.9"}
    story.poll("ipsec", child(7), child(8, **other), at=0)
    story.poll("ipsec", child(17, 30.0), child(18, 40.0, **other), at=60)
    ends = endpoint(17), endpoint(18, remote="20.1.1.8")
    story.poll("ipsec", child(17, 90.0), child(18, 100.0, **other), *ends, at=120)
    shown = story.shown()
    assert {name: one.seen.sa.active_seconds for name, one in shown.items() if one.state == "up"} == {
        BARE: 90.0,
        "10.1.1.2-10.1.1.9": 100.0,
    }


def test_what_a_silent_module_listed_is_not_over():
    """Another one that lists SAs answers: it says nothing of those."""
    story = Story(plan_of("ipsec", "enhanced"))
    story.poll("enhanced", child(9, remote_address="10.1.1.9"), at=0)
    story.poll("ipsec", child(7), at=1)
    story.silence("enhanced", at=60)
    story.poll("ipsec", child(7, 160.0), child(8, 2.0, remote_address="10.1.1.9"), at=61)
    assert {one.gone_at for one in story.all_sessions()} == {None}
