"""Histograms of rates."""

import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.ledger.rates import ZERO, Rates, bucket_of, rate_of

RATES = st.one_of(st.just(0.0), st.floats(min_value=1e-300, max_value=1e300))
MEASURED = st.lists(st.tuples(RATES, st.integers(1, 1000)), min_size=1, max_size=60)


def histogram(measured):
    rates = Rates()
    for rate, seconds in measured:
        rates.add(rate, seconds)
    return rates


def exact(measured, share):
    """The least rate that was not exceeded for this share of the time."""
    wanted = share * sum(seconds for _, seconds in measured)
    passed = 0
    for rate, seconds in sorted(measured):
        passed += seconds
        if passed >= wanted:
            return rate
    return max(measured)[0]


@given(RATES)
def test_a_bucket_stands_for_its_rates_within_five_percent(rate):
    """Whatever the rate, what its bucket says of it is at most 5 % off; zero is zero."""
    assert rate_of(bucket_of(rate)) == pytest.approx(rate, rel=0.05, abs=0)


@given(MEASURED, st.floats(0, 1))
def test_quantiles_are_within_five_percent(measured, share):
    """A quantile is within 5 % of the exact one, weighted by seconds."""
    assert histogram(measured).quantile(share) == pytest.approx(exact(measured, share), rel=0.05, abs=0)


@given(MEASURED, MEASURED)
def test_merged_histograms_are_that_of_both(one, other):
    """Merging is the same as measuring both with one histogram."""
    merged = histogram(one)
    merged.merge(histogram(other).dump())
    assert merged.dump() == histogram(one + other).dump()


@given(MEASURED)
def test_a_share_of_a_histogram_is_less_time_at_the_same_rates(measured):
    """What lies within a period in part counts in part."""
    half = Rates()
    half.merge(histogram(measured).dump(), 0.5)
    assert half.seconds == pytest.approx(histogram(measured).seconds / 2)
    assert half.quantile(0.5) == histogram(measured).quantile(0.5)


def test_nothing_measured_has_no_quantile():
    """An empty histogram tells nothing."""
    assert (Rates().quantile(0.5), Rates().seconds) == (None, 0.0)


def test_what_is_below_zero_counts_as_zero():
    """No rate is negative; what a damaged record says is taken for zero."""
    assert (bucket_of(-1.0), rate_of(ZERO)) == (ZERO, 0.0)


@pytest.mark.parametrize("data", ["", "[]", '{"1": null}', "3", b"", b"3", zlib.compress(b"short"), b"\xff"])
def test_damaged_data_are_refused(data):
    """What is no histogram is a ValueError."""
    with pytest.raises(ValueError, match=r"histogram|Expecting|invalid|decode"):
        Rates().merge(data)


def counted(measured):
    """Milliseconds by bucket, counted one by one."""
    found = {}
    for rate, seconds in measured:
        found[bucket_of(rate)] = found.get(bucket_of(rate), 0) + seconds * 1000
    return found


def read(buckets, share):
    """What the percentile of buckets is: the first by which so much time has passed."""
    passed = 0
    for bucket, ms in sorted(buckets.items()):
        passed += ms
        if passed >= share * sum(buckets.values()):
            return rate_of(bucket)
    return None


def around(buckets, share):
    """What `read` finds at a share or a hair beside it: seconds in a text are no whole milliseconds."""
    return {read(buckets, share * factor) for factor in (1 - 1e-9, 1.0, min(1 + 1e-9, 1 / share if share else 1.0))}


@given(st.lists(MEASURED, max_size=6), st.lists(st.booleans(), min_size=6, max_size=6), st.floats(0, 1))
def test_merging_agrees_with_counting_bucket_by_bucket(several, as_json, share):
    """Histograms of this version, of version 1 as text or octets, and what was never on record, in any order."""
    merged, together = Rates(), [one for measured in several for one in measured]
    for measured, old in zip(several, as_json, strict=False):
        text = json.dumps({str(bucket): ms / 1000 for bucket, ms in counted(measured).items()})
        merged.merge(text if old else histogram(measured).dump())
        merged.merge(text.encode(), 0.0)
    assert merged.seconds == pytest.approx(sum(seconds for _, seconds in together))
    assert merged.quantile(share) in around(counted(together), share)
    for rate, seconds in several[0] if several else ():
        merged.add(rate, seconds)
    both = together + (several[0] if several else [])
    assert merged.quantile(share) in around(counted(both), share)
    assert merged.dump() == histogram(both).dump()


def test_years_of_one_rate_add_up():
    """No bucket runs over into the next, however long it is."""
    day, year = Rates(), Rates()
    day.add(100.0, 86_400)
    day.add(200.0, 0.25)
    for _ in range(800):
        year.merge(day.dump())
    assert year.seconds == 800 * 86_400.25
    assert year.quantile(0.99) == rate_of(bucket_of(100.0))
    assert year.quantile(1.0) == rate_of(bucket_of(200.0))


def test_a_bucket_on_record_stops_at_what_it_can_hold():
    """49 days; hours and days are shorter."""
    long, read_back = Rates(), Rates()
    long.add(100.0, 100 * 86_400)
    read_back.merge(long.dump())
    assert read_back.seconds == pytest.approx(2**32 / 1000)
