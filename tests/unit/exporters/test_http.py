import asyncio
import dataclasses
import gzip
import json
import re
import socket
import struct
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import SimpleNamespace

import aiohttp
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from collector.model import ChildSa, Origin
from collector.store import Store
from exporters.http import Limits, _given_up, accepts_gzip, create_app, serve
from exporters.own import OwnMetrics
from exporters.page import STYLE_HASH
from exporters.prometheus import Format
from exporters.views import Views
from tests.agents.watched import Watched

PATIENCE = 20
"""Seconds that a test waits for what must come."""
HUB = {"local_address": "10.1.1.2", "remote_address": "10.1.1.1"}


@dataclass
class Site:
    """A daemon's HTTP side, served on a loopback port."""

    store: Watched
    views: Views
    own: OwnMetrics
    host: str = ""
    port: int = 0

    def url(self, path):
        return f"http://{self.host}:{self.port}{path}"

    def count(self, name):
        families = parse_text(self.own.render(Format.TEXT).decode())
        return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}[name]


@asynccontextmanager
async def serving(**configuration):
    store = Watched()
    site = Site(store, store.views(), OwnMetrics(version="1"))
    app = create_app(store, site.views, site.own, **configuration)
    async with serve(app, [("127.0.0.1", 0)]) as ((site.host, site.port),):
        yield site


@pytest.fixture
async def site():
    async with serving() as one:
        yield one


@pytest.fixture
async def client():
    plain = {"Accept-Encoding": "identity"}
    timeout = aiohttp.ClientTimeout(PATIENCE)
    async with aiohttp.ClientSession(auto_decompress=False, headers=plain, timeout=timeout) as session:
        yield session


@pytest.fixture
def hub(filled, snapshot):
    """Some megabytes of exposition: more than the buffers between a server and a client that does not read."""
    rows = [filled(ChildSa, n) for n in range(1_500)]
    rows = [
        dataclasses.replace(row, index=str(n), local_address="10.1.1.2", remote_address=f"10.0.{n >> 8}.{n & 255}")
        for n, row in enumerate(rows)
    ]
    return snapshot(*rows)


async def become(condition):
    """Wait until a condition is true."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def asking(site, request=b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"):
    """A connection that asks, and reads as little as its buffers allow."""
    loop = asyncio.get_running_loop()
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(0)
        await loop.sock_connect(connection, (site.host, site.port))
        await loop.sock_sendall(connection, request)
        yield connection


async def rest_of(connection):
    """Read a connection to its end, however it ends."""
    read = bytearray()
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                data = await asyncio.get_running_loop().sock_recv(connection, 1 << 16)
            except ConnectionError:
                return bytes(read)
            if not data:
                return bytes(read)
            read += data


async def test_metrics_are_served_in_the_text_format(site, client, snapshot):
    """What was polled last and the daemon's own, at once; the scrape is counted."""
    site.store.publish(snapshot(ChildSa(index="1", **HUB, receive_bytes=400)))
    async with client.get(site.url("/metrics")) as answer:
        text = await answer.text()
        assert (answer.status, answer.headers["Content-Type"]) == (200, Format.TEXT.value)
        assert "Content-Encoding" not in answer.headers
    names = {family.name for family in parse_text(text)}
    assert names >= {
        "ipsec_tunnel_receive_bytes",
        "tunnelwatch_poll_success",
        "tunnelwatch_build_info",
        "process_cpu_seconds",
    }
    assert site.count(("tunnelwatch_scrapes_total", "complete")) == 1
    assert site.count(("tunnelwatch_scrape_duration_seconds_count",)) == 1


async def test_metrics_are_served_in_openmetrics_to_who_prefers_it(site, client, snapshot):
    """One document with one end."""
    site.store.publish(snapshot(ChildSa(index="1", **HUB, receive_bytes=400)))
    accept = {"Accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"}
    async with client.get(site.url("/metrics"), headers=accept) as answer:
        text = await answer.text()
        assert answer.headers["Content-Type"] == Format.OPENMETRICS.value
    names = {family.name for family in parse_openmetrics(text)}
    assert names >= {"ipsec_tunnel_receive_bytes", "ipsec_tunnel", "tunnelwatch_build", "process_cpu_seconds"}


