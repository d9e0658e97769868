"""Each case by name that the field knows: a short story of polls, and the answer."""

from tests.unit.tunnels.story import BARE, NAME, Story, child, closed, closed_endpoint, endpoint, ike

WRAP = 1 << 32


def begun():
    """A story whose clock and history were looked at."""
    story = Story()
    story.look(at=0)
    story.poll("history", at=1)
    story.poll("ike", at=1)
    return story


def told(story, *rows, at):
    """Read the history, and the clock after it."""
    story.poll("history", *rows, at=at)
    story.look(at=at + 2)


def test_a_reestablishment_between_two_polls():
    """It stays up, without a transition; there are two sessions, and the account has both."""
    story = begun()
    story.poll("ipsec", child(7, 100, 1000), endpoint(7), at=10)
    story.poll("ipsec", child(8, 20, 50), endpoint(8), at=70)
    told(story, closed(1, 7, began=-90, seconds=130, octets=1500), closed_endpoint(1), at=75)
    first, second = story.all_sessions()
    assert story.moves() == []
    assert (story.tunnel(NAME).state, story.tunnel(NAME).account.receive_bytes) == ("up", 1550)
    assert (first.counts[0], first.exact, first.reason, first.closed_by) == (1500, True, "normal", "history")
    assert second.live


def test_a_reestablishment_that_the_history_tells_of_first():
    """Between the history and the next listing nobody knows; it was never down."""
    story = begun()
    story.poll("ipsec", child(7, 100), endpoint(7), at=10)
    told(story, closed(1, 7, began=-90, seconds=110), closed_endpoint(1), at=30)
    assert story.tunnel(NAME).state == "unknown"
    story.poll("ipsec", child(8, 10), endpoint(8), at=40)
    assert (story.tunnel(NAME).state, story.moves()) == ("up", [])


def test_a_rekey_between_two_polls():
    """The session goes on; rekeys are counted."""
    story = begun()
    story.poll("ipsec", child(7, 100, 1000, refreshes=1), endpoint(7), at=10)
    story.poll("ipsec", child(7, 160, 2000, refreshes=2), endpoint(7), at=70)
    assert (story.session().live, story.tunnel(NAME).rekeys, story.moves()) == (True, 2, [])


def test_a_rekey_that_begins_counters_anew():
    """What was counted stays; the session is no longer exact."""
    story = begun()
    story.poll("ipsec", child(7, 100, 1000, refreshes=1), endpoint(7), at=10)
    story.poll("ipsec", child(7, 160, 30, refreshes=2), endpoint(7), at=70)
    assert (story.tunnel(NAME).account.receive_bytes, story.session().exact) == (1030, False)


def test_overlapping_old_and_new_rows():
    """Both are sessions of one tunnel that is up; when the old one goes, it stays up."""
    story = begun()
    story.poll("ipsec", child(7, 100, 1000), endpoint(7), at=10)
    story.poll("ipsec", child(7, 160, 1100), endpoint(7), child(8, 5, 10), endpoint(8), at=70)
    assert story.tunnel(NAME).account.receive_bytes == 1110
    story.poll("ipsec", child(8, 65, 90), endpoint(8), at=130)
    told(story, closed(1, 7, began=-90, seconds=190, octets=1200), closed_endpoint(1), at=132)
    assert (len(story.all_sessions()), story.moves()) == (2, [])
    assert (story.tunnel(NAME).state, story.tunnel(NAME).account.receive_bytes) == ("up", 1290)


def test_an_orphan_whose_ike_sa_is_gone():
    """A phase-2 row lives as long as it is listed, whatever cipSecTunIkeTunnelAlive says."""
    story = begun()
    story.poll("ike", ike(4), at=9)
    story.poll("ipsec", child(7, 100, ike_index=4, ike_alive=True), endpoint(7), at=10)
    story.poll("ike", at=69)
    story.poll("ipsec", child(7, 160, ike_index=4, ike_alive=False), endpoint(7), at=70)
    assert (story.tunnel(NAME).state, story.session().live) == ("up", True)
    assert story.tunnel(BARE, "ike").state == "down"


def test_a_checkpoint_row():
    """What lives is copied to the history by cipSecHistCheckPoint: that ends nothing and counts nothing."""
    story = begun()
    story.poll("ipsec", child(7, 100, 1000), endpoint(7), at=10)
    told(story, closed(1, 7, began=-90, seconds=110, octets=1100, reason="checkPointReq"), closed_endpoint(1), at=30)
    story.poll("ipsec", child(7, 160, 1500), endpoint(7), at=70)
    assert (story.session().live, story.tunnel(NAME).account.receive_bytes) == (True, 1500)


