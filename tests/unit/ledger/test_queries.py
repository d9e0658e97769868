import pytest

from collector.ledger.ledger import Ledger
from collector.ledger.queries import events, failures, gaps, sessions
from collector.ledger.query_fields import COUNTS, FIELDS
from collector.ledger.query_parameters import CURSOR, QueryError, cursor_text
from collector.ledger.query_reading import reading
from collector.model import COUNTED, Changes, Failure, Gap, Reading, Session
from tests.agents import ledger_steps as give

AT = 1_700_000_000.0
CHILD = COUNTED["child"]


def session(number, **fields):
    known = {
        "target": "hub1",
        "vrf": "red",
        "level": "child",
        "tunnel": "branch",
        "peer": "192.0.2.1",
        "source": "snmp",
        "module": "ipsec",
        "index": str(number),
        "started_at": AT,
        "seen_at": AT + 60,
    }
    return Session(**{**known, "number": number, **fields})


def ended(number, at, **fields):
    return session(number, seen_at=at - 5, gone_at=at, ended_at=at, closed_by="history", **fields)


@pytest.fixture
def ledger(tmp_path):
    one = Ledger.open(tmp_path / "ledger")
    yield one
    one.close()


@pytest.fixture
def ask(ledger):
    """Return a function that puts records on record and asks for some."""

    def put_and_ask(query, records=(), **values):
        for number, record in enumerate(records):
            kind = {Session: "sessions", Failure: "failures", Gap: "gaps"}[type(record)]
            ledger.write([Changes(target=record.target, vrf=record.vrf, at=AT + number, **{kind: (record,)})])
        if "cursor" in values:
            values["cursor"] = CURSOR.read(values["cursor"], 0)
        with reading(ledger, 60) as connection:
            return query(connection, values)

    return put_and_ask


def numbers(page):
    return [row["number"] for row in page.rows]


def test_a_session_tells_all_its_fields(ask):
    """In the declared order, counters under their names, those of the other level as None."""
    counts = (2**64 - 1, *(None for _ in CHILD[1:]))
    one = ended(
        1,
        AT + 100,
        reason="peerLost",
        counts=counts,
        exact=False,
        selectors=("10.0.0.0/8-10.1.0.0/16",),
        algorithms=(("encryption", "esp3des"),),
        end_uncertainty_seconds=3.0,
    )
    (row,) = ask(sessions, [one]).rows
    assert list(row) == [field.name for field in FIELDS["sessions"]]
    assert {name: row[name] for name in row if row[name] is not None} == {
        "target": "hub1",
        "vrf": "red",
        "number": 1,
        "level": "child",
        "tunnel": "branch",
        "peer": "192.0.2.1",
        "source": "snmp",
        "module": "ipsec",
        "index": "1",
        "selectors": ["10.0.0.0/8-10.1.0.0/16"],
        "algorithms": {"encryption": "esp3des"},
        "started_at": AT,
        "seen_at": AT + 95,
        "gone_at": AT + 100,
        "ended_at": AT + 100,
        "end_uncertainty_seconds": 3.0,
        "duration_seconds": 100.0,
        "reason": "peerLost",
        "live": False,
        "exact": False,
        "learned": "poll",
        "closed_by": "history",
        "accounted": True,
        "receive_bytes": 2**64 - 1,
    }


def test_sessions_without_an_end_come_first_then_the_latest_ends(ask):
    """Within either by name and number, falling."""
    records = [session(1), ended(2, AT + 100), ended(3, AT + 300), session(4), ended(5, AT + 100)]
    assert numbers(ask(sessions, records)) == [4, 1, 3, 5, 2]


@pytest.mark.parametrize("limit", [1, 2, 3, 6])
def test_pages_have_each_session_once(ask, limit):
    """Whatever their size, across those with and without an end, and equal ends."""
    records = [session(1), ended(2, AT + 100), ended(3, AT + 300), session(4), ended(5, AT + 100)]
    page = ask(sessions, records, limit=limit)
    found = numbers(page)
    while page.next:
        assert len(page.rows) == limit
        page = ask(sessions, limit=limit, cursor=page.next)
        found += numbers(page)
    assert found == [4, 1, 3, 5, 2]


def test_a_live_session_tells_its_latest_reading(ask, ledger):
    """Of the checkpoint, with what it carried before its counters began anew."""
    one, two, bare = (session(number, counts=(7, *(None for _ in CHILD[1:]))) for number in (1, 2, 3))
    nothing = (None,) * (len(CHILD) - 2)
    readings = (
        Reading(number=1, seen_at=AT + 500, values=(100, None, *nothing), carried=(11, None, *nothing)),
        Reading(number=2, seen_at=AT + 400, values=(5, 6, *nothing)),
    )
    ledger.write([Changes(target="hub1", vrf="red", at=AT, sessions=(one, two, bare), readings=readings)])
    rows = {row["number"]: row for row in ask(sessions).rows}
    assert (rows[1]["seen_at"], rows[1]["duration_seconds"], rows[1]["receive_bytes"]) == (AT + 500, 500.0, 111)
    assert (rows[2]["receive_bytes"], rows[2]["receive_decompressed_bytes"]) == (5, 6)
    assert (rows[3]["receive_bytes"], rows[3]["seen_at"], rows[3]["live"]) == (7, AT + 60, True)