async def test_answers_are_compressed_for_who_takes_it(site, client, hub):
    """Whole, though in pieces."""
    site.store.publish(hub)
    async with client.get(site.url("/metrics"), headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.headers["Vary"] == "Accept, Accept-Encoding"
        packed = await answer.read()
    text = gzip.decompress(packed)
    assert len(packed) < len(text) / 5
    assert text.count(b"\nipsec_tunnel_receive_bytes_total{") == 1_500


@pytest.mark.parametrize(
    ("header", "takes"),
    [
        ("", False),
        ("gzip", True),
        ("deflate, GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0, *", False),
        ("*", True),
        ("identity;q=1, *;q=0", False),
        ("x-gzip", False),
    ],
)
def test_gzip_is_used_only_where_it_is_accepted(header, takes):
    """RFC 9110 section 12.5.3."""
    assert accepts_gzip(header) is takes


async def test_head_gets_headers_only(site, client):
    """Of every page."""
    for path in ("/", "/metrics", "/-/healthy", "/-/ready", "/api/v1/tunnels", "/api/v1/targets"):
        async with client.head(site.url(path)) as answer:
            assert (answer.status, await answer.read()) == (200, b"")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
async def test_nothing_but_get_and_head_is_served(site, client, method):
    """The daemon is read-only to the world, too."""
    async with client.request(method, site.url("/metrics"), data=b"x" * 10_000) as answer:
        assert answer.status == 405


async def test_every_answer_carries_security_headers(site, client):
    """Errors as well; nothing tells what the server is made of."""
    for path, status in (("/", 200), ("/metrics", 200), ("/nowhere", 404)):
        async with client.get(site.url(path)) as answer:
            assert answer.status == status
            assert answer.headers["Server"] == "tunnelwatch"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["X-Frame-Options"] == "DENY"
            assert answer.headers["Cache-Control"] == "no-store"
            assert STYLE_HASH in answer.headers["Content-Security-Policy"]


async def test_healthy_is_the_daemon_that_answers(site, client):
    """Whatever its targets do."""
    async with client.get(site.url("/-/healthy")) as answer:
        assert (answer.status, await answer.text()) == (200, "ok\n")


async def test_ready_is_the_daemon_that_has_polled_everything_once(site, client, snapshot):
    """Or failed to; before, it says what it waits for."""
    origins = [Origin(target=f"hub{n:02}", vrf="vrf1", source="snmp", module="ipsec") for n in range(12)]
    site.store.configure(origins)
    async with client.get(site.url("/-/ready")) as answer:
        text = await answer.text()
        assert answer.status == 503
        assert text.startswith("waiting for the first poll of hub00/vrf1/ipsec, hub01/vrf1/ipsec, ")
        assert text.endswith(" and 2 more\n")
    for origin in origins[:11]:
        site.store.publish(snapshot(target=origin.target))
    async with client.get(site.url("/-/ready")) as answer:
        assert await answer.text() == "waiting for the first poll of hub11/vrf1/ipsec\n"
    site.store.publish(snapshot(target="hub11", error="timed out"))
    async with client.get(site.url("/-/ready")) as answer:
        assert (answer.status, await answer.text()) == (200, "ready\n")


async def test_ready_waits_for_what_else_the_daemon_waits_for(client):
    """Discovery of contexts, for one."""
    why = "discovering the contexts of hub1"
    async with serving(waiting=lambda: why) as site, client.get(site.url("/-/ready")) as answer:
        assert (answer.status, await answer.text()) == (503, f"{why}\n")


async def test_the_page_and_the_api_tell_what_was_polled(site, client, snapshot):
    """The page in HTML, the API in JSON."""
    site.store.publish(snapshot(ChildSa(index="1", **HUB)))
    async with client.get(site.url("/")) as answer:
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert "hub1" in await answer.text()
    async with client.get(site.url("/api/v1/tunnels")) as answer:
        assert [tunnel["peer"] for tunnel in json.loads(await answer.read())["tunnels"]] == ["10.1.1.1"]
    async with client.get(site.url("/api/v1/targets")) as answer:
        assert [target["target"] for target in json.loads(await answer.read())["targets"]] == ["hub1"]


async def test_others_have_their_turn_between_any_two_pieces(site, client, monkeypatch):
    """A scrape holds the event loop for no longer than one step of a refresh, or one piece of the answer, takes."""
    turns, seen = 0, []

    async def count():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    def steps(*_):
        for _ in range(20):
            seen.append(turns)
            yield b"x"

    monkeypatch.setattr(site.views, "refresh", steps)
    monkeypatch.setattr("exporters.http.exposition", steps)
    counting = asyncio.create_task(count())
    async with client.get(site.url("/metrics")) as answer:
        assert await answer.read() == b"x" * 20
    counting.cancel()
    assert len(seen) == len(set(seen)) == 40


async def test_as_many_answers_as_allowed_are_made_at_once(client, hub):
    """Who comes too many is told to come again, and counted."""
    async with serving(limits=Limits(answers=1)) as site:
        site.store.publish(hub)
        async with asking(site) as slow:
            assert await asyncio.get_running_loop().sock_recv(slow, 12) == b"HTTP/1.1 200"
            for path in ("/metrics", "/api/v1/tunnels"):
                async with client.get(site.url(path)) as answer:
                    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
            async with client.get(site.url("/-/healthy")) as answer:
                assert answer.status == 200
            assert site.count(("tunnelwatch_scrapes_total", "refused")) == 1
            assert (await rest_of(slow)).endswith(b"0\r\n\r\n")
        async with client.get(site.url("/metrics")) as answer:
            assert answer.status == 200


async def test_a_reader_that_is_too_slow_is_cut_off(client, hub):
    """What it has cannot be taken for whole, and nobody else is kept from their answer."""
    async with serving(limits=Limits(answers=1, answer_seconds=0.5)) as site:
        site.store.publish(hub)
        list(site.views.refresh())
        async with asking(site) as slow:
            await become(lambda: site.count(("tunnelwatch_scrapes_total", "timeout")) == 1)
            read = await rest_of(slow)
            assert read.startswith(b"HTTP/1.1 200")
            assert not read.endswith(b"0\r\n\r\n")
        async with client.get(site.url("/-/healthy")) as answer:
            assert answer.status == 200


def test_a_connection_that_is_gone_already_is_not_cut_off():
    """The reader left in the very moment when its time was over."""
    begun = SimpleNamespace(prepared=True)
    assert _given_up(SimpleNamespace(transport=None), begun) is begun


async def test_an_answer_that_takes_too_long_to_begin_is_an_error(client, hub):
    """Not an empty success."""
    async with serving(limits=Limits(answer_seconds=0)) as site:
        site.store.publish(hub)
        async with client.get(site.url("/metrics")) as answer:
            assert (answer.status, await answer.text()) == (503, "it took too long to make the answer\n")
        assert site.count(("tunnelwatch_scrapes_total", "timeout")) == 1


async def test_a_scraper_that_goes_away_is_counted(site, hub):
    """And its answer is no longer made."""
    site.store.publish(hub)
    async with asking(site) as gone:
        assert await asyncio.get_running_loop().sock_recv(gone, 12) == b"HTTP/1.1 200"
        gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    await become(lambda: site.count(("tunnelwatch_scrapes_total", "aborted")) == 1)


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /" + b"x" * 5_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: " + b"x" * 10_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: 1\r\n" % n for n in range(100)) + b"\r\n",
        b"nonsense\r\n\r\n",
    ],
)
async def test_requests_that_are_too_large_or_none_are_refused(site, request_):
    """With a client error, and the connection is closed."""
    async with asking(site, request_) as connection:
        assert re.match(rb"HTTP/1\.[01] 4\d\d ", await rest_of(connection))


