"""What the ledger promises, on SQLite and on a real PostgreSQL alike."""

import dataclasses
import threading

import pytest
from sqlalchemy import func, inspect, select, text

from collector.errors import LedgerError
from collector.ledger import Ledger, RefusedError, Retention
from collector.ledger.migrations import migrate
from collector.ledger.query_parameters import asked
from collector.ledger.report import report
from collector.ledger.schema import (
    CONTEXT_USAGE,
    EVENTS,
    FAILURES,
    GAPS,
    MAX_INTEGER,
    META,
    REQUESTS,
    SESSIONS,
    TUNNELS,
    USAGE,
    USAGE_LOG,
    VERSION,
)
from collector.ledger.usage_log import usages_in
from collector.model import Changes
from tests.agents import ledger_steps as give

pytestmark = pytest.mark.integration
DAY = 86400.0


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request, tmp_path):
    """Where a new ledger may lie."""
    if request.param == "sqlite":
        return str(tmp_path / "ledger.db")
    return request.getfixturevalue("server").new_database()


@pytest.fixture
def ledger(where):
    opened = Ledger.open(where)
    yield opened
    opened.close()


def rows(ledger, table, *order):
    with ledger.engine.connect() as connection:
        return [dict(row) for row in connection.execute(select(table).order_by(*order or table.primary_key)).mappings()]


def test_everything_that_is_written_is_remembered(ledger):
    """Memories are equal to what was put on record: tunnels, open sessions, their readings, open gaps."""
    known = (
        give.tunnel(
            1, selectors=("a", "b"), base=give.counts(4), state="up", ups=1, configured=True, expectation="always"
        ),
        give.tunnel(2, level="ike", seen_at=1.25, last_end_at=2.5, last_end_reason="other", local_address="192.0.2.1"),
    )
    live = (give.session(1), give.session(2, level="ike", counts=(), gone_at=5.0), give.session(3, counts=()))
    readings = (give.reading(1), give.reading(3, carried=give.counts(9)))
    gaps = (give.gap(4), give.gap(5, kind="reload", lost=3))
    record = give.record(next_number=6, boot_at=1.5, boots=2)
    ledger.write([give.step(record=record, tunnels=known, sessions=live, readings=readings, gaps=gaps)])
    (memory,) = ledger.memories()
    assert (memory.record, memory.sessions, memory.readings, memory.gaps) == (record, live, readings, gaps)
    assert set(memory.tunnels) == set(known)


def test_what_is_over_is_not_remembered_but_on_record(ledger):
    """Ended sessions, their readings and ended gaps are no part of memories; their rows are there."""
    ledger.write([give.step(record=give.record(), sessions=(give.session(1),), readings=(give.reading(1),))])
    ledger.write([give.step(sessions=(give.ended(1),), gaps=(give.gap(2, ends_at=give.AT),))])
    (memory,) = ledger.memories()
    assert (memory.sessions, memory.readings, memory.gaps) == ((), (), ())
    (row,) = rows(ledger, SESSIONS)
    assert (row["ended_at"], row["reason"], row["closed_by"]) == (give.AT + 49.5, "peerLost", "history")
    assert [row["ends_at"] for row in rows(ledger, GAPS)] == [give.AT]


def test_a_late_end_that_nobody_told_of_is_remembered_for_a_day(ledger):
    """Its history may still come; ends that were told are over."""
    lost = dataclasses.replace(give.ended(1), closed_by="poll", reason=None, exact=False)
    old = dataclasses.replace(lost, number=3, ended_at=lost.ended_at - 86_400.0)
    ledger.write([give.step(record=give.record(), sessions=(lost, give.ended(2), old))])
    (memory,) = ledger.memories()
    assert memory.given_up == (lost,)


def test_contexts_are_told_apart(ledger):
    """The same numbers and names in another VRF are other records."""
    blue = Changes(target="hub1", vrf="blue", at=give.AT, record=give.elsewhere(give.record()))
    blue = dataclasses.replace(blue, sessions=(give.elsewhere(give.session(1)),))
    ledger.write([give.step(record=give.record(), sessions=(give.session(1),)), blue])
    found = {memory.record.vrf: memory.sessions for memory in ledger.memories()}
    assert found == {"red": (give.session(1),), "blue": (give.elsewhere(give.session(1)),)}
    assert {context.vrf: number for context, number in ledger.next_numbers().items()} == {"red": 1, "blue": 1}


