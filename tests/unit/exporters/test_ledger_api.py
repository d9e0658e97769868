import asyncio
import csv
import io
import json
import threading
from contextlib import asynccontextmanager
from types import SimpleNamespace
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import pytest
from aiohttp import web
from multidict import MultiDict

from collector.errors import LedgerError
from collector.ledger import Ledger
from collector.ledger.query_answers import Questions
from collector.ledger.query_fields import FIELDS
from collector.model import Changes, Gap, Session
from collector.store import Store
from exporters.http import _send, create_app, serve
from exporters.ledger_api import LedgerLimits, LedgerSite
from exporters.own import OwnMetrics
from exporters.views import Views
from tests.agents import ledger_steps as give

AT = 1_700_000_000.0
PATIENCE = 20


@asynccontextmanager
async def serving(app):
    async with serve(app, [("127.0.0.1", 0)]) as ((host, port),):
        timeout = aiohttp.ClientTimeout(PATIENCE)
        async with aiohttp.ClientSession(f"http://{host}:{port}", timeout=timeout) as client:
            yield client


def whole_app(ledger):
    store = Store()
    return create_app(store, Views(store), OwnMetrics(version="1"), ledger=ledger)


def bare_app(ask, **limits):
    app = whole_app(None)
    site = LedgerSite(ask, _send, LedgerLimits(**limits), lambda: AT)
    bare = web.Application()
    for key in app:
        bare[key] = app[key]
    bare.add_routes(site.routes())
    bare.cleanup_ctx.append(site.running)
    return bare


@pytest.fixture
def ledger(tmp_path):
    one = Ledger.open(tmp_path / "ledger")
    names = {"target": "hub1", "vrf": "red"}
    told = {
        "level": "child",
        "tunnel": "branch",
        "peer": "192.0.2.1",
        "source": "snmp",
        "module": "ipsec",
        "index": "1",
    }
    sessions = tuple(Session(**names, **told, number=number, started_at=AT, seen_at=AT) for number in range(1, 6))
    gap = Gap(**names, number=9, kind="reload", module="ipsec", begins_at=AT, ends_at=AT + 60)
    one.write([Changes(**names, at=AT, sessions=sessions, gaps=(gap,))])
    yield one
    one.close()


@pytest.fixture
async def client(ledger):
    async with serving(whole_app(Questions(ledger))) as one:
        yield one


async def test_sessions_are_answered_page_by_page(client):
    """`next` and the Link header lead to the next page with the same filters."""
    numbers, address = [], "/api/v1/sessions?limit=2&target=hub1"
    while address:
        async with client.get(address) as answer:
            assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json; charset=utf-8")
            told = await answer.json()
            numbers.append([session["number"] for session in told["sessions"]])
            link = answer.links.get("next")
            assert bool(link) == bool(told["next"])
            address = str(link["url"].relative()) if link else None
            if address:
                assert dict(parse_qsl(urlsplit(address).query)) == {
                    "limit": "2",
                    "target": "hub1",
                    "cursor": told["next"],
                }
    assert numbers == [[5, 4], [3, 2], [1]]


async def test_answers_are_csv_for_spreadsheets(client):
    """A header and a row for each object."""
    async with client.get("/api/v1/gaps?format=csv") as answer:
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
        header, row = csv.reader(io.StringIO(await answer.text(), newline=""))
    assert header == [field.name for field in FIELDS["gaps"]]
    assert row[3:6] == ["reload", "ipsec", "2023-11-14T22:13:20Z"]


async def test_answers_are_lines_for_log_shippers(client):
    """An object each; the Link header leads on."""
    async with client.get("/api/v1/sessions?format=jsonl&limit=2") as answer:
        assert answer.headers["Content-Type"] == "application/x-ndjson; charset=utf-8"
        lines = (await answer.text()).splitlines()
        assert [json.loads(line)["number"] for line in lines] == [5, 4]
        assert "format=jsonl" in str(answer.links["next"]["url"])


async def test_events_are_followed(client, ledger):
    """`latest` of one answer is where the next one begins."""
    async with client.get("/api/v1/events") as answer:
        told = await answer.json()
        assert (told["events"], told["latest"]) == ([], 0)
    ledger.write_events([give.event(1), give.event(2)])
    async with client.get(f"/api/v1/events?after={told['latest']}") as answer:
        told = await answer.json()
        assert ([event["id"] for event in told["events"]], told["latest"]) == (["e1", "e2"], 2)


