import pytest

from collector.model import COUNTED, ChildSa, ClosedChildSa, IkeSa
from collector.tunnels.counting import HALF, WRAP, advance, final, minus, plus, read, read_closed, went_on

NAMES = COUNTED["child"]


def counts(**values):
    """Counts of a CHILD SA, the others 0."""
    return tuple(values.get(name, 0) for name in NAMES)


def value(amount, name="receive_bytes"):
    return amount[NAMES.index(name)]


def test_every_counter_of_an_sa_is_read():
    """Whatever the model counts, the account has; what the target does not count is None, never 0."""
    row = ChildSa(**{name: number for number, name in enumerate(NAMES)})
    assert read("child", row) == tuple(range(len(NAMES)))
    assert read("ike", IkeSa()) == (None,) * len(COUNTED["ike"])


def test_an_end_has_no_expired_sas():
    """The history does not count them; that is no zero."""
    assert value(read_closed("child", ClosedChildSa(receive_bytes=5))) == 5
    assert value(read_closed("child", ClosedChildSa(receive_bytes=5)), "expired_sas") is None


@pytest.mark.parametrize(
    ("before", "now", "ordinary"),
    [
        ((1, 2), (1, 3), True),
        ((1, 2), (1, 1), False),
        ((None, 2), (1, 2), True),
        ((1, None), (1, None), True),
        ((1, 2), (None, 2), False),
        ((1, None), (0, None), False),
    ],
)
def test_counters_that_only_grow_are_ordinary(before, now, ordinary):
    """One that fell or is newly absent is looked at more closely."""
    assert went_on(before, now) is ordinary


def test_what_grows_is_taken_as_it_is():
    """Nothing is carried."""
    advanced = advance("child", counts(receive_bytes=5), counts(receive_bytes=9), ())
    assert (value(advanced.reading), advanced.carried, advanced.began_anew) == (9, (), False)


def test_a_counter_that_is_absent_for_once_is_as_it_was():
    """A value that could not be read is no fall to 0."""
    now = (None, *counts(transmit_bytes=2)[1:])
    advanced = advance("child", counts(receive_bytes=5), now, ())
    assert (value(advanced.reading), value(advanced.reading, "transmit_bytes"), advanced.carried) == (5, 2, ())


def test_a_counter_of_32_bits_that_wraps_alone_goes_on():
    """What went on beside it says that the SA did not begin anew."""
    before = counts(receive_bytes=WRAP - 100, receive_packets=1000)
    advanced = advance("child", before, counts(receive_bytes=400, receive_packets=1001), ())
    assert not advanced.began_anew
    assert value(plus(advanced.reading, advanced.carried)) == WRAP + 400
    assert value(plus(advanced.reading, advanced.carried), "receive_packets") == 1001


def test_a_second_wrap_is_added_to_the_first():
    """Sums grow over any number of wraps."""
    before = counts(receive_bytes=WRAP - 1, receive_packets=1)
    advanced = advance("child", before, counts(receive_bytes=1, receive_packets=2), counts(receive_bytes=WRAP))
    assert value(plus(advanced.reading, advanced.carried)) == 2 * WRAP + 1


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (counts(receive_bytes=WRAP - 100, receive_packets=1000), counts(receive_bytes=400, receive_packets=3)),
        (counts(receive_bytes=WRAP - 100), counts(receive_bytes=400)),
        (counts(receive_bytes=HALF - 1, receive_packets=1), counts(receive_bytes=0, receive_packets=2)),
        (counts(receive_bytes=HALF, receive_packets=1), counts(receive_bytes=HALF - 1, receive_packets=2)),
        (counts(receive_bytes=WRAP, receive_packets=1), counts(receive_bytes=0, receive_packets=2)),
    ],
    ids=["packets fell too", "no witness", "too low before", "too far", "more than 32 bits"],
)
def test_a_fall_that_may_not_be_a_wrap_is_a_new_beginning(before, now):
    """What was counted stays counted, and no octet is invented."""
    advanced = advance("child", before, now, ())
    assert advanced.began_anew
    assert value(plus(advanced.reading, advanced.carried)) == value(before) + value(now)


def test_counters_that_begin_anew_leave_absent_ones_absent():
    """What the target does not count is not 0 because other counters fell."""
    before, now = (5, *(None,) * (len(NAMES) - 1)), (1, *(None,) * (len(NAMES) - 1))
    advanced = advance("child", before, now, ())
    assert plus(advanced.reading, advanced.carried)[0] == 6
    assert advanced.reading[1:] == (None,) * (len(NAMES) - 1)


