import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.ledger.report_uptime import Crowd, KnownTime, is_failure, merged, uptime

PERIOD = (1000.0, 2000.0)


def life(begins_at, ends_at, reason=None, *, ended=True):
    return float(begins_at), float(ends_at), ended, reason


def test_overlapping_sessions_count_once():
    """A re-establishment overlaps its predecessor: the tunnel was up once."""
    found = uptime([life(1100, 1300), life(1200, 1500), life(1250, 1260), life(1600, 1700)], PERIOD, 2000.0)
    assert found.up == [(1100.0, 1500.0), (1600.0, 1700.0)]
    assert found.sessions == 4


def test_sessions_are_cut_to_the_period():
    """What was before or after does not count, nor do sessions that only touch it."""
    found = uptime([life(0, 900), life(900, 1100), life(1900, 2100, ended=False), life(2050, 2060)], PERIOD, 2000.0)
    assert found.up == [(1000.0, 1100.0), (1900.0, 2000.0)]
    assert found.sessions == 2
    assert found.ends == {None: 1}


@pytest.mark.parametrize(
    ("reason", "down_seconds", "failure"),
    [
        ("normal", 9999, False),
        ("operRequest", 9999, False),
        ("applicationInitiated", 9999, False),
        ("checkPointReq", 9999, False),
        ("checkPointReg", 9999, False),
        ("peerLost", 1, True),
        ("localFailure", 1, True),
        ("userAuthFailure", 1, True),
        ("xauthFailure", 1, True),
        ("reload", 1, True),
        ("peerDelRequest", 60, False),
        ("peerDelRequest", 61, True),
        ("seqNumRollOver", 60, False),
        ("other", 61, True),
        ("unknown(42)", 61, True),
        (None, 60, False),
        (None, 61, True),
    ],
)
def test_which_ends_are_failures(reason, down_seconds, failure):
    """Wanted ends never, failures always, others if the tunnel stayed down."""
    assert is_failure(reason, down_seconds) is failure
    found = uptime([life(1100, 1200, reason), life(1200 + down_seconds, 1300 + down_seconds, "normal")], (0, 99_999), 0)
    assert found.failures == failure


def test_an_end_that_another_session_outlives_is_no_failure():
    """The tunnel did not go down; the reason is counted all the same."""
    found = uptime([life(1100, 1300, "peerLost"), life(1200, 1500, ended=False)], PERIOD, 2000.0)
    assert (found.failures, found.ends) == (0, {"peerLost": 1})


def test_the_last_end_is_judged_by_what_is_known_after_it():
    """Whether the tunnel stayed down is known until now only."""
    assert uptime([life(1100, 1950)], PERIOD, 2011.0).failures == 1
    assert uptime([life(1100, 1950)], PERIOD, 2010.0).failures == 0


def test_a_session_after_the_period_tells_a_re_establishment():
    """It is no session of the period."""
    found = uptime([life(1100, 1990), life(2005, 2500, ended=False)], PERIOD, 2500.0)
    assert (found.failures, found.sessions) == (0, 1)


def test_ends_outside_the_period_are_not_counted():
    """Neither before it nor after it."""
    assert uptime([life(500, 900, "reload"), life(1500, 2000, "reload")], PERIOD, 3000.0).failures == 0


def test_no_sessions_are_no_uptime():
    """And no failure."""
    found = uptime([], PERIOD, 2000.0)
    assert (found.up, found.sessions, found.failures) == ([], 0, 0)


def test_known_time_is_a_period_without_its_holes():
    """Holes overlap, stick out and are empty."""
    known = KnownTime((100.0, 200.0), [(150.0, 160.0), (155.0, 170.0), (50.0, 110.0), (190.0, 300.0), (120.0, 120.0)])
    assert known.within((0.0, 1000.0)) == 40.0 + 20.0
    assert known.within((140.0, 175.0)) == 15.0
    assert known.within((150.0, 170.0)) == 0.0
    assert known.within((175.0, 140.0)) == 0.0
    assert KnownTime((200.0, 100.0)).within((0.0, 1000.0)) == 0.0
    assert KnownTime((100.0, 200.0), [(0.0, 500.0)]).within((0.0, 1000.0)) == 0.0