@pytest.mark.parametrize("what", list(FIELDS))
async def test_every_question_is_answered(client, what):
    """With its objects under its own name."""
    async with client.get(f"/api/v1/{what}") as answer:
        assert answer.status == 200
        assert isinstance((await answer.json())[what], list)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("since=soon", "since: "),
        ("limit=10001", "limit: "),
        ("colour=red", "colour: "),
        ("format=xml", "format: 'xml' is none of json, csv, jsonl"),
        ("vrf=a&vrf=b", "vrf: is said twice"),
        ("cursor=W10=", "cursor: "),
    ],
)
async def test_a_bad_parameter_is_named(client, query, told):
    """As JSON, with status 400."""
    async with client.get(f"/api/v1/sessions?{query}") as answer:
        assert answer.status == 400
        assert (await answer.json())["error"].startswith(told)


async def test_without_a_ledger_there_is_no_answer():
    """503, and why."""
    async with serving(whole_app(None)) as client, client.get("/api/v1/sessions") as answer:
        assert (answer.status, await answer.json()) == (503, {"error": "this daemon keeps no ledger"})


async def test_a_ledger_that_fails_is_told():
    """In its own words, which hold no secret."""

    def ask(*_):
        raise LedgerError("asking the ledger x: disk I/O error")

    async with serving(bare_app(ask)) as client, client.get("/api/v1/gaps") as answer:
        assert (answer.status, await answer.json()) == (503, {"error": "asking the ledger x: disk I/O error"})


async def test_questions_wait_for_each_other_not_for_the_event_loop():
    """Two are asked at once, others wait, more are refused; the event loop goes on."""
    asked, release, together = [], threading.Event(), threading.Barrier(3)

    def ask(what, values, seconds):
        asked.append((what, values["limit"], seconds))
        if len(asked) <= 2:
            together.wait(PATIENCE)
        release.wait(PATIENCE)
        return {what: [], "next": None}

    async with serving(bare_app(ask, answers=3, query_seconds=7.0)) as client:
        first = [asyncio.create_task(client.get(f"/api/v1/gaps?limit={number}")) for number in (1, 2, 3)]
        await asyncio.to_thread(together.wait, PATIENCE)
        refused = None
        async with asyncio.timeout(PATIENCE):
            while refused is None or refused.status != 503:
                refused = await client.get("/api/v1/gaps?limit=9&since=soon")
        assert refused.headers["Retry-After"] == "1"
        assert len(asked) == 2
        release.set()
        answers = await asyncio.gather(*first)
    assert [answer.status for answer in answers] == [200] * 3
    assert sorted(asked) == [("gaps", number, 7.0) for number in (1, 2, 3)]


async def test_an_answer_that_takes_too_long_to_send_is_torn_off():
    """Nobody takes what came for whole."""
    row = dict.fromkeys((field.name for field in FIELDS["gaps"]), "x" * 1000)

    def ask(what, *_):
        return {what: [row] * 2_000, "next": None}

    async def read(client):
        async with client.get("/api/v1/gaps", headers={"Accept-Encoding": "identity"}) as answer:
            return await answer.read()

    async with serving(bare_app(ask, send_seconds=0.001)) as client:
        with pytest.raises(aiohttp.ClientError):
            await read(client)


async def test_a_client_that_is_gone_already_cannot_be_torn_off():
    """Its connection is none any more."""

    async def send(*_):
        raise TimeoutError

    site = LedgerSite(lambda what, *_: {what: [], "next": None}, send)
    (route,) = (one for one in site.routes() if one.path == "/api/v1/gaps")
    answer = await route.handler(SimpleNamespace(query=MultiDict(), path="/", transport=None))
    assert answer.status == 200
    async for _ in site.running(web.Application()):
        pass


async def test_what_is_asked_ends_with_the_application():
    """So that its threads end."""

    class Question:
        closed = False

        def __call__(self, what, *_):
            return {what: [], "next": None}

        def close(self):
            self.closed = True

    question = Question()
    async with serving(bare_app(question)) as client, client.get("/api/v1/gaps") as answer:
        assert (answer.status, question.closed) == (200, False)
    assert question.closed


async def test_the_description_is_served(client):
    """As it is committed."""
    async with client.get("/api/v1/openapi.json") as answer:
        assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json; charset=utf-8")
        assert json.loads(await answer.text())["openapi"] == "3.1.0"