def test_a_device_reload():
    """What lived ended with it; the gap says so; rows that have old indexes are new sessions."""
    story = begun()
    story.poll("ipsec", child(1, 100, 1000), endpoint(1), at=10)
    story.silence("ipsec", at=70)
    assert story.tunnel(NAME).state == "unknown"
    step = story.look(at=130, uptime=40)
    story.poll("ipsec", child(1, 20, 5), endpoint(1), at=131)
    told(story, at=133)
    first, second = story.all_sessions()
    assert (step.rebooted, first.closed_by, first.reason, first.exact) == (True, "reload", "reload", False)
    assert second.live
    assert "reload" in {gap.kind for gap in story.gaps.values()}
    assert (story.tunnel(NAME).state, story.tunnel(NAME).account.receive_bytes) == ("up", 1005)


def test_a_history_read_before_a_reload_and_understood_after_it():
    """Its time stamps are those of the clock that ended."""
    story = begun()
    story.poll("ipsec", child(7, 100, 1000), endpoint(7), at=10)
    story.poll("ipsec", at=70)
    story.poll("history", closed(1, 7, began=-90, seconds=150, octets=1500), closed_endpoint(1), at=71)
    story.look(at=200, uptime=40)
    session = story.session()
    assert (session.closed_by, session.counts[0], session.ended_at - session.started_at) == ("history", 1500, 150)


def test_sysuptime_wraps_after_497_days():
    """No restart: the session goes on, and ends are dated right."""
    story = Story()
    wrap = WRAP / 100
    story.look(at=0, uptime=wrap - 60)
    story.poll("history", at=1)
    story.poll("ipsec", child(7, 100), endpoint(7), at=10)
    step = story.look(at=120, uptime=60)
    story.poll("ipsec", at=130)
    end = closed(1, 7, seconds=215, start_uptime_seconds=wrap - 150)
    story.poll("history", end, closed_endpoint(1), at=131)
    story.look(at=133, uptime=73)
    assert (step.rebooted, story.session().closed_by) == (False, "history")
    assert story.session().ended_at - story.session().started_at == 215
    assert not story.gaps


def test_a_32_bit_wrap():
    """The other counters say that traffic went on: nothing is lost."""
    story = begun()
    story.poll("ipsec", child(7, 100, WRAP - 1000, receive_packets=10), endpoint(7), at=10)
    story.poll("ipsec", child(7, 160, 500, receive_packets=20), endpoint(7), at=70)
    assert (story.tunnel(NAME).account.receive_bytes, story.session().exact) == (WRAP + 500, True)


def test_64_bits_that_pass_the_wrap():
    """A counter that the interpretation made of 64 bits, or of 32 and its wraps, merely goes on."""
    story = begun()
    story.poll("ipsec", child(7, 100, WRAP - 1000, receive_packets=10), endpoint(7), at=10)
    story.poll("ipsec", child(7, 160, WRAP + 500, receive_packets=20), endpoint(7), at=70)
    assert (story.tunnel(NAME).account.receive_bytes, story.session().exact) == (WRAP + 500, True)


def test_counters_that_begin_anew_in_mid_life():
    """All fall at once (librenms #3862): what was counted stays, and more may have been."""
    story = begun()
    story.poll("ipsec", child(7, 100, 1000, receive_packets=10), endpoint(7), at=10)
    story.poll("ipsec", child(7, 160, 40, receive_packets=1), endpoint(7), at=70)
    story.poll("ipsec", at=130)
    told(story, closed(1, 7, began=-90, seconds=200, octets=60, receive_packets=2), closed_endpoint(1), at=132)
    session = story.session()
    assert (session.counts[0], session.exact, session.closed_by) == (1060, False, "history")


def test_an_index_that_is_given_again():
    """The same index for another tunnel ends the one and begins the other, even where a table ends early."""
    story = begun()
    story.poll("ipsec", child(7, 100, 1000), endpoint(7), at=10)
    story.poll("ipsec", child(7, 20, 5), endpoint(7, "20.1.1.9"), at=70, incomplete=("cipSecTunnelTable",))
    told(story, closed(1, 7, began=-90, seconds=120, octets=1200), closed_endpoint(1), at=75)
    first, second = story.all_sessions()
    assert (first.tunnel, first.closed_by, first.counts[0]) == (NAME, "history", 1200)
    assert second.live


def test_the_same_tunnel_under_the_same_index():
    """A row that is younger than it should be is another session."""
    story = begun()
    story.poll("ipsec", child(7, 100, 1000), endpoint(7), at=10)
    story.poll("ipsec", child(7, 20, 5), endpoint(7), at=70)
    assert [one.gone_at is None for one in story.all_sessions()] == [False, True]


def test_a_daemon_restart():
    """What ended meanwhile is told by the history; what lives goes on; nothing is doubled."""
    story = begun()
    story.poll("ipsec", child(7, 100, 1000), endpoint(7), child(9, 50, 10), endpoint(9, "20.1.1.9"), at=10)
    story.restart(at=100)
    assert {one.state for one in story.shown().values()} == {"unknown"}
    story.look(at=101)
    story.poll("ipsec", child(9, 142, 30), endpoint(9, "20.1.1.9"), at=102)
    told(story, closed(1, 7, began=-90, seconds=150, octets=1500), closed_endpoint(1), at=104)
    ended, lives = story.all_sessions()
    assert (ended.counts[0], ended.closed_by, lives.live) == (1500, "history", True)
    assert story.tunnel(NAME).account.receive_bytes == 1500