def test_writing_again_changes_nothing(ledger):
    """A step that is written twice is on record once, what it carried included."""
    one = give.step(
        record=give.record(),
        tunnels=(give.tunnel(),),
        sessions=(give.session(1), give.ended(2)),
        failures=(give.failure(3, reason="other", spi=2**32 - 1),),
        gaps=(give.gap(4),),
        usages=(give.usage(), give.usage(give.AT + 300)),
    )
    tables = (TUNNELS, SESSIONS, FAILURES, GAPS, USAGE_LOG)
    ledger.write([one])
    first = [rows(ledger, table) for table in tables]
    ledger.write([one, one])
    assert [rows(ledger, table) for table in tables] == first
    assert all(first)


def test_a_forgotten_tunnel_goes_and_its_sessions_stay(ledger):
    """Forgetting deletes the tunnel's row; what happened remains on record."""
    ledger.write([give.step(record=give.record(), tunnels=(give.tunnel(1), give.tunnel(2)), sessions=(give.ended(1),))])
    ledger.write([give.step(forgotten=(give.tunnel(1),))])
    assert [row["name"] for row in rows(ledger, TUNNELS)] == ["site 2"]
    assert len(rows(ledger, SESSIONS)) == 1


def test_a_step_is_written_whole_or_not_at_all(ledger, monkeypatch):
    """Where the last part of a step fails, nothing of it is on record."""

    def fail(*_):
        raise LedgerError("in the midst")

    monkeypatch.setattr("collector.ledger.writing.stretch_row", fail)
    step = give.step(
        record=give.record(), tunnels=(give.tunnel(),), sessions=(give.session(1),), usages=(give.usage(),)
    )
    with pytest.raises(LedgerError, match="in the midst"):
        ledger.write([step])
    assert (ledger.memories(), rows(ledger, SESSIONS)) == ([], [])


def test_integers_beyond_the_columns_are_exact_in_json(ledger):
    """A counter of 2^64-1 stops at 2^63-1 in its column, and comes back in full."""
    huge = (2**64 - 1, *give.counts(1)[1:])
    live = give.session(1, counts=huge)
    known = give.tunnel(base=tuple(2**70 for _ in huge))
    point = give.reading(1, values=huge, carried=(2**65, *huge[1:]))
    ledger.write([give.step(record=give.record(), sessions=(live,), tunnels=(known,), readings=(point,))])
    (memory,) = ledger.memories()
    assert (memory.sessions, memory.tunnels, memory.readings) == ((live,), (known,), (point,))
    assert rows(ledger, SESSIONS)[0]["receive_bytes"] == MAX_INTEGER


def test_texts_that_no_database_takes_are_replaced(ledger):
    """Lone surrogates, and NUL where the database refuses it, become replacement characters; the rest stays."""
    odd = give.ended(1, remote_identity="a\0b\ud800c")
    forgotten = give.tunnel(9, name="\ud800")
    shown = (give.usage(tunnel="x\ud800"),)
    ledger.write([give.step(record=give.record(), sessions=(odd,), forgotten=(forgotten,), usages=shown)])
    assert rows(ledger, SESSIONS)[0]["remote_identity"] == "a\ufffdb?c"
    assert [folded.rows for folded in ledger.folding(give.AT + DAY)][:1] == [1]
    assert rows(ledger, USAGE)[0]["tunnel"] == "x?"


HOUR = give.AT // 3600 * 3600
FIGURES = ("seconds", "receive_bytes", "transmit_bytes", "receive_peak", "covered_until")


def figures(row):
    return tuple(row[name] for name in FIGURES)


