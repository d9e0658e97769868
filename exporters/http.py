"""The HTTP server: /metrics and what else the daemon tells, read-only.

Answers leave in pieces, and the event loop has its turn between any two: a scrape of a million samples delays no poll.
Whoever asks too much, too often or too slowly is refused, and the refusal is counted.
"""

import asyncio
import re
import zlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from collector.store import Store
from exporters import openapi
from exporters.api import targets_json, tunnels_json
from exporters.ledger_api import Asks, LedgerSite
from exporters.own import OwnMetrics
from exporters.page import STYLE_HASH, page_html
from exporters.prometheus import exposition, negotiate
from exporters.views import Views

GZIP = 16 + zlib.MAX_WBITS
SHOWN_ORIGINS = 10
"""Origins that /-/ready names."""

_HEADERS = {
    "Server": "tunnelwatch",
    "Cache-Control": "no-store",
    "Content-Security-Policy": f"default-src 'none'; style-src '{STYLE_HASH}'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a client may take."""

    answers: int = 16
    """Answers under way at once, of those that are made in pieces."""
    answer_seconds: float = 60.0
    """How long one may take, slow readers included."""
    connections: int = 512
    idle_seconds: float = 75.0
    """How long a connection may be silent before, within or after a request."""
    line_bytes: int = 4_096
    """Of the request line."""
    header_bytes: int = 8_192
    """Of one header."""
    headers: int = 64


LIMITS = Limits()
LIMITS_KEY = web.AppKey("limits", Limits)
OWN_KEY = web.AppKey("own", OwnMetrics)

_JSON = "application/json; charset=utf-8"
_HTML = "text/html; charset=utf-8"


def create_app(
    store: Store,
    views: Views,
    own: OwnMetrics,
    *,
    waiting: Callable[[], str | None] = lambda: None,
    limits: Limits = LIMITS,
    ledger: Asks | None = None,
) -> web.Application:
    """Make the application that `serve` serves.

    Args:
        store: where the snapshots are; /-/ready waits until each of its configured origins was polled or failed once.
        views: made of that store; refreshed by scrapes.
        own: the daemon's own metrics.
        waiting: what else /-/ready waits for, as a text, or None.
        limits: what a client may take.
        ledger: what answers questions about sessions, failures and gaps; None if no ledger is kept.
    """
    app = web.Application(client_max_size=1)
    app[LIMITS_KEY], app[OWN_KEY] = limits, own
    site = _Site(store, views, own, waiting, limits)
    app.add_routes(
        [
            web.get("/", site.page),
            web.get("/metrics", site.metrics),
            web.get("/-/healthy", site.healthy),
            web.get("/-/ready", site.ready),
            web.get("/api/v1/tunnels", site.tunnels),
            web.get("/api/v1/targets", site.targets),
        ]
    )
    records = LedgerSite(ledger, _send)
    app.add_routes([*records.routes(), web.get("/api/v1/openapi.json", _openapi)])
    app.cleanup_ctx.append(records.running)
    app.on_response_prepare.append(_secure)
    return app


async def _openapi(_: web.Request) -> web.Response:
    return web.Response(body=openapi.text().encode(), headers={"Content-Type": _JSON})


async def _secure(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_HEADERS)


class _Site:
    """What the handlers share."""

    def __init__(
        self, store: Store, views: Views, own: OwnMetrics, waiting: Callable[[], str | None], limits: Limits
    ) -> None:
        self._store = store
        self._views = views
        self._own = own
        self._waiting = waiting
        self._limits = limits
        self._refreshing = asyncio.Lock()
        self._answers = 0

    async def metrics(self, request: web.Request) -> web.StreamResponse:
        chosen = negotiate(request.headers.get("Accept", ""))
        with self._own.scrape_duration.time():
            response, outcome = await self._answer(
                request, chosen.value, lambda: exposition(self._views.current, self._own.render(chosen), chosen)
            )
        self._own.scrapes.labels(outcome).inc()
        return response

    async def tunnels(self, request: web.Request) -> web.StreamResponse:
        return (await self._answer(request, _JSON, lambda: map(str.encode, tunnels_json(self._views.current))))[0]

    async def targets(self, request: web.Request) -> web.StreamResponse:
        return (await self._answer(request, _JSON, lambda: map(str.encode, targets_json(self._store.contexts()))))[0]

    async def page(self, request: web.Request) -> web.StreamResponse:
        return (await self._answer(request, _HTML, lambda: map(str.encode, page_html(self._store.contexts()))))[0]

    async def healthy(self, _: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def ready(self, _: web.Request) -> web.Response:
        why_not = self._waiting() or self._unpolled()
        return web.Response(text=f"{why_not}\n", status=503) if why_not else web.Response(text="ready\n")

    def _unpolled(self) -> str | None:
        awaited = sorted(f"{one.target}/{one.vrf}/{one.module}" for one in self._store.awaited())
        more = f" and {len(awaited) - SHOWN_ORIGINS} more" if len(awaited) > SHOWN_ORIGINS else ""
        return f"waiting for the first poll of {', '.join(awaited[:SHOWN_ORIGINS])}{more}" if awaited else None

    async def _answer(
        self, request: web.Request, content_type: str, pieces: Callable[[], Iterator[bytes]]
    ) -> tuple[web.StreamResponse, str]:
        """Answer with pieces that are asked for once the views are fresh; return how that ended, too."""
        if self._answers >= self._limits.answers:
            text = "as many requests as may be are being answered\n"
            return web.Response(text=text, status=503, headers={"Retry-After": "1"}), "refused"
        response = web.StreamResponse(headers={"Content-Type": content_type, "Vary": "Accept, Accept-Encoding"})
        self._answers += 1
        try:
            async with asyncio.timeout(self._limits.answer_seconds):
                await self._refresh()
                await _send(request, response, pieces)
        except TimeoutError:
            return _given_up(request, response), "timeout"
        except ConnectionError:
            return response, "aborted"
        finally:
            self._answers -= 1
        return response, "complete"

    async def _refresh(self) -> None:
        async with self._refreshing:
            for _ in self._views.refresh():
                await asyncio.sleep(0)


async def _send(request: web.Request, response: web.StreamResponse, pieces: Callable[[], Iterator[bytes]]) -> None:
    compressor = zlib.compressobj(1, wbits=GZIP) if accepts_gzip(request.headers.get("Accept-Encoding", "")) else None
    if compressor:
        response.headers["Content-Encoding"] = "gzip"
    await response.prepare(request)
    if request.method == "HEAD":
        return
    for piece in pieces():
        if data := compressor.compress(piece) if compressor else piece:
            await response.write(data)
        await asyncio.sleep(0)
    if compressor:
        await response.write(compressor.flush())
    await response.write_eof()


def _given_up(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """End an answer that took too long: what has begun is torn off, so that nobody takes it for whole."""
    if not response.prepared:
        return web.Response(text="it took too long to make the answer\n", status=503)
    if request.transport:
        request.transport.abort()
    return response


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether an Accept-Encoding header takes gzip."""
    codings = dict(re.findall(r"([\w*-]+)(?:\s*;\s*q=([0-9.]+))?", accept_encoding.lower()))
    return codings.get("gzip", codings.get("*", "0")) not in {"0", "0.0", "0.00", "0.000"}


@asynccontextmanager
async def serve(app: web.Application, addresses: Iterable[tuple[str, int]]) -> AsyncIterator[list[tuple[str, int]]]:
    """Serve an application from `create_app` at addresses (host, port; port 0 is any), until the context ends.

    Yields:
        The addresses that it is bound to.

    Raises:
        OSError: an address cannot be bound.
    """
    limits = app[LIMITS_KEY]
    runner = web.AppRunner(
        app,
        access_log=None,
        handle_signals=False,
        keepalive_timeout=limits.idle_seconds,
        lingering_time=1.0,
        max_line_size=limits.line_bytes,
        max_field_size=limits.header_bytes,
        max_headers=limits.headers,
        shutdown_timeout=1.0,
    )
    await runner.setup()
    servers: list[asyncio.Server] = []
    try:
        loop = asyncio.get_running_loop()
        if runner.server is None:
            raise AssertionError("it was set up just now")
        doorman = _Doorman(runner.server, limits, app[OWN_KEY])
        for host, port in addresses:
            servers.append(await loop.create_server(doorman, host, port))
        yield [socket.getsockname()[:2] for server in servers for socket in server.sockets]
    finally:
        for server in servers:
            server.close()
        await runner.cleanup()


class _Doorman:
    """Lets a connection in, unless there are too many."""

    def __init__(self, server: web.Server, limits: Limits, own: OwnMetrics) -> None:
        self._server = server
        self._limits = limits
        self._own = own

    def __call__(self) -> asyncio.Protocol:
        if len(self._server.connections) >= self._limits.connections:
            self._own.connections_refused.inc()
            return _Refusal()
        return self._server()


class _Refusal(asyncio.Protocol):
    """A connection that is closed before anything is read."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()