def test_born_and_dead_between_two_polls():
    """The history tells of it: a session, and a tunnel that is down."""
    story = begun()
    story.poll("ipsec", at=10)
    told(story, closed(1, 7, began=20, seconds=10, octets=300), closed_endpoint(1), at=60)
    story.poll("ipsec", at=70)
    assert (story.session().learned, story.session().accounted) == ("history", True)
    assert (story.tunnel(NAME).state, story.tunnel(NAME).account.receive_bytes) == ("down", 300)


def test_a_row_that_dies_while_tables_are_read():
    """It has no selectors any more: no tunnel of that name is made; the history tells whose it was."""
    story = begun()
    story.poll("ipsec", child(9, 50), endpoint(9, "20.1.1.9"), at=10)
    story.poll("ipsec", child(7, 5), child(9, 110), endpoint(9, "20.1.1.9"), at=70)
    assert BARE not in story.shown()
    story.poll("ipsec", child(9, 170), endpoint(9, "20.1.1.9"), at=130)
    told(story, closed(1, 7, began=65, seconds=6), closed_endpoint(1), at=132)
    assert [one.tunnel for one in story.all_sessions() if one.closed_by] == [NAME]


def test_a_history_index_that_wraps():
    """2,147,483,647 is followed by 1; a history that straddles that at first is read once."""
    story = begun()
    last = (1 << 31) - 1
    story = Story()
    story.look(at=0)
    rows = [closed(last, 7, began=-500), closed_endpoint(last), closed(1, 8, began=-300), closed_endpoint(1)]
    told(story, *rows, at=1)
    told(story, *rows, closed(2, 9, began=10, seconds=20), closed_endpoint(2), at=60)
    assert len(story.all_sessions()) == 3
    assert not story.gaps


def test_a_history_that_comes_after_patience_was_lost():
    """The session was ended without it, and is not doubled by it: it is told better."""
    story = begun()
    story.poll("ipsec", child(7, 100, 1000), endpoint(7), at=10)
    story.poll("ipsec", at=70)
    story.pass_time(at=70 + 901)
    assert (story.session().closed_by, story.session().exact) == ("poll", False)
    told(story, closed(1, 7, began=-90, seconds=150, octets=1500), closed_endpoint(1), at=1000)
    session = story.session()
    assert (session.closed_by, session.exact, session.counts[0]) == ("history", True, 1500)
    assert story.tunnel(NAME).account.receive_bytes == 1500


def test_failures_that_fell_out_after_a_reload():
    """Indexes begin with 1: what is missing below the lowest one was lost."""
    story = begun()
    told(story, closed(40, 7, began=-500), closed_endpoint(40), at=10)
    story.look(at=400, uptime=300)
    story.poll("history", closed(3, 2, start_uptime_seconds=100.0), closed_endpoint(3), at=401)
    story.look(at=403, uptime=303)
    lost = {gap.kind: gap.lost for gap in story.gaps.values()}
    assert lost == {"reload": None, "history-overrun": 2}


def restarted_after_a_wrap():
    """A story in which a counter wrapped and the daemon ended, both before the first checkpoint."""
    story = begun()
    story.poll("ipsec", child(7, 100, WRAP - 1000, receive_packets=10), endpoint(7), at=10)
    story.poll("ipsec", child(7, 160, 500, receive_packets=20), endpoint(7), at=70)
    assert not any(story.readings.values())
    return story.restart(at=80)


def test_a_restart_after_a_wrap_before_the_first_checkpoint():
    """What its row said last is not known: what it carried stays, and nothing is counted twice."""
    story = restarted_after_a_wrap()
    story.poll("ipsec", child(7, 220, 900, receive_packets=30), endpoint(7), at=130)
    assert story.tunnel(NAME).account.receive_bytes == WRAP + 500
    story.poll("ipsec", child(7, 280, 1000, receive_packets=40), endpoint(7), at=190)
    assert (story.tunnel(NAME).account.receive_bytes, story.session().exact) == (WRAP + 600, False)


def test_an_end_after_a_wrap_before_the_first_checkpoint():
    """The history says less than is known: a lower bound."""
    story = restarted_after_a_wrap()
    story.poll("ipsec", at=130)
    told(story, closed(1, 7, began=-90, seconds=200, octets=900, receive_packets=30), closed_endpoint(1), at=132)
    session = story.session()
    assert (session.counts[0], session.exact, session.closed_by) == (WRAP + 500, False, "history")


def test_a_restart_with_more_than_32_bits():
    """What the row says is more than is known: then that was all, too."""
    story = begun()
    story.poll("ipsec", child(7, 100, WRAP + 1000), endpoint(7), at=10)
    story.restart(at=80)
    story.poll("ipsec", child(7, 220, WRAP + 2000), endpoint(7), at=130)
    assert (story.tunnel(NAME).account.receive_bytes, story.session().exact) == (WRAP + 2000, True)