def test_usage_is_a_row_for_each_step(ledger):
    """However many tunnels it is of; what has no length is nothing; written again it is the same row."""
    huge = 2**64
    some = (give.usage(), give.usage(tunnel="site 2", receive_bytes=huge, transmit_bytes=1))
    step = give.step(usages=(*some, give.usage(give.AT + 5, seconds=0.0)))
    ledger.write([step])
    ledger.write([step, give.step(usages=(give.usage(give.AT + 300),))])
    first, second = rows(ledger, USAGE_LOG)
    assert (first["begins_at"], first["seconds"], first["transmit_bytes"]) == (give.AT, 300.0, 1)
    assert first["receive_bytes"] == MAX_INTEGER
    assert list(usages_in(first["usages"])) == [("site 1", "10.0.0.1", 30_000, 0), ("site 2", "10.0.0.1", huge, 1)]
    assert (second["begins_at"], second["receive_bytes"]) == (give.AT + 300, 30_000)


def test_usage_is_folded_into_the_hour_in_which_it_begins(ledger):
    """When the hour is over for some time; nothing of it is in the log any more."""
    stretches = (give.usage(HOUR), give.usage(HOUR + 300, receive_bytes=3_000_000, transmit_bytes=600))
    ledger.write([give.step(usages=(*stretches, give.usage(HOUR + 3500, tunnel="x"), give.usage(HOUR + 3600)))])
    assert list(ledger.folding(HOUR + 3600 + 599)) == []
    (folded,) = ledger.folding(HOUR + 3600 + 600)
    assert (folded.rows, folded.lost) == (3, 0)
    first, other = rows(ledger, USAGE)
    assert (first["resolution"], first["begins_at"], first["tunnel"]) == ("hour", HOUR, "site 1")
    assert figures(first) == (600.0, 3_030_000, 600, 10_000.0, HOUR + 600)
    assert figures(other) == (300.0, 30_000, 0, 100.0, HOUR + 3800)
    (together,) = rows(ledger, CONTEXT_USAGE)
    assert (together["begins_at"], together["seconds"], together["receive_bytes"]) == (HOUR, 900.0, 3_060_000)
    assert [row["usages"] is None for row in rows(ledger, USAGE_LOG)] == [True, True, True, False]


def test_usage_is_folded_once(ledger):
    """A step that is written again after it was folded adds nothing; one that comes late is added."""
    step = give.step(usages=(give.usage(HOUR),))
    ledger.write([step])
    ledger.prune(HOUR + 5000)
    before = rows(ledger, USAGE), rows(ledger, CONTEXT_USAGE)
    ledger.write([step])
    ledger.prune(HOUR + 5000)
    assert (rows(ledger, USAGE), rows(ledger, CONTEXT_USAGE)) == before
    ledger.write([give.step(usages=(give.usage(HOUR + 300, receive_bytes=1), give.usage(HOUR + 300, tunnel="late")))])
    ledger.prune(HOUR + 5000)
    late, first = rows(ledger, USAGE)
    assert (late["tunnel"], late["seconds"]) == ("late", 300.0)
    assert figures(first) == (600.0, 30_001, 0, 100.0, HOUR + 600)
    assert [row["receive_bytes"] for row in rows(ledger, CONTEXT_USAGE)] == [60_001]


def test_a_fold_that_fails_leaves_the_log(ledger, monkeypatch):
    """Hours and log change together, or not at all."""
    ledger.write([give.step(usages=(give.usage(HOUR),))])

    def fail(*_):
        raise LedgerError("in the midst")

    monkeypatch.setattr("collector.ledger.folding.add_together", fail)
    with pytest.raises(LedgerError, match="in the midst"):
        ledger.prune(HOUR + 5000)
    monkeypatch.undo()
    assert rows(ledger, USAGE) == []
    ledger.prune(HOUR + 5000)
    assert [row["receive_bytes"] for row in rows(ledger, USAGE)] == [30_000]


