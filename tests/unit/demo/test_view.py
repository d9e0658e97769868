import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.demo.hub import Hub
from collector.demo.mib.rows import COUNTER64, INTEGER, OCTET_STRING
from collector.demo.view import FRESH_SECONDS, Shelf, View, octets_of

ONE, TWO, THREE = (1, 3, 1, 0), (1, 3, 2, 1), (1, 3, 2, 2)
VALUES = {ONE: (INTEGER, 1), TWO: (COUNTER64, 2), THREE: (OCTET_STRING, b"three")}


@pytest.fixture
def view():
    return View(VALUES)


def test_get(view):
    """An instance is found by its whole OID only."""
    assert view.get(TWO) == (COUNTER64, 2)
    assert view.get(TWO[:-1]) is None


@pytest.mark.parametrize(
    ("oid", "there"), [((1, 3, 2, 9), True), ((1, 3, 2, 0), True), ((1, 3, 1, 9), True), ((1, 3, 9, 0), False)]
)
def test_missing_instance_or_missing_object(view, oid, there):
    """What is missing is an instance if its object has others, else the object."""
    assert view.has_object(oid) is there


@pytest.mark.parametrize(
    ("oid", "found"), [((1,), ONE), (ONE, TWO), ((1, 3, 1, 0, 0), TWO), (TWO, THREE), ((1, 3, 2, 1, 5), THREE)]
)
def test_after(view, oid, found):
    """GETNEXT gives the first instance that is greater, whether or not the OID asked for exists."""
    assert view.after(oid) == (found, VALUES[found])


def test_after_the_last(view):
    """After the last instance, GETNEXT gives back the OID asked for."""
    assert view.after(THREE) == (THREE, None)


def test_version_1_passes_over_counter64(view):
    """For version 1 the next instance is the next that it has a type for (RFC 3584 section 4.2.2.1)."""
    assert view.after(ONE, counter64=False) == (THREE, VALUES[THREE])


def test_bulk_interleaves_columns(view):
    """Non-repeaters come once; then each repetition has one instance per column."""
    answers = view.bulk([(1,), (1, 3, 1), (1, 3, 2)], non_repeaters=1, max_repetitions=2, limit=1000)
    assert [oid for oid, _ in answers] == [ONE, ONE, TWO, TWO, THREE]


def test_bulk_ends_with_the_view(view):
    """When all columns are at the end, one row says so and nothing follows."""
    answers = view.bulk([TWO, THREE], non_repeaters=0, max_repetitions=50, limit=10_000)
    assert answers == [(THREE, VALUES[THREE]), (THREE, None), (THREE, None), (THREE, None)]


@pytest.mark.parametrize(("non_repeaters", "max_repetitions"), [(5, 3), (0, 0)])
def test_bulk_of_nothing_to_repeat(view, non_repeaters, max_repetitions):
    """Without repeaters or repetitions only the non-repeaters are answered."""
    answers = view.bulk([(1,)], non_repeaters=non_repeaters, max_repetitions=max_repetitions, limit=1000)
    assert len(answers) == min(1, non_repeaters)


@given(st.integers(0, 200), st.integers(0, 9))
def test_bulk_is_bounded(limit, non_repeaters):
    """Answers stay within the limit, non-repeaters too, except that there is always one."""
    answers = View(VALUES).bulk([(1,)] * 9, non_repeaters=non_repeaters, max_repetitions=10, limit=limit)
    assert len(answers) == 1 or sum(map(octets_of, answers)) <= limit


def test_views_are_kept_while_fresh():
    """For a moment the same view is given; later a new one, of a hub that has moved on."""
    now = 100.0
    shelf = Shelf(Hub(start=now), lambda: now)
    first = shelf.view("")
    now += FRESH_SECONDS * 0.9
    assert shelf.view("") is first
    now += FRESH_SECONDS * 0.2
    second = shelf.view("")
    uptime = (1, 3, 6, 1, 2, 1, 1, 3, 0)
    assert second.get(uptime)[1] - first.get(uptime)[1] in {21, 22}


def test_contexts_have_views_of_their_own():
    """Each context has its view; one that does not exist has none."""
    shelf = Shelf(Hub(), lambda: 0.0)
    names = (1, 3, 6, 1, 2, 1, 1, 5, 0)
    assert shelf.view("").get(names) == (OCTET_STRING, b"hub1")
    assert shelf.view("vrf-vrf1-context").get(names) is None
    assert shelf.view("vrf-vrf9-context") is None


def test_a_shelf_that_forgets_shows_what_is_new():
    """A view that is still fresh is kept, unless it is to be forgotten; the hub catches up by itself then."""
    now = 10.0
    hub = Hub(start=0.0)
    shelf = Shelf(hub, lambda: now)
    first = shelf.view("")
    assert shelf.view("") is first
    now += FRESH_SECONDS / 2
    shelf.advance()
    assert shelf.view("") is first
    shelf.forget()
    up_time = (1, 3, 6, 1, 2, 1, 1, 3, 0)
    assert shelf.view("").get(up_time)[1] > first.get(up_time)[1]
