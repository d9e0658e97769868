import csv
import io
import json
import sqlite3

import pyarrow.parquet
import pytest

from collector.cli import main
from collector.ledger import Ledger
from collector.ledger.query_fields import FIELDS
from tests.agents import ledger_steps as give

CONFIGURATION = "targets:\n- {name: hub1, address: 192.0.2.1, snmp: {version: 3, user: u}}\nstate: {directory: .}\n"


@pytest.fixture
def ledger(tmp_path):
    """A ledger with some events."""
    opened = Ledger.open(tmp_path / "ledger.sqlite")
    poll = {"source": "poll", "name": "tunnel_up", "happening": "tunnel-start", "tunnel": "site 2", "up": True}
    told = {"description": None, "announced": None}
    opened.write_events(
        [
            give.event(2),
            give.full_event(1, **told),
            give.event(3, **poll, announced=False),
            give.event(4, **poll, announced=True),
            give.event(5, source="syslog", name="CRYPTO-5-SESSION_STATUS", description="branch office"),
        ]
    )
    yield opened
    opened.close()


@pytest.fixture
def place(ledger, tmp_path):
    """The path of that ledger."""
    assert ledger
    return str(tmp_path / "ledger.sqlite")


@pytest.fixture
def following(monkeypatch):
    """Have following do something instead of each wait, and end after the last."""

    def begin(*turns):
        left = iter(turns)

        def sleep(seconds):
            assert seconds == 1.0
            turn = next(left, None)
            if turn is None:
                raise KeyboardInterrupt
            turn()

        monkeypatch.setattr("collector.cli.events.time.sleep", sleep)

    return begin


def lines(capsys):
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def test_events_are_a_table(place, capsys):
    """Those first that happened last; a note tells who they are about, or that nobody announced them."""
    assert main(["events", "--ledger", place]) == 0
    assert lines(capsys) == [
        "TIME TARGET VRF SOURCE EVENT TUNNEL PEER LEVEL UP REASON NOTE",
        "2023-11-14T22:13:25Z hub1 red syslog CRYPTO-5-SESSION_STATUS - - - - - branch office",
        "2023-11-14T22:13:24Z hub1 red poll tunnel_up site 2 - - up - -",
        "2023-11-14T22:13:23Z hub1 red poll tunnel_up site 2 - - up - not announced",
        "2023-11-14T22:13:22Z hub1 red trap cipSecTunnelStop - - - - - -",
        "2023-11-14T22:13:21Z hub1 red trap cipSecTunnelStop site 1 10.0.0.1 child down peerLost -",
        "5 events",
    ]
    assert main(["events", "--ledger", place, "--source", "poll", "--limit", "1"]) == 0
    assert lines(capsys)[-1] == "1 event; there are more, see --limit"


def test_events_are_files(place, tmp_path):
    """CSV, JSON, JSON lines and Parquet hold the same, with varbinds."""
    for form in ("csv", "json", "jsonl", "parquet"):
        assert main(["events", "--ledger", place, "--format", form, "-o", str(tmp_path / form)]) == 0
    told = json.loads((tmp_path / "json").read_text())
    assert [one["id"] for one in told] == ["e5", "e4", "e3", "e2", "e1"]
    assert told[-1]["values"] == {"cipSecTunLifeTime.7": "3600", "ifName.2": "Gi0/1 \N{SNOWMAN}"}
    assert [json.loads(line) for line in (tmp_path / "jsonl").read_text().splitlines()] == told
    rows = list(csv.DictReader(io.StringIO((tmp_path / "csv").read_text(), newline="")))
    assert [json.loads(row["values"]) for row in rows] == [one["values"] for one in told]
    table = pyarrow.parquet.read_table(tmp_path / "parquet")
    assert table.column_names == [field.name for field in FIELDS["events"]]
    assert [(row["id"], row["announced"]) for row in table.to_pylist()] == [
        (one["id"], one["announced"]) for one in told
    ]
    assert dict(table.to_pylist()[-1]["values"]) == told[-1]["values"]


def test_events_are_followed_as_lines(place, ledger, following, capsys):
    """The latest first, the oldest on top; then what comes, in the order in which it came; Ctrl-C ends it."""
    late = give.event(7, at=give.AT - 9)
    following(
        lambda: ledger.write_events([give.event(8), late]), lambda: None, lambda: ledger.write_events([give.event(9)])
    )
    assert main(["events", "--ledger", place, "--follow", "--limit", "2", "--format", "jsonl"]) == 130
    assert [json.loads(line)["id"] for line in lines(capsys)] == ["e4", "e5", "e8", "e7", "e9"]


def test_only_what_is_asked_for_is_followed(place, ledger, following, capsys):
    """With the same filters; ten come first unless said otherwise."""
    ledger.write_events([give.event(number, vrf="blue") for number in range(10, 24)])
    following(lambda: ledger.write_events([give.event(30), give.event(31, vrf="blue")]))
    assert main(["events", "--ledger", place, "-f", "--vrf", "blue", "--format", "jsonl"]) == 130
    assert [json.loads(line)["id"] for line in lines(capsys)] == [f"e{number}" for number in (*range(14, 24), 31)]