def test_days_are_made_of_their_hours(ledger):
    """When a day is over for some time; again, when one of its hours came late."""
    day = give.AT // DAY * DAY
    tunnels = ("site 1", "site 2", "site 3")
    for hour in range(24):
        ledger.write([give.step(usages=tuple(give.usage(day + 3600 * hour, tunnel=tunnel) for tunnel in tunnels))])
    assert sum(folded.days for folded in ledger.folding(day + DAY + 4199)) == 0
    assert sum(folded.days for folded in ledger.folding(day + DAY + 4200)) == 1
    whole = [row for row in rows(ledger, USAGE) if row["resolution"] == "day"]
    assert [(row["tunnel"], *figures(row)) for row in whole] == [
        (tunnel, 7200.0, 720_000, 0, 100.0, day + DAY - 3300) for tunnel in tunnels
    ]
    assert len(rows(ledger, USAGE)) == 24 * 3 + 3
    ledger.write([give.step(usages=(give.usage(day + 300),))])
    assert sum(folded.days for folded in ledger.folding(day + DAY + 4200)) == 1
    whole = [row for row in rows(ledger, USAGE) if row["resolution"] == "day"]
    assert [row["receive_bytes"] for row in whole] == [750_000, 720_000, 720_000]
    assert all(row["in_day"] for row in rows(ledger, CONTEXT_USAGE))


def test_days_of_many_tunnels_are_made_in_small_transactions(ledger, monkeypatch):
    """Some tunnels at a time, in whatever order the database has them; each once."""
    monkeypatch.setattr("collector.ledger.folding._TUNNELS_AT_ONCE", 2)
    tunnels = ("B", "a", "\u00e4", "z", "_")
    step = [give.usage(HOUR, tunnel=tunnel, peer=peer) for tunnel in tunnels for peer in "pq"]
    ledger.write([give.step(usages=tuple(step))])
    assert len(list(ledger.folding(HOUR + 2 * DAY))) == 1 + 3 + 1
    whole = [row for row in rows(ledger, USAGE) if row["resolution"] == "day"]
    assert sorted((row["tunnel"], row["peer"]) for row in whole) == sorted((one.tunnel, one.peer) for one in step)
    assert {row["receive_bytes"] for row in whole} == {30_000}


def test_what_cannot_be_folded_is_lost_rather_than_endless(ledger):
    """A row that is damaged, and a name that the database refuses, are counted; the rest is folded."""
    noise = "".join(chr(0x4E00 + number * 7919 % 20_000) for number in range(9000))
    ledger.write([give.step(usages=(give.usage(HOUR), give.usage(HOUR + 300, tunnel="x")))])
    ledger.write([give.step(vrf="blue", usages=(give.usage(HOUR, vrf="blue", tunnel=noise),))])
    with ledger.engine.begin() as connection:
        connection.execute(USAGE_LOG.update().where(USAGE_LOG.c.begins_at > HOUR).values(usages=b"{}"))
    refuses = ledger.engine.dialect.name == "postgresql"
    folded = list(ledger.folding(HOUR + 5000))
    assert [(one.rows, one.lost) for one in folded] == [(0, 1) if refuses else (1, 0), (1, 1)]
    assert [row["usages"] for row in rows(ledger, USAGE_LOG)] == [None, None, None]
    assert len(rows(ledger, USAGE)) == (1 if refuses else 2)


def test_an_hour_of_which_nothing_can_be_read_is_no_hour(ledger):
    """Nothing was carried in it as far as is known."""
    ledger.write([give.step(usages=(give.usage(HOUR),))])
    with ledger.engine.begin() as connection:
        connection.execute(USAGE_LOG.update().values(usages=b""))
    assert [folded.lost for folded in ledger.folding(HOUR + 5000)] == [1]
    assert (rows(ledger, USAGE), rows(ledger, CONTEXT_USAGE)) == ([], [])


def test_old_records_are_pruned(where):
    """What is older than its retention goes; what lives or is young stays."""
    ledger = Ledger.open(where, retention=Retention(sessions_seconds=DAY, failures_seconds=DAY, gaps_seconds=DAY))
    now = give.AT + 2 * DAY
    ledger.write(
        [
            give.step(
                sessions=(give.ended(1), give.ended(2, ended_at=now), give.session(3)),
                failures=(give.failure(4), give.failure(5, seen_at=now)),
                gaps=(give.gap(6, ends_at=give.AT), give.gap(7, ends_at=now), give.gap(8)),
            )
        ]
    )
    asked = ledger.ask("forget", {"tunnel": "x"}, now=give.AT)
    pruned = ledger.prune(now)
    assert (pruned.sessions, pruned.failures, pruned.gaps, pruned.requests) == (1, 1, 1, 1)
    assert [[row["number"] for row in rows(ledger, table)] for table in (SESSIONS, FAILURES, GAPS)] == [
        [2, 3],
        [5],
        [7, 8],
    ]
    assert ledger.answered(asked) is None
    assert not any(ledger.prune(now))
    ledger.close()