@pytest.mark.parametrize("request_", [b"", b"GET /metrics HTTP/1.1\r\nHost: x"])
async def test_silent_connections_are_closed(request_):
    """Before a request, and in the middle of one."""
    async with serving(limits=Limits(idle_seconds=0.2)) as site, asking(site, request_) as connection:
        assert await rest_of(connection) == b""


async def test_connections_beyond_the_limit_are_closed_at_once(client):
    """And counted; when one goes, another may come."""
    async with serving(limits=Limits(connections=1)) as site:
        async with asking(site, b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n") as first:
            assert await asyncio.get_running_loop().sock_recv(first, 12) == b"HTTP/1.1 200"
            async with asking(site, b"") as second:
                assert await rest_of(second) == b""
            assert site.count(("tunnelwatch_http_connections_refused_total",)) == 1

        async def answered():
            try:
                async with client.get(site.url("/-/healthy")) as answer:
                    return answer.status == 200
            except aiohttp.ClientError:
                return False

        async with asyncio.timeout(PATIENCE):
            while not await answered():
                await asyncio.sleep(0.01)


async def test_several_addresses_are_served():
    """Each on the port that the system chose; none after the end."""
    store = Store()
    app = create_app(store, Views(store), OwnMetrics(version=""))
    async with serve(app, [("127.0.0.1", 0), ("127.0.0.2", 0)]) as bound:
        assert [host for host, _ in bound] == ["127.0.0.1", "127.0.0.2"]
        for host, port in bound:
            (await asyncio.open_connection(host, port))[1].close()
    for host, port in bound:
        with pytest.raises(OSError):  # noqa: PT011 - any of refused and reset
            await asyncio.open_connection(host, port)


async def test_an_address_that_is_taken_is_an_error(site):
    """Of the one who asked for it; nothing else stays bound."""
    store = Store()
    app = create_app(store, Views(store), OwnMetrics(version=""))
    with pytest.raises(OSError, match="address already in use"):
        async with serve(app, [("127.0.0.1", 0), (site.host, site.port)]):
            pytest.fail("served")