_stretch = st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda pair: tuple(map(float, sorted(pair))))


@given(st.lists(_stretch), _stretch, _stretch)
def test_known_time_agrees_with_counting_seconds(holes, period, asked):
    """As if each second were looked at alone."""
    seconds = sum(
        period[0] <= at < period[1] and asked[0] <= at < asked[1] and not any(a <= at < b for a, b in holes)
        for at in range(60)
    )
    assert KnownTime(period, holes).within(asked) == seconds


@given(st.lists(st.lists(_stretch), max_size=6))
def test_the_peak_agrees_with_counting_at_every_begin(tunnels):
    """The most at once, and the first moment of it."""
    crowd, disjoint = Crowd(), [merged(one) for one in tunnels]
    for one in disjoint:
        crowd.add(one)
    present = {at: sum(any(a <= at < b for a, b in one) for one in disjoint) for at in range(61)}
    most = max(present.values())
    assert crowd.peak() == ((most, min(at for at in present if present[at] == most)) if most else (0, None))


@pytest.mark.parametrize("holes", [[], [(40, 50)], [(0, 100)]])
def test_stretches_are_summed_up_as_each_of_them(holes):
    """As far as they were known, and from a moment on."""
    time = KnownTime((10, 90), holes)
    stretches = [(0, 5), (5, 20), (30, 60), (80, 95), (95, 99)]
    for since in (0, 15, 35, 85, 100):
        each = sum(time.within((max(begin, since), end)) for begin, end in stretches)
        assert time.sum(stretches, since) == each


def by_begin(lives):
    return sorted(lives, key=lambda one: one[0])


def lived(lives, at):
    """Whether any session lived in the second that begins then."""
    return any(begins_at <= at < ends_at for begins_at, ends_at, _, _ in lives)


_reasons = st.sampled_from(["normal", "peerLost", "other", None])
_lives = st.lists(st.tuples(_stretch, st.booleans(), _reasons).map(lambda one: (*one[0], *one[1:])), max_size=12)


@given(_lives.map(by_begin), _stretch)
def test_uptime_agrees_with_looking_at_each_second(lives, period):
    """Whatever overlaps, touches or is empty: stretches are disjoint, and up is when any session lived."""
    found = uptime(lives, period, 60.0)
    assert found.up == merged(found.up)
    for at in range(61):
        up = any(begins_at <= at < ends_at for begins_at, ends_at in found.up)
        assert up == (period[0] <= at < period[1] and lived(lives, at))
    inside = [one for one in lives if one[0] < period[1] and one[1] >= period[0]]
    assert found.sessions == len(inside)
    assert found.ends.total() == sum(ended and ends_at < period[1] for _, ends_at, ended, _ in inside)


@given(_lives.map(by_begin), _stretch)
def test_failures_agree_with_asking_of_each_end_who_lived_on(lives, period):
    """A tunnel went down by an end if nothing that began before it ended later; the last of equal ones is judged."""
    failures = 0
    for place, (_, ends_at, ended, reason) in enumerate(lives):
        others = [one for one in lives if one[0] <= ends_at]
        outlived = any(one[1] > ends_at for one in others)
        later = any(one[1] == ends_at for one in lives[place + 1 :] if one[0] <= ends_at)
        if ended and period[0] <= ends_at < period[1] and not outlived and not later:
            up_again_at = min((one[0] for one in lives if one[0] > ends_at), default=1000.0)
            failures += is_failure(reason, up_again_at - ends_at)
    assert uptime(lives, period, 1000.0).failures == failures


@given(st.lists(_stretch), _stretch, st.lists(_stretch), st.integers(0, 60))
def test_sums_of_stretches_agree_with_each_alone(holes, period, stretches, since):
    """Whatever holes there are, before, between, within and after them."""
    time = KnownTime(period, holes)
    each = sum(time.within((max(begin, since), end)) for begin, end in merged(stretches))
    assert time.sum(merged(stretches), since) == each