def test_sessions_are_bounded_in_number(where):
    """Above the greatest number, those that ended first go; live ones stay even then."""
    ledger = Ledger.open(where, retention=Retention(max_sessions=2))
    live = tuple(give.session(number) for number in (7, 8, 9))
    ends = tuple(give.ended(number, ended_at=give.AT - number) for number in range(1, 6))
    ledger.write([give.step(sessions=ends)])
    assert ledger.prune(give.AT).sessions == 3
    assert [row["number"] for row in rows(ledger, SESSIONS)] == [1, 2]
    ledger.write([give.step(sessions=live)])
    assert ledger.prune(give.AT).sessions == 2
    assert [row["number"] for row in rows(ledger, SESSIONS)] == [7, 8, 9]
    ledger.close()


def test_usage_is_pruned(where):
    """The log after two days, folded or not; hours by whole days, and days after their retention."""
    day = give.AT // DAY * DAY
    ledger = Ledger.open(where, retention=Retention(hours_seconds=5 * DAY, days_seconds=20 * DAY))
    ledger.write([give.step(usages=(give.usage(day), give.usage(day + DAY)))])
    assert ledger.prune(day + 1.9 * DAY).log == 0
    assert ledger.prune(day + 2.1 * DAY).log == 1
    pruned = ledger.prune(day + 6.1 * DAY)
    assert (pruned.hours, pruned.log) == (1, 1)
    assert [(row["resolution"], row["begins_at"]) for row in rows(ledger, USAGE)] == [
        ("day", day),
        ("day", day + DAY),
        ("hour", day + DAY),
    ]
    assert {row["name"]: row["value"] for row in rows(ledger, META)}["hours_since"] == repr(day + DAY)
    pruned = ledger.prune(day + 21.5 * DAY)
    assert (pruned.hours, pruned.days) == (2, 1)
    assert [row["begins_at"] for row in rows(ledger, USAGE)] == [day + DAY]
    ledger.close()


def test_a_log_that_is_never_folded_is_bounded(ledger):
    """Pruning alone lets go what waits too long."""
    ledger.write([give.step(usages=(give.usage(),))])
    assert sum(pruned.log for pruned in ledger.pruning(give.AT + 3 * DAY)) == 1
    assert rows(ledger, USAGE_LOG) == []


def test_what_is_pruned_leaves_a_mark(where):
    """The end of the last session, and that of the last gap, that are on record no more; it never goes back."""
    ledger = Ledger.open(where, retention=Retention(sessions_seconds=DAY, gaps_seconds=2 * DAY, max_sessions=2))
    ends = tuple(give.ended(number, ended_at=give.AT + number) for number in range(1, 5))
    ledger.write([give.step(sessions=ends, gaps=(give.gap(9, ends_at=give.AT + 7),))])
    ledger.prune(give.AT + 5)
    marks = {row["name"]: row["value"] for row in rows(ledger, META)}
    assert marks == {"schema_version": str(VERSION), "sessions_since": repr(give.AT + 2)}
    ledger.write([give.step(sessions=(give.ended(9, ended_at=give.AT + 1),))])
    ledger.prune(give.AT + 2 * DAY - 1)
    ledger.prune(give.AT + 3 * DAY)
    marks = {row["name"]: row["value"] for row in rows(ledger, META)}
    assert (marks["sessions_since"], marks["gaps_since"]) == (repr(give.AT + 4), repr(give.AT + 7))
    ledger.write([give.step(sessions=(give.ended(10, ended_at=give.AT + 1),))])
    ledger.prune(give.AT + 3 * DAY)
    assert {row["name"]: row["value"] for row in rows(ledger, META)} == marks
    ledger.close()