def test_a_session_that_was_missed_lasts_until_then(ask):
    """While its end awaits its details it is neither live nor ended."""
    (row,) = ask(sessions, [session(1, gone_at=AT + 90)]).rows
    assert (row["live"], row["ended_at"], row["duration_seconds"]) == (False, None, 90.0)


def test_a_session_of_unknown_start_has_no_duration(ask):
    """And no counters if none were read."""
    (row,) = ask(sessions, [session(1, started_at=None)]).rows
    assert row["duration_seconds"] is None
    assert all(row[name] is None for name in COUNTS)


RECORDS = (
    session(1, target="hub2"),
    session(2, vrf="blue", peer="192.0.2.9", started_at=None, seen_at=AT + 1000),
    ended(3, AT + 100, reason="peerLost"),
    ended(4, AT + 200, level="ike", tunnel="other"),
    session(5, gone_at=AT + 300),
)


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({}, {1, 2, 3, 4, 5}),
        ({"target": "hub2"}, {1}),
        ({"vrf": "blue"}, {2}),
        ({"peer": "192.0.2.9"}, {2}),
        ({"tunnel": "other"}, {4}),
        ({"level": "ike"}, {4}),
        ({"reason": "peerLost"}, {3}),
        ({"reason": "none"}, {1, 2, 4, 5}),
        ({"state": "live"}, {1, 2}),
        ({"state": "ended"}, {3, 4, 5}),
        ({"since": AT + 200}, {1, 2, 4, 5}),
        ({"until": AT + 1000}, {1, 3, 4, 5}),
        ({"until": AT}, set()),
        ({"since": AT + 150, "until": AT + 500, "level": "ike"}, {4}),
    ],
)
def test_sessions_are_filtered(ask, values, found):
    """Each filter alone, and together; times are those that a session overlaps."""
    assert set(numbers(ask(sessions, RECORDS, **values))) == found


def failure(number, **fields):
    known = {"target": "hub1", "vrf": "red", "level": "ike", "module": "ipsec", "index": "9", "seen_at": AT + number}
    return Failure(**{**known, "number": number, **fields})


def test_failures_are_listed_and_filtered(ask):
    """Those first that happened last; where the target does not tell when, it is when they were read."""
    records = [failure(1, at=AT - 100, reason="peerLost", spi=7), failure(2, tunnel="branch", peer="p"), failure(3)]
    records.append(failure(4, at=AT + 2.5))
    page = ask(failures, records, limit=2)
    assert numbers(page) == [3, 4]
    page = ask(failures, cursor=page.next, limit=1)
    assert numbers(page) == [2]
    (row,) = ask(failures, cursor=page.next).rows
    assert list(row) == [field.name for field in FIELDS["failures"]]
    assert (row["index"], row["at"], row["reason"], row["spi"]) == ("9", AT - 100, "peerLost", 7)
    assert numbers(ask(failures, since=AT)) == [3, 4, 2]
    assert numbers(ask(failures, until=AT)) == [1]
    assert numbers(ask(failures, tunnel="branch", peer="p", level="ike")) == [2]
    assert numbers(ask(failures, reason="none")) == [3, 4, 2]


def gap(number, begins_at, ends_at=None, **fields):
    known = {"target": "hub1", "vrf": "red", "kind": "unanswered", "module": "ipsec"}
    return Gap(**{**known, "number": number, "begins_at": begins_at, "ends_at": ends_at, **fields})


def test_gaps_are_listed_and_filtered(ask):
    """Those first that began last; those that go on reach into any time since."""
    records = [gap(1, AT), gap(2, AT + 10, AT + 20, kind="reload", lost=3), gap(3, AT + 30, AT + 40)]
    page = ask(gaps, records)
    assert (numbers(page), page.next) == ([3, 2, 1], None)
    assert list(page.rows[0]) == [field.name for field in FIELDS["gaps"]]
    assert numbers(ask(gaps, since=AT + 25)) == [3, 1]
    assert numbers(ask(gaps, until=AT + 10)) == [1]
    assert numbers(ask(gaps, kind="reload")) == [2]
    assert numbers(ask(gaps, cursor=ask(gaps, limit=1).next)) == [2, 1]


