import csv
import io
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pyarrow.parquet
import pytest

from collector.cli import main
from collector.ledger import Ledger
from collector.ledger.query_fields import FIELDS
from collector.model import COUNTED, Changes, Failure, Gap, Session

AT = 1_700_000_000.0
NAMES = {"target": "hub1", "vrf": "red"}
COUNTS = (2**64 - 1, *(None for _ in COUNTED["child"][1:]))


def session(number, **fields):
    told = {
        "level": "child",
        "tunnel": "branch",
        "peer": "192.0.2.1",
        "source": "snmp",
        "module": "ipsec",
        "index": "1",
    }
    return Session(**{**NAMES, **told, "number": number, "started_at": AT, "seen_at": AT + 60, **fields})


@pytest.fixture
def place(tmp_path):
    """The path of a ledger with some records."""
    path = tmp_path / "ledger"
    ledger = Ledger.open(path)
    end = {"gone_at": AT + 90, "ended_at": AT + 90, "reason": "peerLost", "closed_by": "poll"}
    failed = {**NAMES, "level": "ike", "module": "ike", "index": "1", "seen_at": AT}
    gap = {**NAMES, "kind": "unanswered", "module": "ipsec", "begins_at": AT}
    ledger.write(
        [
            Changes(
                **NAMES,
                at=AT,
                sessions=(
                    session(1),
                    session(2, **end, exact=False, counts=COUNTS, algorithms=(("encryption", "esp3des"),)),
                    session(3, gone_at=AT + 70),
                ),
                failures=(
                    Failure(**failed, number=4, spi=0),
                    Failure(**failed, number=5, at=AT - 5, reason="peerLost", tunnel="t", peer="p", spi=255),
                ),
                gaps=(Gap(**gap, number=6), Gap(**gap, number=7, ends_at=AT + 60, lost=2)),
            )
        ]
    )
    ledger.close()
    return str(path)


def lines(capsys):
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def test_sessions_are_a_table(place, capsys):
    """Times in UTC, durations and volumes as people say them; what is not exact is at least so much."""
    assert main(["sessions", "--ledger", place]) == 0
    assert lines(capsys) == [
        "TARGET VRF TUNNEL PEER LEVEL START DURATION END REASON IN OUT",
        "hub1 red branch 192.0.2.1 child 2023-11-14T22:13:20Z 1m 10s ending - - -",
        "hub1 red branch 192.0.2.1 child 2023-11-14T22:13:20Z 1m 00s live - - -",
        "hub1 red branch 192.0.2.1 child 2023-11-14T22:13:20Z 1m 30s 2023-11-14T22:14:50Z peerLost ≥18.4 EB -",
        "3 sessions",
    ]


def test_a_running_daemon_is_asked_the_same(place, url, capsys):
    """Page by page, with the same filters."""
    for arguments in (["sessions", "--ended"], ["failures", "--since", "2023-11-14"], ["gaps"]):
        for form in ("table", "csv", "json", "jsonl"):
            assert main([*arguments, "--format", form, "--limit", "2", "--url", url]) == 0
            asked = capsys.readouterr().out
            assert main([*arguments, "--format", form, "--limit", "2", "--ledger", place]) == 0
            assert asked == capsys.readouterr().out
            assert len(asked.splitlines()) >= 2


def test_failures_and_gaps_are_tables(place, capsys):
    """What is not known is a dash."""
    assert main(["failures", "--ledger", place]) == 0
    assert lines(capsys)[1:] == [
        "by 2023-11-14T22:13:20Z hub1 red ike - - - - - -",
        "2023-11-14T22:13:15Z hub1 red ike peerLost t p - - 0x000000ff",
        "2 failures",
    ]
    assert main(["gaps", "--ledger", place]) == 0
    assert lines(capsys)[1:] == [
        "hub1 red unanswered ipsec 2023-11-14T22:13:20Z 2023-11-14T22:14:20Z 1m 00s 2",
        "hub1 red unanswered ipsec 2023-11-14T22:13:20Z goes on - -",
        "2 gaps",
    ]


def test_a_table_says_that_there_are_more(place, capsys):
    """And one is singular."""
    assert main(["sessions", "--ledger", place, "--limit", "1"]) == 0
    assert lines(capsys)[-1] == "1 session; there are more, see --limit"
    assert main(["sessions", "--ledger", place, "--live"]) == 0
    assert lines(capsys)[-1] == "1 session"


def test_records_are_files(place, tmp_path, capsys):
    """CSV, JSON and JSON lines hold the same sessions, all of them."""
    for form in ("csv", "json", "jsonl"):
        assert main(["sessions", "--ledger", place, "--format", form, "-o", str(tmp_path / form)]) == 0
    assert capsys.readouterr().out == ""
    told = json.loads((tmp_path / "json").read_text())
    assert [one["number"] for one in told] == [3, 1, 2]
    assert [json.loads(line) for line in (tmp_path / "jsonl").read_text().splitlines()] == told
    rows = list(csv.DictReader(io.StringIO((tmp_path / "csv").read_text(), newline="")))
    assert [row["number"] for row in rows] == ["3", "1", "2"]
    assert rows[2]["receive_bytes"] == str(2**64 - 1)