def test_events_are_on_record_once(ledger):
    """However often they are written, in whichever company; with all that they tell, numbered as they came."""
    ledger.write_events([give.event(5), give.full_event(1)])
    ledger.write_events([give.event(5), give.event(3), give.event(3), give.full_event(1, reason="other")])
    first, second, third = rows(ledger, EVENTS)
    assert [row["id"] for row in (first, second, third)] == ["e5", "e1", "e3"]
    assert first["number"] < second["number"] < third["number"]
    assert second == {
        "number": second["number"],
        "id": "e1",
        "at": give.AT + 1,
        "target": "hub1",
        "vrf": "red",
        "source": "trap",
        "name": "cipSecTunnelStop",
        "happening": "tunnel-stop",
        "level": "child",
        "tunnel": "site 1",
        "peer": "10.0.0.1",
        "row_index": "7",
        "up": False,
        "reason": "peerLost",
        "description": "branch office",
        "sender": "192.0.2.1",
        "announced": False,
        "pairs": '[["cipSecTunLifeTime.7","3600"],["ifName.2","Gi0/1 \N{SNOWMAN}"]]',
    }


def test_no_event_is_the_same_as_another_but_by_its_id(ledger):
    """Two that tell the same are two."""
    ledger.write_events([give.event(1), give.event(1, id="again")])
    assert len(rows(ledger, EVENTS)) == 2


def test_texts_of_events_that_no_database_takes_are_replaced(ledger):
    """What a device says may be anything: the event is on record all the same."""
    ledger.write_events([give.event(1, reason="a\ud800", description="b\0c", values=(("x\udfff", "\0"),))])
    (row,) = rows(ledger, EVENTS)
    assert (row["reason"], row["description"], row["pairs"]) == ("a?", "b\ufffdc", '[["x?","\\u0000"]]')


def test_events_are_written_all_or_none(ledger):
    """One that the database refuses keeps the others out, so that whoever writes knows."""
    with pytest.raises(RefusedError):
        ledger.write_events([give.event(1), give.event(2, at=float("nan"), name=None)])
    assert rows(ledger, EVENTS) == []


def test_old_events_are_pruned(where):
    """By when they happened, and above the greatest number those that happened first; numbers are not given again."""
    ledger = Ledger.open(where, retention=Retention(events_seconds=DAY, max_events=1500))
    ledger.write_events([give.event(number, at=give.AT + number) for number in range(2600)])
    assert ledger.prune(give.AT + DAY).events == 1100
    assert ledger.prune(give.AT + DAY + 1200).events == 100
    assert min(row["at"] for row in rows(ledger, EVENTS)) == give.AT + 1200
    last = max(row["number"] for row in rows(ledger, EVENTS))
    assert ledger.prune(give.AT + 3 * DAY).events == 1400
    ledger.write_events([give.event(9)])
    assert [row["number"] > last for row in rows(ledger, EVENTS)] == [True]
    ledger.close()


def test_pruning_goes_in_small_transactions(ledger):
    """Many rows go a thousand at a time, so that whoever writes comes between."""
    ledger.write([give.step(failures=tuple(give.failure(number) for number in range(1, 2502)))])
    steps = [pruned.failures for pruned in ledger.pruning(give.AT + 100 * DAY)]
    assert (sum(steps), max(steps)) == (2501, 1000)


def test_the_command_line_asks_and_the_daemon_answers(where, ledger):
    """A request is seen by the other side until it is answered, and its answer by the one who asked."""
    asker = Ledger.open(where, create=False)
    number = asker.ask("forget", {"tunnel": "site 1", "peer": None})
    (request,) = ledger.requests()
    assert (request.id, request.kind, request.argument) == (number, "forget", {"tunnel": "site 1", "peer": None})
    assert asker.answered(number) is None
    ledger.answer(number, "forgotten")
    assert (asker.answered(number), ledger.requests()) == ("forgotten", [])
    asker.close()


def test_a_request_that_cannot_be_read_is_passed_over(ledger):
    """Whoever may write the database may write nonsense: it is no request."""
    ledger.ask("forget", {})
    with ledger.engine.begin() as connection:
        for argument in ("[]", "{"):
            connection.execute(REQUESTS.insert().values(kind="x", argument=argument, asked_at=1.0))
    assert [request.argument for request in ledger.requests()] == [{}]