def test_many_at_once_are_followed_without_a_wait(place, ledger, following, monkeypatch, capsys):
    """Page after page."""
    monkeypatch.setattr("collector.cli.events.MAX_LIMIT", 2)
    following(lambda: ledger.write_events([give.event(number) for number in range(10, 15)]))
    assert main(["events", "--ledger", place, "-f", "--limit", "1", "--format", "jsonl"]) == 130
    assert [json.loads(line)["id"] for line in lines(capsys)] == ["e5", "e10", "e11", "e12", "e13", "e14"]


def test_a_table_and_csv_have_one_header(place, ledger, following, tmp_path, capsys):
    """However often something comes; a file has it at once."""
    following(lambda: ledger.write_events([give.event(8)]))
    assert main(["events", "--ledger", place, "-f", "--limit", "1"]) == 130
    assert lines(capsys) == [
        "TIME TARGET VRF SOURCE EVENT TUNNEL PEER LEVEL UP REASON NOTE",
        "2023-11-14T22:13:25Z hub1 red syslog CRYPTO-5-SESSION_STATUS - - - - - branch office",
        "2023-11-14T22:13:28Z hub1 red trap cipSecTunnelStop - - - - - -",
    ]
    path, seen = tmp_path / "events.csv", []
    following(lambda: ledger.write_events([give.event(9)]), lambda: seen.append(path.read_text()))
    assert main(["events", "--ledger", place, "-f", "--limit", "1", "--format", "csv", "-o", str(path)]) == 130
    rows = list(csv.DictReader(io.StringIO(seen[-1], newline="")))
    assert [row["id"] for row in rows] == ["e8", "e9"]


def test_what_cannot_be_asked_for_a_while_is_asked_again(tmp_path, ledger, following, capsys):
    """It is said once for each time, on standard error; nothing is missed."""
    (tmp_path / "tunnelwatch.yaml").write_text(CONFIGURATION)
    path = tmp_path / "ledger.sqlite"

    def vanish():
        ledger.write_events([give.event(8)])
        path.rename(tmp_path / "away")

    def come_back():
        (tmp_path / "away").rename(path)

    following(vanish, lambda: None, come_back, vanish, come_back)
    arguments = ["events", "-c", str(tmp_path / "tunnelwatch.yaml"), "-f", "--limit", "1", "--format", "jsonl"]
    assert main(arguments) == 130
    said = capsys.readouterr()
    assert [json.loads(line)["id"] for line in said.out.splitlines()] == ["e5", "e8"]
    assert len(said.err.splitlines()) == 2
    assert all(line.endswith("; trying on") and str(path) in line for line in said.err.splitlines())


def test_a_running_daemon_is_asked_the_same(place, url, ledger, following, capsys):
    """Once, and again and again."""
    for form in ("table", "csv", "json", "jsonl"):
        assert main(["events", "--format", form, "--url", url]) == 0
        asked = capsys.readouterr().out
        assert main(["events", "--format", form, "--ledger", place]) == 0
        assert asked == capsys.readouterr().out
    following(lambda: ledger.write_events([give.full_event(9)]))
    assert main(["events", "-f", "--limit", "1", "--format", "jsonl", "--url", url]) == 130
    told = [json.loads(line) for line in lines(capsys)]
    assert [one["id"] for one in told] == ["e5", "e9"]
    assert told[-1]["values"] == dict(give.full_event(9).values)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["-f", "--until", "now"], 2, "--follow goes without --until"),
        (["-f", "--format", "json"], 2, "--follow goes with --format: table, csv, jsonl"),
        (["-f", "-o", "x"], 2, "-o needs --format: csv, jsonl"),
        (["-f", "--limit", "x"], 2, "--limit: 'x' is no number from 1"),
        (["-f", "--happening", "love"], 2, "--happening: 'love' is none of tunnel-start, "),
        (["-o", "x"], 2, "-o needs --format: csv, json, jsonl, parquet"),
    ],
)
def test_what_cannot_be_done_is_said(place, capsys, arguments, code, told):
    """Before anything is written."""
    assert main(["events", "--ledger", place, *arguments]) == code
    assert told in capsys.readouterr().err


def test_a_ledger_that_is_not_there_is_not_followed(tmp_path, capsys):
    """What never could be asked is an error."""
    assert main(["events", "-f", "--ledger", str(tmp_path / "none")]) == 1
    assert str(tmp_path / "none") in capsys.readouterr().err
    sqlite3.connect(tmp_path / "other").execute("CREATE TABLE x (y)").connection.close()
    assert main(["events", "-f", "--ledger", str(tmp_path / "other")]) == 1