@pytest.mark.parametrize(
    "key", [[], [1.0, "hub1", "red"], ["x", "hub1", "red", 1], [1e300, "a", "b", 1], [10**400, "a", "b", 1],
            [1, "a", "b", 2**64], [float("nan"), "a", "b", 1], [1, 2, 3, 4]]
)  # fmt: skip
def test_a_cursor_of_another_question_is_refused(ask, key):
    """Whatever is in it."""
    with pytest.raises(QueryError, match=r"^cursor: "):
        ask(sessions, cursor=cursor_text(key))


def ids(page):
    return [row["id"] for row in page.rows]


def test_an_event_tells_all_its_fields(ask, ledger):
    """In the declared order; varbinds under their names, and what is not known as None."""
    full = give.full_event(1, values=(("a.1", "x"), ("b.1", "y"), ("a.1", "z")))
    ledger.write_events([full, give.event(2)])
    bare, row = ask(events).rows
    assert list(row) == [field.name for field in FIELDS["events"]]
    assert row == {
        "target": "hub1",
        "vrf": "red",
        "number": 1,
        "id": "e1",
        "at": AT + 1,
        "source": "trap",
        "name": "cipSecTunnelStop",
        "happening": "tunnel-stop",
        "level": "child",
        "tunnel": "site 1",
        "peer": "10.0.0.1",
        "index": "7",
        "up": False,
        "reason": "peerLost",
        "description": "branch office",
        "sender": "192.0.2.1",
        "announced": False,
        "values": {"a.1": "x, z", "b.1": "y"},
    }
    named = {"target", "vrf", "number", "id", "at", "source", "name", "happening", "values"}
    assert {name for name in bare if bare[name] is not None} == named
    assert bare["values"] == {}


@pytest.mark.parametrize("limit", [1, 2, 3, 6])
def test_pages_have_each_event_once(ask, ledger, limit):
    """Those first that happened last, however they came; equal times by their names and numbers."""
    ledger.write_events([give.event(number, at=AT + at) for number, at in enumerate((3, 1, 2, 3, 2))])
    ledger.write_events([give.event(9, target="hub2", at=AT + 2)])
    page = ask(events, limit=limit)
    found = ids(page)
    while page.next:
        assert (len(page.rows), page.latest) == (limit, 6)
        page = ask(events, limit=limit, cursor=page.next)
        found += ids(page)
    assert found == ["e3", "e0", "e9", "e4", "e2", "e1"]


@pytest.mark.parametrize("limit", [1, 2, 9])
def test_whoever_follows_gets_events_as_they_came(ask, ledger, limit):
    """Those after a number, the oldest first, page by page; `latest` is where to go on, whatever the filters left."""
    ledger.write_events([give.event(number, at=AT - number, vrf=vrf) for number, vrf in enumerate("abaab", 1)])
    page = ask(events, after=1, vrf="a", limit=limit)
    found = ids(page)
    while page.next:
        page = ask(events, after=1, vrf="a", limit=limit, cursor=page.next)
        found += ids(page)
    assert (found, page.latest) == (["e3", "e4"], 5)
    assert ask(events, after=5) == ([], None, 5)


def test_no_events_are_followed_from_zero(ask):
    """Nothing is on record yet."""
    assert ask(events) == ([], None, 0)


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({}, {"e1", "e2", "e3", "e4"}),
        ({"target": "hub2"}, {"e1"}),
        ({"vrf": "blue"}, {"e2"}),
        ({"tunnel": "site 1"}, {"e3"}),
        ({"peer": "10.0.0.1"}, {"e3"}),
        ({"source": "poll"}, {"e4"}),
        ({"name": "tunnel_up"}, {"e4"}),
        ({"happening": "tunnel-stop"}, {"e1", "e2", "e3"}),
        ({"since": AT + 2}, {"e2", "e3", "e4"}),
        ({"until": AT + 2}, {"e1"}),
        ({"since": AT + 2, "until": AT + 4, "source": "trap", "after": 2}, {"e3"}),
    ],
)
def test_events_are_filtered(ask, ledger, values, found):
    """Each filter alone, and together."""
    more = {"source": "poll", "name": "tunnel_up", "happening": "tunnel-start"}
    ledger.write_events(
        [give.event(1, target="hub2"), give.event(2, vrf="blue"), give.full_event(3), give.event(4, **more)]
    )
    assert set(ids(ask(events, **values))) == found


def test_a_cursor_goes_with_the_question_that_it_is_of(ask, ledger):
    """In the order of time, or of numbers."""
    ledger.write_events([give.event(1), give.event(2)])
    for first, then in (({}, {"after": 0}), ({"after": 0}, {})):
        with pytest.raises(QueryError, match=r"^cursor: "):
            ask(events, cursor=ask(events, limit=1, **first).next, **then)


@pytest.mark.parametrize("query", [failures, gaps, events])
def test_only_sessions_go_on_from_one_without_a_time(ask, query):
    """Failures, gaps and events all have one."""
    with pytest.raises(QueryError, match=r"^cursor: "):
        ask(query, cursor=cursor_text([None, "hub1", "red", 1]))
