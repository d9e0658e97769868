"""What a device announced, compared with what was found."""

import pytest

from collector.daemon import announcements
from collector.daemon.announcements import ANNOUNCED_WITHIN_SECONDS, EXPECTED_WITHIN_SECONDS, Announcements
from collector.model import Changes, Session, Transition

PEER = "10.9.0.1"


def changes(*sessions, moves=None, vrf="red"):
    """Sessions, and transitions of their tunnels unless others are given."""
    moves = sessions if moves is None else moves
    named = [
        {"target": "hub1", "vrf": vrf, "level": one.level, "tunnel": one.tunnel, "peer": one.peer} for one in moves
    ]
    transitions = tuple(Transition(**each, before="up", after="down", at=0.0) for each in named)
    return Changes(target="hub1", vrf=vrf, at=0.0, sessions=sessions, transitions=transitions)


def session(index=7, level="child", tunnel="branch", peer=PEER):
    told = {"target": "hub1", "vrf": "red", "number": 1, "source": "snmp", "module": "ipsec", "seen_at": 0.0}
    return Session(**told, level=level, tunnel=tunnel, peer=peer, index=str(index))


def verdict(found):
    """How many transitions were announced, and how many not."""
    return sum(one.announced for one in found), sum(not one.announced for one in found)


@pytest.fixture
def waiting():
    return Announcements()


def test_a_transition_that_was_announced(waiting):
    """By the row of its session."""
    waiting.add("red", "child", "7", 0.0)
    assert verdict(waiting.compare([changes(session(7))], 1.0)) == (1, 0)
    assert (waiting.found, waiting.unconfirmed) == ({True: 1}, 0)


def test_a_transition_that_nobody_announced(waiting):
    """Notifications are lost, or not sent."""
    waiting.add("red", "child", "8", 0.0)
    assert verdict(waiting.compare([changes(session(7))], 1.0)) == (0, 1)
    waiting.expire(1.0 + ANNOUNCED_WITHIN_SECONDS - 0.001)
    assert waiting.found == {}
    waiting.expire(1.0 + ANNOUNCED_WITHIN_SECONDS)
    assert waiting.found == {False: 1}


def test_a_transition_that_is_announced_a_moment_later(waiting):
    """A poll saw it first: the announcement is not waited for again."""
    assert verdict(waiting.compare([changes(session(7))], 1.0)) == (0, 1)
    waiting.add("red", "child", "7", 1.5)
    waiting.expire(1e9)
    assert (waiting.found, waiting.unconfirmed) == ({True: 1}, 0)


def test_a_peer_that_is_announced_a_moment_later(waiting):
    """Its other SAs are found after that."""
    waiting.compare([changes(session(7))], 1.0)
    waiting.add("red", None, PEER, 1.5)
    assert verdict(waiting.compare([changes(session(8, tunnel="second"))], 2.0)) == (1, 0)
    waiting.expire(1e9)
    assert (waiting.found, waiting.unconfirmed) == ({True: 2}, 0)


def test_a_peer_that_is_announced_a_moment_after_several_of_its_sas(waiting):
    """One word is about all of them, as it is when it comes before; not about other peers."""
    several = session(7), session(8, tunnel="second"), session(3, level="ike")
    waiting.compare([changes(*several, session(9, tunnel="other", peer="10.9.0.2"))], 1.0)
    waiting.add("red", None, PEER, 2.0)
    waiting.expire(1e9)
    assert (waiting.found, waiting.unconfirmed) == ({True: 3, False: 1}, 0)
    assert not waiting._late_by_key
    assert not waiting._late


def test_a_row_that_went_twice_is_announced_by_the_latest_word(waiting):
    """The first one waits for its own, in vain."""
    for at in (1.0, 2.0):
        waiting.compare([changes(session(7))], at)
    waiting.add("red", "child", "7", 2.5)
    waiting.expire(1e9)
    assert waiting.found == {True: 1, False: 1}


@pytest.mark.parametrize(
    ("vrf", "level", "what", "announced"),
    [
        ("red", "child", "7", 1),
        ("red", None, PEER, 1),
        ("red", "child", PEER, 1),
        (None, "child", "7", 1),
        (None, None, PEER, 1),
        ("blue", "child", "7", 0),
        ("blue", None, PEER, 0),
        ("red", "ike", "7", 0),
        ("red", "ike", PEER, 0),
        ("red", None, "10.9.0.2", 0),
        ("red", "child", "", 0),
    ],
)
def test_what_an_announcement_is_about(waiting, vrf, level, what, announced):
    """A row or a peer, on a level or on all, in a VRF or in any."""
    waiting.add(vrf, level, what, 0.0)
    assert verdict(waiting.compare([changes(session(7))], 1.0)) == (announced, 1 - announced)


