"""Histograms of rates."""

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


@pytest.mark.parametrize("text", ["", "[]", '{"1": null}', "3"])
def test_damaged_texts_are_refused(text):
    """What is no histogram is a ValueError."""
    with pytest.raises(ValueError, match=r"histogram|Expecting|invalid"):
        Rates().merge(text)