def test_the_history_has_the_last_word():
    """It says more than the last reading did."""
    last = final("child", counts(receive_bytes=5), (), counts(receive_bytes=9))
    assert (value(last.counts), last.exact) == (9, True)


def test_a_history_of_64_bits_tells_what_wraps_hid():
    """Live counters of 32 bits had wrapped; the history says at least as much as was counted."""
    last = final("child", counts(receive_bytes=10), counts(receive_bytes=WRAP), counts(receive_bytes=WRAP + 30))
    assert (value(last.counts), last.exact) == (WRAP + 30, True)


def test_a_history_of_32_bits_is_added_to_what_wraps_carried():
    """It counts as the live row did."""
    reading, carried = counts(receive_bytes=10), counts(receive_bytes=WRAP)
    last = final("child", reading, carried, counts(receive_bytes=30))
    assert (value(last.counts), last.exact) == (WRAP + 30, True)


@pytest.mark.parametrize(
    ("closed", "told"),
    [(WRAP + 30, 7 * WRAP + 30), (WRAP + 5, 8 * WRAP + 5), (30, 7 * WRAP + 30), (9 * WRAP, 9 * WRAP)],
)
def test_wraps_since_counters_began_anew_are_not_counted_twice(closed, told):
    """A history of 64 bits has those in it that a live row of 32 bits hid: once more they would be too many."""
    last = final("child", counts(receive_bytes=10), counts(receive_bytes=7 * WRAP), counts(receive_bytes=closed))
    assert (value(last.counts), last.exact) == (told, True)


def test_a_wrap_between_the_last_reading_and_the_end_is_seen():
    """As between two readings."""
    reading = counts(receive_bytes=WRAP - 10, receive_packets=5)
    last = final("child", reading, (), counts(receive_bytes=30, receive_packets=6))
    assert (value(last.counts), last.exact) == (WRAP + 30, True)


def test_a_history_that_says_less_than_was_read_is_a_lower_bound():
    """The greater of both is kept, and that it is not certain."""
    last = final("child", counts(receive_bytes=10), counts(receive_bytes=5), counts(receive_bytes=9))
    assert (value(last.counts), last.exact) == (15, False)
    nothing = final("ike", (5, *(None,) * 25), (), (1, *(None,) * 25))
    assert nothing == ((5, *(None,) * 25), False)


def test_a_history_without_a_counter_leaves_it_as_read():
    """Expired SAs are not in it."""
    last = final("child", counts(expired_sas=4), (), (*counts()[:-1], None))
    assert (value(last.counts, "expired_sas"), last.exact) == (4, True)


def test_amounts_are_added_where_there_are_any():
    """An empty one is nothing; what is absent everywhere stays absent."""
    assert plus() == ()
    assert plus((), (1, None)) == (1, None)
    assert plus((1, None, None), (), (2, 3, None)) == (3, 3, None)


def test_amounts_are_taken_from_others():
    """An absent one takes nothing; from an absent one nothing is left."""
    assert minus((5, 3, None), ()) == (5, 3, None)
    assert minus((5, 3, None), (2, None, 1)) == (3, 3, None)


class TestReadingsThatAreNotKnown:
    """A daemon that died may have put on record what an SA carried, and not what its row said."""

    def test_they_are_never_ordinary(self):
        assert not went_on((), counts())

    def test_a_row_that_says_more_is_taken_as_it_is(self):
        """It was merely not checkpointed."""
        advanced = advance("child", (), counts(receive_bytes=9), counts(receive_bytes=5))
        assert (value(advanced.reading), advanced.carried, advanced.began_anew) == (9, (), False)

    def test_a_row_that_says_less_is_added_to_up_to_what_is_certain(self):
        """Nothing is counted twice, and the account does not fall."""
        advanced = advance("child", (), counts(receive_bytes=2), counts(receive_bytes=5))
        assert value(plus(advanced.reading, advanced.carried)) == 5
        assert advanced.began_anew

    def test_an_end_that_says_more_is_exact(self):
        """One that says less leaves what is certain."""
        known = counts(receive_bytes=5)
        last = final("child", (), known, counts(receive_bytes=9))
        assert (value(last.counts), last.exact) == (9, True)
        last = final("child", (), known, counts(receive_bytes=2))
        assert (value(last.counts), last.exact) == (5, False)