def test_no_records_are_an_empty_list(place, capsys):
    """JSON all the same."""
    assert main(["gaps", "--ledger", place, "--target", "x", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_records_are_parquet(place, tmp_path):
    """With types: times are times, counters of 64 bits have all of them."""
    for what in ("sessions", "failures", "gaps"):
        path = tmp_path / f"{what}.parquet"
        assert main([what, "--ledger", place, "--format", "parquet", "-o", str(path)]) == 0
        table = pyarrow.parquet.read_table(path)
        assert table.column_names == [field.name for field in FIELDS[what]]
        assert table.num_rows == (3 if what == "sessions" else 2)
    row = pyarrow.parquet.read_table(tmp_path / "sessions.parquet").to_pylist()[2]
    assert (row["receive_bytes"], row["ended_at"].timestamp()) == (2**64 - 1, AT + 90)
    assert dict(row["algorithms"]) == {"encryption": "esp3des"}


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--since", "soon"], 2, "tunnelwatch: --since: 'soon' is no time"),
        (["--limit", "0"], 2, "--limit: '0' is no number from 1"),
        (["--format", "parquet"], 2, "Parquet is no text: say where to write it with -o FILE"),
        (["-o", "x"], 2, "-o needs --format: csv, json, jsonl, parquet"),
        (["--format", "csv", "-o", "/nowhere/x"], 1, "writing /nowhere/x: "),
        (["--format", "parquet", "-o", "/nowhere/x"], 1, "writing /nowhere/x: "),
        (["--format", "csv", "-o", "/dev/full"], 1, "writing /dev/full: "),
    ],
)
def test_what_cannot_be_done_is_said(place, capsys, arguments, code, told):
    """Asked wrongly is 2, not possible is 1."""
    assert main(["sessions", "--ledger", place, *arguments]) == code
    assert told in capsys.readouterr().err


def test_parquet_without_its_package_says_what_to_install(place, monkeypatch, capsys):
    """It is optional."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert main(["gaps", "--ledger", place, "--format", "parquet", "-o", "x"]) == 2
    assert "pip install 'tunnelwatch[parquet]'" in capsys.readouterr().err


def test_a_ledger_that_is_not_there_is_named(tmp_path, capsys):
    """Without its password."""
    assert main(["sessions", "--ledger", str(tmp_path / "none")]) == 1
    assert str(tmp_path / "none") in capsys.readouterr().err
    assert main(["sessions", "--ledger", "mysql://u:hunter2@h/d"]) == 1
    assert "hunter2" not in capsys.readouterr().err


def test_a_daemon_that_is_not_there_is_named(capsys):
    """Or that is none at all."""
    assert main(["gaps", "--url", "http://127.0.0.1:1"]) == 1
    assert "asking http://127.0.0.1:1/api/v1/gaps: " in capsys.readouterr().err
    assert main(["gaps", "--url", "file:///etc/passwd"]) == 1
    assert "is not an http or https address" in capsys.readouterr().err


def test_ages_are_values_of_options(place, capsys):
    """`--since -24h` is no option -24h."""
    assert main(["sessions", "--ledger", place, "--since", "-24h", "--ended"]) == 0
    assert lines(capsys)[-1] == "1 session"


class Liar(BaseHTTPRequestHandler):
    """Something else than a daemon, or one that cannot answer."""

    status, body = 200, b""

    def do_GET(self):
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_):
        pass


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (503, b'{"error": "this daemon keeps no ledger"}', "this daemon keeps no ledger"),
        (404, b"not found", "404 Not Found"),
        (200, b"not JSON", "Expecting value"),
        (200, b"[]", "the answer is none of tunnelwatch"),
        (200, b'{"gaps": 1, "next": null}', "the answer is none of tunnelwatch"),
        (200, b'{"gaps": []}', "the answer is none of tunnelwatch"),
    ],
)
def test_what_a_daemon_says_is_told(capsys, status, body, told):
    """In its own words, if it has any."""
    handler = type("Handler", (Liar,), {"status": status, "body": body})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        assert main(["gaps", "--url", url]) == 1
        server.shutdown()
        thread.join()
    assert f"asking {url}/api/v1/gaps: " in (said := capsys.readouterr().err)
    assert told in said


def test_pages_follow_each_other(place, url, monkeypatch, capsys):
    """From a daemon and from a ledger."""
    monkeypatch.setattr("collector.cli.sessions.MAX_LIMIT", 1)
    for where in (["--url", url], ["--ledger", place]):
        assert main(["sessions", "--format", "jsonl", *where]) == 0
        assert [json.loads(line)["number"] for line in capsys.readouterr().out.splitlines()] == [3, 1, 2]
