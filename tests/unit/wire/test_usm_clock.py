"""Whose word on boots and time is taken, with the time passed in."""

import pytest

from collector.wire.usm_clock import MAX_BOOTS, EngineClock


def clock_at(boots: int, time: int, now: float = 1000.0) -> EngineClock:
    clock = EngineClock()
    assert clock.believe(boots, time, now)
    return clock


def test_nothing_is_known_at_first():
    """Zeros go out, which make an engine tell its boots and time (RFC 3414 §4)."""
    clock = EngineClock()
    assert not clock.known
    assert clock.estimate(5000.0) == (0, 0)


def test_first_message_is_believed():
    """The first signed message sets boots and time, and time goes on from there by our own clock."""
    clock = clock_at(3, 700)
    assert clock.known
    assert clock.estimate(1000.0) == (3, 700)
    assert clock.estimate(1010.9) == (3, 710)


def test_engine_that_just_started():
    """Boots and time of zero are as good as any, and time goes on from when they came."""
    assert clock_at(0, 0).estimate(1004.0) == (0, 4)


@pytest.mark.parametrize(
    ("boots", "time", "timely"),
    [
        (3, 710, True),
        (3, 100000, True),
        (4, 0, True),
        (3, 690, True),
        (3, 660, True),
        (3, 659, False),
        (2, 700, False),
        (2, 100000, False),
        (0, 0, False),
    ],
)
def test_window(boots, time, timely):
    """110 s after (3, 700): what is newer is timely, what is older by up to 150 s too, fewer boots never."""
    assert clock_at(3, 700).believe(boots, time, 1110.0) is timely


def test_late_message_does_not_turn_the_clock_back():
    """A message that is timely, but older than the newest one, changes nothing."""
    clock = clock_at(3, 700)
    assert clock.believe(3, 690, 1000.0)
    assert clock.estimate(1000.0) == (3, 700)


def test_same_message_does_not_stop_the_clock():
    """A message whose time is not newer does not set it again."""
    clock = clock_at(3, 700)
    assert clock.believe(3, 700, 1050.0)
    assert clock.estimate(1050.0) == (3, 750)


def test_slow_engine_pulls_our_notion_back():
    """A newer message sets the time, even where our own clock has run ahead of the engine's."""
    clock = clock_at(3, 700)
    assert clock.believe(3, 790, 1100.0)
    assert clock.estimate(1100.0) == (3, 790)


def test_refused_message_changes_nothing():
    """A replay is not learned from."""
    clock = clock_at(3, 700)
    assert not clock.believe(2, 9000, 1000.0)
    assert clock.estimate(1000.0) == (3, 700)


def test_restart():
    """More boots bring a new time, however small."""
    clock = clock_at(3, 700)
    assert clock.believe(4, 2, 1100.0)
    assert clock.estimate(1101.0) == (4, 3)


def test_hint_is_sent_until_a_signed_message_comes():
    """What nobody signed goes into requests only, and does not narrow what is believed later."""
    clock = EngineClock()
    clock.hint(9, 5000, 1000.0)
    assert clock.known
    assert clock.estimate(1003.0) == (9, 5003)
    assert clock.believe(3, 700, 1004.0)
    assert clock.estimate(1004.0) == (3, 700)


def test_hint_does_not_replace_what_is_believed():
    """With a hint pending, the window is still that of signed messages."""
    clock = clock_at(3, 700)
    clock.hint(9, 5000, 1000.0)
    assert clock.estimate(1000.0) == (9, 5000)
    assert not clock.believe(2, 700, 1000.0)
    assert clock.estimate(1000.0) == (9, 5000)
    assert clock.believe(3, 701, 1000.0)
    assert clock.estimate(1000.0) == (3, 701)


def test_empty_hint():
    """Agents that follow RFC 3414 §3.1 (6b) write zeros into what they do not sign: that says nothing."""
    clock = EngineClock()
    clock.hint(0, 0, 1000.0)
    assert not clock.known
    for boots, time in ((0, 5), (5, 0)):
        clock.hint(boots, time, 1000.0)
        assert clock.known
        assert clock.estimate(1000.0) == (boots, time)


def test_latched_boots():
    """An engine whose boots have run out is never timely again, nor is one that was known before it."""
    assert MAX_BOOTS == 2147483647
    assert not EngineClock().believe(MAX_BOOTS, 5, 1000.0)
    clock = clock_at(3, 700)
    assert not clock.believe(MAX_BOOTS, 5, 1000.0)
    assert not clock.believe(MAX_BOOTS, 6, 1001.0)
    assert not clock.believe(3, 800, 1002.0)


def test_time_stays_within_its_field():
    """Our notion stops at the largest time; the engine's next boots take it on from there."""
    clock = clock_at(3, 2147483646)
    assert clock.estimate(2000.0) == (3, 2147483647)
    assert clock.believe(4, 0, 2000.0)
