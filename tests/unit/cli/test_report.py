import csv
import io
import json
import time

import pytest

from collector.cli import main
from collector.cli.report import percent_text, rate_text, reasons_text
from collector.ledger import Ledger
from collector.ledger.query_fields import REPORT
from collector.model import Changes, ContextRecord, Failure, Gap, KnownTunnel, Session, Usage

AT = 1_699_920_000.0
PERIOD = ["--since", "2023-11-14", "--until", "2023-11-14T10:00:00Z"]
NAMES = {"target": "hub1", "vrf": "red"}


@pytest.fixture
def place(tmp_path):
    """The path of a ledger with a tunnel that was up for an hour."""
    path = tmp_path / "ledger"
    ledger = Ledger.open(path)
    told = {"level": "child", "tunnel": "branch", "peer": "p", "source": "snmp", "module": "ipsec", "index": "1"}
    end = {"gone_at": AT + 3600, "ended_at": AT + 3600, "reason": "peerLost", "closed_by": "poll"}
    usage = {"tunnel": "branch", "peer": "p", "begins_at": AT, "seconds": 300.0}
    failed = {**NAMES, "level": "child", "module": "ipsec", "index": "1", "seen_at": AT}
    ledger.write(
        [
            Changes(
                **NAMES,
                at=AT,
                record=ContextRecord(**NAMES, watched_since=AT, answered=(("ipsec", AT + 36_000),)),
                tunnels=(
                    KnownTunnel(**NAMES, level="child", name="branch", peer="p", known_since=AT),
                    KnownTunnel(**NAMES, level="child", name="other", peer="p", known_since=AT),
                ),
                sessions=(Session(**NAMES, **told, **end, number=1, started_at=AT, seen_at=AT + 3590),),
                failures=(Failure(**failed, number=2),),
                gaps=(
                    Gap(**NAMES, number=3, kind="unanswered", module="ipsec", begins_at=AT + 7200, ends_at=AT + 10_800),
                ),
                usages=(Usage(**NAMES, **usage, receive_bytes=300_000, transmit_bytes=0),),
            )
        ]
    )
    ledger.close()
    return str(path)


def lines(capsys):
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def test_a_report_is_a_table_with_its_gaps(place, capsys):
    """What is not known is a dash."""
    assert main(["report", "--ledger", place, *PERIOD, "--sort", "name"]) == 0
    assert lines(capsys) == [
        "from 2023-11-14T00:00:00Z to 2023-11-14T10:00:00Z",
        "",
        "TARGET VRF TUNNEL PEER UP % SESSIONS MTBF IN OUT P95 IN P95 OUT FAILED ENDS FAILURES",
        "hub1 red branch p 11.111 1 1h 00m 300.0 kB 0 B 8.0 kbit/s 0 bit/s 1 peerLost 1 -",
        "hub1 red other p 0.000 0 - - - - - 0 - -",
        "2 rows",
        "failures on record that nobody can assign to one of them: 1",
        "",
        "gaps in the record",
        "TARGET VRF KIND MODULE BEGIN END DURATION LOST",
        "hub1 red unanswered ipsec 2023-11-14T02:00:00Z 2023-11-14T03:00:00Z 1h 00m -",
        "1 gap",
        "nobody knew what was up for 1h 00m (all VRFs together): counted neither way",
    ]


@pytest.mark.parametrize("by", ["hub", "vrf"])
def test_hubs_and_vrfs_have_a_peak(place, capsys, by):
    """With its time."""
    assert main(["report", "--ledger", place, *PERIOD, "--by", by]) == 0
    row = lines(capsys)[3]
    assert row.startswith("hub1 2 5.555 1 1h 00m 1 2023-11-14T00:00:00Z" if by == "hub" else "hub1 red 2 5.555")
    assert row.endswith("1 peerLost 1 none 1")


def test_a_report_without_gaps_says_so(place, capsys):
    """And how many rows there are beside those that are shown."""
    assert main(["report", "--ledger", place, *PERIOD[:3], "2023-11-14T01:00:00Z", "--limit", "1"]) == 0
    assert lines(capsys)[-3:] == [
        "1 of 2 rows",
        "failures on record that nobody can assign to one of them: 1",
        "no gaps in the record",
    ]


def test_reports_are_files(place, tmp_path, capsys):
    """CSV of the rows, JSON of all that is said."""
    assert main(["report", "--ledger", place, *PERIOD, "--format", "csv", "--sort", "name"]) == 0
    header, first, _ = csv.reader(io.StringIO(capsys.readouterr().out, newline=""))
    assert header == [field.name for field in REPORT]
    assert first[3] == "branch"
    path = tmp_path / "report"
    assert main(["report", "--ledger", place, *PERIOD, "--format", "json", "-o", str(path)]) == 0
    told = json.loads(path.read_text())
    assert (len(told["report"]), told["gaps_total"], told["next"]) == (2, 1, None)


def test_pages_are_put_together(place, monkeypatch, capsys):
    """However few rows one may have."""
    monkeypatch.setattr("collector.cli.report.MAX_LIMIT", 1)
    assert main(["report", "--ledger", place, *PERIOD, "--format", "json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["report"]) == 2


def test_the_last_days_are_a_period(place, capsys):
    """Until now."""
    assert main(["report", "--ledger", place, "--last", "24h", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["until"] - told["since"] == 86_400
    assert told["until"] == pytest.approx(time.time(), abs=60)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--last", "7d", "--since", "-1d"], "--last goes without --since and --until"),
        (["-o", "x"], "-o needs --format csv or json"),
        (["--by", "peer"], "--by: 'peer' is none of tunnel, hub, vrf"),
        (["--last", "x"], "--since: '-x' is no time"),
    ],
)
def test_what_is_asked_wrongly_is_said(place, capsys, arguments, told):
    """Exit code 2."""
    assert main(["report", "--ledger", place, *arguments]) == 2
    assert told in capsys.readouterr().err


def test_figures_are_as_people_say_them():
    """And never better than they are."""
    assert [percent_text(one) for one in (None, 0.0, 0.99999999, 1.0)] == ["-", "0.000", "99.999", "100"]
    rates = [rate_text(one) for one in (None, 0, 1.25, 125, 125_000_000, 1.25e17)]
    assert rates == ["-", "0 bit/s", "10 bit/s", "1.0 kbit/s", "1.0 Gbit/s", "1000000.0 Tbit/s"]
    assert reasons_text({"a": 1, "c": 2, "b": 2}) == "b 2, c 2, a 1"
