"""What is on record, over HTTP: /api/v1/sessions, failures, gaps, events and report, a page at a time.

Questions are answered in two threads of their own, with a time limit: they never hold up polls or scrapes.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, runtime_checkable
from urllib.parse import urlencode

from aiohttp import web

from collector.errors import LedgerError
from collector.ledger.query_fields import FIELDS
from collector.ledger.query_parameters import QueryError, asked
from exporters.ledger_csv import csv_pieces

QUESTIONS = tuple(FIELDS)
FORMATS = ("json", "csv", "jsonl")
PIECE_BYTES = 1 << 16
_TYPES = {
    "json": "application/json; charset=utf-8",
    "csv": "text/csv; charset=utf-8; header=present",
    "jsonl": "application/x-ndjson; charset=utf-8",
}


class Asks(Protocol):
    """Whoever can answer a question, within a time: a ledger."""

    def __call__(self, what: str, values: Mapping[str, Any], seconds: float, /) -> dict[str, Any]:
        """Answer as `query_answers.answer` does.

        Raises: LedgerError.
        """


@runtime_checkable
class Stops(Protocol):
    """Whoever can be told to end what is being asked."""

    def close(self) -> None:
        """End it."""


Sends: TypeAlias = Callable[[web.Request, web.StreamResponse, Callable[[], Iterator[bytes]]], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLimits:
    """What those who ask may take."""

    at_once: int = 2
    """Questions that the ledger is asked at once."""
    answers: int = 8
    """Questions that wait, are asked or whose answers are on their way, together."""
    query_seconds: float = 20.0
    send_seconds: float = 60.0
    """How long a reader may take to read an answer."""


LEDGER_LIMITS = LedgerLimits()


class LedgerSite:
    """Answers questions about a ledger.

    Args:
        ask: the ledger; None if there is none.
        send: what sends the pieces of an answer, compressed if the client takes that.
        limits: what those who ask may take.
        now: Unix time.
    """

    def __init__(
        self,
        ask: Asks | None,
        send: Sends,
        limits: LedgerLimits = LEDGER_LIMITS,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._ask = ask
        self._send = send
        self._limits = limits
        self._now = now
        self._answers = 0
        self._threads = ThreadPoolExecutor(limits.at_once, thread_name_prefix="ledger-questions")

    def routes(self) -> list[web.RouteDef]:
        """Return the routes: one for each question."""
        return [web.get(f"/api/v1/{what}", self._answering(what)) for what in QUESTIONS]

    async def running(self, _: web.Application) -> AsyncIterator[None]:
        """Leave no thread behind: for `app.cleanup_ctx`."""
        yield
        ask: object = self._ask
        if isinstance(ask, Stops):
            # A long question must not hold up the end of the daemon.
            ask.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _answering(self, what: str) -> Callable[[web.Request], Any]:
        async def answer(request: web.Request) -> web.StreamResponse:
            if self._answers >= self._limits.answers:
                return refusal(503, "as many questions as may be are being answered", {"Retry-After": "1"})
            self._answers += 1
            try:
                return await self._answer(what, request)
            finally:
                self._answers -= 1

        return answer

    async def _answer(self, what: str, request: web.Request) -> web.StreamResponse:
        try:
            chosen, values = _asked(what, request, self._now())
            if self._ask is None:
                return refusal(503, "this daemon keeps no ledger")
            body, following = await self._made(what, values, chosen)
        except QueryError as error:
            return refusal(400, str(error))
        except LedgerError as error:
            return refusal(503, str(error))
        headers = {"Content-Type": _TYPES[chosen], "Vary": "Accept-Encoding"}
        if following:
            headers["Link"] = f'<{request.path}?{urlencode({**request.query, "cursor": following})}>; rel="next"'
        response = web.StreamResponse(headers=headers)
        try:
            async with asyncio.timeout(self._limits.send_seconds):
                await self._send(request, response, lambda: _pieces(body))
        except TimeoutError:
            if request.transport:
                # What has begun is torn off, so that nobody takes it for whole.
                request.transport.abort()
        return response

    async def _made(self, what: str, values: Mapping[str, Any], chosen: str) -> tuple[bytes, str | None]:
        ask, limits = self._ask, self._limits
        if ask is None:
            raise AssertionError("it was looked before")

        def make() -> tuple[bytes, str | None]:
            said = ask(what, values, limits.query_seconds)
            return _written(what, said, chosen).encode(), said["next"]

        return await asyncio.get_running_loop().run_in_executor(self._threads, make)


def _written(what: str, said: Mapping[str, Any], chosen: str) -> str:
    match chosen:
        case "csv":
            return "".join(csv_pieces(FIELDS[what], said[what]))
        case "jsonl":
            return "".join(f"{json.dumps(row)}\n" for row in said[what])
    return json.dumps(said) + "\n"


def _pieces(body: bytes) -> Iterator[bytes]:
    return (body[begin : begin + PIECE_BYTES] for begin in range(0, len(body), PIECE_BYTES))


def refusal(status: int, text: str, headers: Mapping[str, str] | None = None) -> web.Response:
    """Say why there is no answer: `{"error": "…"}`."""
    return web.json_response({"error": text}, status=status, headers=headers)


def _asked(what: str, request: web.Request, now: float) -> tuple[str, dict[str, Any]]:
    """Read a question: the format of its answer and its values.

    Raises: QueryError naming the parameter.
    """
    texts: dict[str, str] = {}
    for name, text in request.query.items():
        if name in texts:
            raise QueryError(f"{name[:40]}: is said twice")
        texts[name] = text
    chosen = texts.pop("format", "json")
    if chosen not in FORMATS:
        raise QueryError(f"format: {chosen[:40]!r} is none of {', '.join(FORMATS)}")
    return chosen, asked(what, texts, now)