def test_reading_only_changes_nothing(where, ledger):
    """A ledger that is open for reading remembers, and refuses to write."""
    ledger.write([give.step(record=give.record())])
    reader = Ledger.open(where, read_only=True)
    assert reader.memories() == ledger.memories()
    with pytest.raises(LedgerError, match="opened for reading"):
        reader.ask("forget", {})
    reader.close()


@pytest.mark.parametrize("options", [{"read_only": True}, {"create": False}])
def test_whoever_does_not_own_it_makes_nothing(where, options, tmp_path):
    """Without the daemon's tables, reading and asking are refused, and nothing is made."""
    with pytest.raises(LedgerError):
        Ledger.open(where, **options)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", ["0", "99", "x", "\u00b2", None])
def test_another_version_is_refused(where, value):
    """Tables of a newer release, or that do not tell their version, are left alone by owner and reader alike."""
    Ledger.open(where).close()
    ledger = Ledger.open(where)
    with ledger.engine.begin() as connection:
        connection.execute(text("DELETE FROM meta"))
        if value is not None:
            connection.execute(text(f"INSERT INTO meta VALUES ('schema_version', '{value}')"))
    ledger.close()
    with pytest.raises(LedgerError, match=r"release|version"):
        Ledger.open(where, read_only=True)
    with pytest.raises(LedgerError, match=r"newer release|does not tell its version"):
        Ledger.open(where)


def test_only_the_daemon_migrates(where, monkeypatch):
    """Whoever does not own an older ledger is told so, and leaves it."""
    Ledger.open(where).close()
    monkeypatch.setattr("collector.ledger.migrations.VERSION", VERSION + 1)
    with pytest.raises(LedgerError, match="an older release"):
        Ledger.open(where, read_only=True)


def test_a_meta_table_of_something_else_is_refused(where):
    """A database that has a table of that name but is no ledger is left alone."""
    ledger = Ledger.open(where)
    with ledger.engine.begin() as connection:
        connection.execute(text("ALTER TABLE meta RENAME COLUMN value TO worth"))
    ledger.close()
    with pytest.raises(LedgerError, match="something else"):
        Ledger.open(where)


def test_an_older_ledger_is_migrated_once(where):
    """Steps to a version are done in order, in a transaction, and never twice."""
    ledger = Ledger.open(where)
    ledger.write([give.step(sessions=(give.session(1),))])
    done = []

    def first(connection):
        done.append("first")
        connection.execute(text("ALTER TABLE sessions ADD COLUMN site TEXT"))

    def second(connection):
        done.append("second")
        connection.execute(text("UPDATE sessions SET site = 'here'"))

    steps = {VERSION + 1: first, VERSION + 2: second}
    for _ in range(2):
        with ledger.engine.begin() as connection:
            migrate(connection, steps, VERSION + 2)
    with ledger.engine.connect() as connection:
        assert connection.execute(text("SELECT number, site FROM sessions")).all() == [(1, "here")]
    assert done == ["first", "second"]
    ledger.close()


def structure(ledger, table):
    """The columns and indexes of a table, as the database has them."""
    seen = inspect(ledger.engine)
    return (
        [(column["name"], str(column["type"]), column["nullable"]) for column in seen.get_columns(table)],
        seen.get_pk_constraint(table)["constrained_columns"],
        sorted((one["name"], tuple(one["column_names"]), bool(one["unique"])) for one in seen.get_indexes(table)),
    )


def test_a_ledger_of_version_2_is_read_on(where):
    """It has no events: their table becomes what a new one is, and takes them; records stay."""
    ledger = Ledger.open(where)
    new = structure(ledger, EVENTS.name)
    ledger.write([give.step(sessions=(give.session(1),))])
    with ledger.engine.begin() as connection:
        make_version_2(connection)
    ledger.close()
    with pytest.raises(LedgerError, match="an older release"):
        Ledger.open(where, read_only=True)
    ledger = Ledger.open(where)
    assert structure(ledger, EVENTS.name) == new
    for _ in range(2):
        ledger.write_events([give.event(1), give.full_event(2)])
    assert [(row["number"], row["id"]) for row in rows(ledger, EVENTS)] == [(1, "e1"), (2, "e2")]
    assert [row["number"] for row in rows(ledger, SESSIONS)] == [1]
    ledger.close()