def test_each_announcement_of_a_row_is_about_one_transition(waiting):
    """The next one needs another."""
    waiting.add("red", "child", "7", 0.0)
    waiting.compare([changes(session(7))], 1.0)
    assert verdict(waiting.compare([changes(session(7))], 2.0)) == (0, 1)
    waiting.expire(20.0)
    waiting.add("red", "child", "7", 23.0)
    assert verdict(waiting.compare([changes(session(7))], 24.0)) == (1, 0)
    assert waiting.found == {True: 2, False: 1}


def test_an_announcement_of_a_peer_is_about_all_of_its_sas(waiting):
    """They are found one after the other, by polls of several modules; later ones need another announcement."""
    waiting.add("red", None, PEER, 0.0)
    assert verdict(waiting.compare([changes(session(7), session(8, tunnel="second"))], 1.0)) == (2, 0)
    assert verdict(waiting.compare([changes(session(3, level="ike"))], 30.0)) == (1, 0)
    waiting.expire(EXPECTED_WITHIN_SECONDS)
    assert waiting.unconfirmed == 0
    assert verdict(waiting.compare([changes(session(7))], EXPECTED_WITHIN_SECONDS)) == (0, 1)


def test_a_session_without_a_transition_confirms(waiting):
    """A tunnel that was established anew within a moment never was down."""
    waiting.add("red", "child", "7", 0.0)
    assert verdict(waiting.compare([changes(session(7), moves=())], 1.0)) == (0, 0)
    waiting.expire(EXPECTED_WITHIN_SECONDS)
    assert waiting.unconfirmed == 0


def test_a_transition_of_another_tunnel_is_not_confirmed(waiting):
    """Names may be the same on both levels, and for several peers."""
    waiting.add("red", "child", "7", 0.0)
    others = session(1, level="ike"), session(2, peer="10.9.0.2"), session(3, tunnel="second")
    moves = session(7), *others
    assert verdict(waiting.compare([changes(session(7), moves=moves)], 1.0)) == (1, 3)


def test_an_announcement_that_is_too_old_is_about_something_else(waiting):
    """It does not hide that another one is lost."""
    waiting.add("red", "child", "7", 0.0)
    assert verdict(waiting.compare([changes(session(7))], EXPECTED_WITHIN_SECONDS)) == (0, 1)
    assert waiting.unconfirmed == 1


def test_several_contexts_at_once(waiting):
    """Each by its own VRF."""
    waiting.add("red", "child", "7", 0.0)
    waiting.add("blue", "child", "7", 0.0)
    assert verdict(waiting.compare([changes(session(7), vrf=vrf) for vrf in ("red", "blue", "green")], 1.0)) == (2, 1)


def test_what_is_said_twice_is_announced_once(waiting):
    """Informs are sent again, and traps go to several sinks; the latest word counts."""
    waiting.add("red", "child", "7", 0.0)
    waiting.add("red", "child", "7", 10.0)
    waiting.expire(EXPECTED_WITHIN_SECONDS)
    assert waiting.unconfirmed == 0
    waiting.expire(EXPECTED_WITHIN_SECONDS + 10.0)
    assert waiting.unconfirmed == 1


def test_an_announcement_that_leads_to_nothing(waiting):
    """It is given up after some time, the oldest first, also when something else is compared."""
    for number in range(3):
        waiting.add("red", "child", str(number), 100.0 * number)
    waiting.expire(EXPECTED_WITHIN_SECONDS - 0.001)
    assert waiting.unconfirmed == 0
    waiting.expire(EXPECTED_WITHIN_SECONDS)
    assert waiting.unconfirmed == 1
    assert verdict(waiting.compare([], EXPECTED_WITHIN_SECONDS + 100.0)) == (0, 0)
    assert waiting.unconfirmed == 2
    assert verdict(waiting.compare([changes(session(2))], EXPECTED_WITHIN_SECONDS + 101.0)) == (1, 0)
    waiting.expire(1e9)
    assert waiting.unconfirmed == 2


def test_announcements_are_bounded(waiting, monkeypatch):
    """Of too many the oldest are given up; one that was confirmed is no loss."""
    monkeypatch.setattr(announcements, "MOST", 10)
    waiting.add("red", None, PEER, 0.0)
    waiting.compare([changes(session(7))], 0.0)
    for number in range(100):
        waiting.add("red", "child", str(number), 1.0)
    assert len(waiting._waiting) == 10
    assert waiting.unconfirmed == 90
    everything = [changes(session(number, tunnel=str(number), peer="")) for number in range(100)]
    assert verdict(waiting.compare(everything, 2.0)) == (10, 90)
