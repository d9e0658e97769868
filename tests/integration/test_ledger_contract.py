"""What the ledger promises, on SQLite and on a real PostgreSQL alike."""

import dataclasses
import threading

import pytest
from sqlalchemy import func, select, text

from collector.errors import LedgerError
from collector.ledger import Ledger, Retention
from collector.ledger.migrations import migrate
from collector.ledger.rates import Rates
from collector.ledger.schema import FAILURES, GAPS, MAX_INTEGER, REQUESTS, SESSIONS, TUNNELS, USAGE
from collector.model import Changes
from tests.agents import ledger_steps as give
from tests.agents.postgres import Postgres, binaries

pytestmark = pytest.mark.integration
DAY = 86400.0


@pytest.fixture(scope="module")
def server(peer):
    folder = binaries()
    if folder is None:
        peer("postgres", "postgresql")
    postgres = Postgres(folder)
    try:
        postgres.start()
        yield postgres
    finally:
        postgres.close()


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
        give.tunnel(1, selectors=("a", "b"), base=give.counts(4), state="up", ups=1, configured=True),
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
    tables = (TUNNELS, SESSIONS, FAILURES, GAPS, USAGE)
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

    monkeypatch.setattr("collector.ledger.writing.put_usages", fail)
    with pytest.raises(LedgerError, match="in the midst"):
        ledger.write([give.step(record=give.record(), tunnels=(give.tunnel(),), sessions=(give.session(1),))])
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
    assert rows(ledger, USAGE)[0]["tunnel"] == "x?"


def test_usage_belongs_to_the_hour_in_which_it_begins(ledger):
    """Each hour has a row; a stretch that was covered, or that has no length, adds nothing."""
    hour = give.AT // 3600 * 3600
    first, second = give.usage(hour), give.usage(hour + 300, receive_bytes=3_000_000, transmit_bytes=300)
    ledger.write([give.step(usages=(first, give.usage(hour + 3300)))])
    ledger.write([give.step(usages=(second, give.usage(hour + 3600), give.usage(hour + 9000, seconds=0.0)))])
    row, after = rows(ledger, USAGE)
    assert (row["begins_at"], row["resolution"], after["begins_at"]) == (hour, "hour", hour + 3600)
    # What begins before the time that is covered was merged before, as far as the ledger knows.
    assert (row["seconds"], row["receive_bytes"], row["transmit_bytes"]) == (600.0, 60_000, 0)
    assert row["receive_peak"] == 100.0
    assert Rates.load(row["receive_rates"]).seconds == 600.0


def test_usage_in_order_is_added_up(ledger):
    """Stretches that follow each other all count, in one transaction or in two."""
    hour = give.AT // 3600 * 3600
    stretches = [give.usage(hour + 300 * number, receive_bytes=3000 * 10**number) for number in range(4)]
    ledger.write([give.step(usages=tuple(stretches[:2]))])
    ledger.write([give.step(usages=tuple(stretches[1:]))])
    (row,) = rows(ledger, USAGE)
    assert (row["seconds"], row["receive_bytes"], row["receive_peak"]) == (1200.0, 3_333_000, 10_000.0)
    assert Rates.load(row["receive_rates"]).quantile(0.5) == pytest.approx(100, rel=0.05)


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


def test_hours_become_days_and_days_go(ledger):
    """Old hours are merged into the row of their day, whole days only; days go after their own retention."""
    day = give.AT // DAY * DAY
    hours = [day + 3600 * number for number in range(30)]
    for begin in hours:
        ledger.write([give.step(usages=(give.usage(begin), give.usage(begin, tunnel="site 2", receive_bytes=60_000)))])
    assert ledger.prune(day + 15.5 * DAY).hours == 48
    whole = [row for row in rows(ledger, USAGE) if row["resolution"] == "day"]
    assert [(row["tunnel"], row["begins_at"], row["seconds"], row["receive_bytes"]) for row in whole] == [
        ("site 1", day, 7200.0, 720_000),
        ("site 2", day, 7200.0, 1_440_000),
    ]
    assert Rates.load(whole[1]["receive_rates"]).quantile(1) == pytest.approx(200, rel=0.05)
    assert len(rows(ledger, USAGE)) == 2 + 12
    assert ledger.prune(day + 801 * DAY).days == 0
    assert ledger.prune(day + 802 * DAY).days == 2


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
    monkeypatch.setattr("collector.ledger.migrations.VERSION", 2)
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

    def second(connection):
        done.append(2)
        connection.execute(text("ALTER TABLE sessions ADD COLUMN site TEXT"))

    def third(connection):
        done.append(3)
        connection.execute(text("UPDATE sessions SET site = 'here'"))

    steps = {2: second, 3: third}
    for _ in range(2):
        with ledger.engine.begin() as connection:
            migrate(connection, steps, 3)
    with ledger.engine.connect() as connection:
        assert connection.execute(text("SELECT number, site FROM sessions")).all() == [(1, "here")]
    assert done == [2, 3]
    ledger.close()


def test_a_migration_that_fails_leaves_the_old_version(where):
    """Nothing of a failed migration remains, so that the older release still runs."""
    ledger = Ledger.open(where)

    def half(connection):
        connection.execute(text("ALTER TABLE sessions ADD COLUMN site TEXT"))
        raise LedgerError("no room")

    with pytest.raises(LedgerError, match="no room"), ledger.engine.begin() as connection:
        migrate(connection, {2: half}, 2)
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
