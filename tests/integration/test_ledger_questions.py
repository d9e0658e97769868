"""Questions are answered the same by SQLite and by a real PostgreSQL."""

import json
from itertools import product

import pytest
from sqlalchemy import text

from collector.errors import LedgerError
from collector.ledger import Ledger
from collector.ledger.query_answers import Questions
from collector.ledger.query_parameters import CURSOR, asked
from collector.ledger.query_reading import QueryTimeoutError, reading
from collector.model import COUNTED, Changes, ContextRecord, Failure, Gap, KnownTunnel, Reading, Session, Usage
from tests.agents import ledger_steps as give

pytestmark = pytest.mark.integration
AT = 1_699_920_000.0
HOUR = 3600.0
END = AT + 10 * HOUR


@pytest.fixture
def ledgers(server, tmp_path):
    """The same records in both databases."""
    both = [Ledger.open(tmp_path / "ledger"), Ledger.open(server.new_database())]
    for one in both:
        one.write(list(steps()))
        one.write_events(list(happenings()))
    yield both
    for one in both:
        one.close()


def steps():
    for target, vrf in product(("hub1", "Hub2", "hub10"), ("red", "Blue")):
        names = {"target": target, "vrf": vrf}
        counts = (7, *(None for _ in COUNTED["child"][1:]))
        told = {**names, "level": "child", "peer": "p", "source": "snmp", "module": "ipsec", "index": "1"}
        failed = {**names, "level": "child", "module": "ipsec", "index": "1", "peer": "p"}
        sessions, usages = [], []
        for number in range(1, 20):
            times = {"started_at": AT + number * 900, "seen_at": AT + number * 900 + 60, "tunnel": f"t{number % 4}"}
            if number % 5:
                end = AT + number * 900 + 1200 + 300 * (number % 3)
                times |= {"gone_at": end, "ended_at": end, "closed_by": "history"}
                times |= {"reason": ("normal", "peerLost", None)[number % 3]}
            sessions.append(Session(**told, **times, number=number, counts=counts))
            begins_at = AT + number * 900
            usages.append(
                Usage(**names, tunnel=f"t{number % 4}", peer="p", begins_at=begins_at, seconds=300.0,
                      receive_bytes=number * 1000, transmit_bytes=number)
            )  # fmt: skip
        yield Changes(
            **names,
            at=AT,
            record=ContextRecord(**names, watched_since=AT, answered=(("ipsec", END),)),
            tunnels=tuple(
                KnownTunnel(**names, level="child", name=f"t{n}", peer="p", known_since=AT + n) for n in range(3)
            ),
            sessions=tuple(sessions),
            usages=tuple(usages),
            readings=(Reading(number=5, seen_at=END, values=counts, carried=counts),),
            failures=tuple(
                Failure(**failed, number=100 + n, seen_at=AT + n, reason="other", tunnel=f"t{n}") for n in range(5)
            ),
            gaps=(
                Gap(**names, number=200, kind="unanswered", module="ipsec", begins_at=AT + HOUR, ends_at=AT + 2 * HOUR),
                Gap(**names, number=201, kind="reload", module="ipsec", begins_at=AT),
            ),
        )


def happenings():
    for number, (target, vrf) in enumerate(product(("hub1", "Hub2", "hub10"), ("red", "Blue") * 7)):
        yield give.full_event(
            number,
            target=target,
            vrf=vrf,
            at=AT + number // 3,
            source=("trap", "poll")[number % 2],
            announced=(None, True, False)[number % 3],
        )


@pytest.mark.parametrize(
    ("what", "texts"),
    [
        ("sessions", {}),
        ("sessions", {"limit": "7"}),
        ("sessions", {"since": str(AT + 3 * HOUR), "until": str(AT + 4 * HOUR), "limit": "2"}),
        ("sessions", {"target": "Hub2", "reason": "none", "state": "ended"}),
        ("failures", {"limit": "4"}),
        ("failures", {"since": str(AT + 2), "tunnel": "t3"}),
        ("gaps", {"limit": "5"}),
        ("gaps", {"kind": "reload", "until": str(END)}),
        ("events", {"limit": "5"}),
        ("events", {"after": "3", "limit": "4"}),
        ("events", {"target": "Hub2", "vrf": "Blue", "source": "poll", "since": str(AT + 5), "limit": "1"}),
        *(("report", {"by": by, "sort": sort}) for by in ("tunnel", "hub", "vrf") for sort in ("name", "rate", "mtbf")),
        ("report", {"limit": "7", "sort": "volume"}),
    ],
)
def test_both_databases_answer_the_same(ledgers, what, texts):
    """On every page, in the same order within what the question orders."""
    period = {"since": str(AT), "until": str(END)} if what == "report" else {}
    answers = [list(pages(Questions(ledger), what, asked(what, {**period, **texts}, END))) for ledger in ledgers]
    assert ordered(answers[0], what) == ordered(answers[1], what)
    assert answers[0][0][what]


def pages(question, what, values):
    page = question(what, values, 60)
    yield page
    while page["next"]:
        page = question(what, {**values, "cursor": CURSOR.read(page["next"], 0)}, 60)
        yield page


def ordered(found, what):
    """Return all rows: names sort as each database's collation has them."""
    return sorted(json.dumps(row, sort_keys=True) for page in found for row in page[what])


def test_a_server_ends_what_takes_too_long(ledgers):
    """And refuses to write; its password is in no error."""
    ledger = ledgers[1]
    with pytest.raises(QueryTimeoutError), reading(ledger, 0.2) as connection:
        connection.execute(text("SELECT pg_sleep(30)"))
    with pytest.raises(LedgerError) as caught, reading(ledger, 60) as connection:
        connection.execute(text("DELETE FROM gaps"))
    assert "s3cret" not in str(caught.value)
    assert len(Questions(ledger)("gaps", {}, 60)["gaps"]) == 12