def test_a_ledger_of_version_1_is_read_on(where):
    """Its rates, which are JSON, count in hours that are added to, in days and in reports; its index is replaced."""
    ledger = Ledger.open(where)
    day = give.AT // DAY * DAY
    ledger.write([give.step(usages=(give.usage(day), give.usage(day + 3600), give.usage(day + 3900)))])
    ledger.write([give.step(sessions=(give.session(1),))])
    list(ledger.folding(day + 9000))
    with ledger.engine.begin() as connection:
        make_version_1(connection)
    ledger.close()
    with pytest.raises(LedgerError, match="an older release"):
        Ledger.open(where, read_only=True)
    ledger = Ledger.open(where)
    ledger.write([give.step(usages=(give.usage(day + 300, receive_bytes=0),))])
    list(ledger.folding(day + 2 * DAY))
    assert [row["value"] for row in rows(ledger, META) if row["name"] == "schema_version"] == [str(VERSION)]
    with ledger.engine.connect() as connection:
        assert any(one["name"] == "sessions_by_tunnel" for one in inspect(connection).get_indexes("sessions"))
        found = report(connection, asked("report", {"since": str(day), "until": str(day + DAY)}, day + DAY))
    (row,) = found.rows
    assert (row["receive_bytes"], row["rated_seconds"]) == (90_000, 1200.0)
    assert row["receive_p95_bytes_per_second"] == pytest.approx(100.0, rel=0.05)
    ledger.close()


def make_version_2(connection):
    """Make a ledger what the release before version 3 made of it."""
    connection.execute(text("DROP TABLE events"))
    connection.execute(text("UPDATE meta SET value = '2' WHERE name = 'schema_version'"))


def make_version_1(connection):
    """Make a ledger what the release before version 2 made of it."""
    make_version_2(connection)
    rates = ("receive_rates", "transmit_rates")
    if connection.dialect.name == "postgresql":
        for name in rates:
            connection.execute(text(f"ALTER TABLE usage ALTER COLUMN {name} TYPE TEXT USING encode({name}, 'hex')"))
    else:
        connection.execute(text("DROP INDEX sessions_by_tunnel"))
        connection.execute(text("CREATE INDEX sessions_by_tunnel ON sessions (target, vrf, tunnel)"))
    received = text("UPDATE usage SET receive_rates = :rates").bindparams(rates='{"49":300.0}')
    connection.execute(received)
    connection.execute(
        text("UPDATE usage SET receive_rates = :rates WHERE seconds = 600").bindparams(rates='{"49":600.0}')
    )
    connection.execute(text("UPDATE usage SET transmit_rates = :rates").bindparams(rates='{"-8000":300.0}'))
    connection.execute(text("UPDATE meta SET value = '1' WHERE name = 'schema_version'"))


def test_a_migration_that_fails_leaves_the_old_version(where):
    """Nothing of a failed migration remains, so that the older release still runs."""
    ledger = Ledger.open(where)

    def half(connection):
        connection.execute(text("ALTER TABLE sessions ADD COLUMN site TEXT"))
        raise LedgerError("no room")

    with pytest.raises(LedgerError, match="no room"), ledger.engine.begin() as connection:
        migrate(connection, {VERSION + 1: half}, VERSION + 1)
    ledger.close()
    again = Ledger.open(where)
    with again.engine.connect() as connection, pytest.raises(Exception, match="site"):
        connection.execute(text("SELECT site FROM sessions"))
    again.close()


def test_daemons_that_open_at_once_do_not_collide(where):
    """Of several that open an empty ledger at one moment, one makes the tables, and all can use it."""
    opened, failed = [], []
    together = threading.Barrier(4)

    def open_one():
        together.wait()
        try:
            opened.append(Ledger.open(where))
        except LedgerError as error:
            failed.append(error)

    threads = [threading.Thread(target=open_one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(opened), failed) == (4, [])
    for number, ledger in enumerate(opened, 1):
        ledger.write([give.step(sessions=(give.session(number),))])
    with opened[0].engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(SESSIONS)).scalar() == 4
    for ledger in opened:
        ledger.close()
