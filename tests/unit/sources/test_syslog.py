"""Ports where syslog messages arrive."""

import asyncio
import contextlib
import errno
import socket
import struct
import time

import pytest
import structlog.testing

from collector.errors import SourceError
from collector.sources.connection import StreamLimits
from collector.sources.listener import Listener
from collector.sources.streams import StreamListener
from collector.sources.syslog import SyslogListeners, SyslogPort
from collector.sources.tls import TlsFiles
from tests.agents.certificates import Authority

UDP = SyslogPort(listener=Listener("udp", "127.0.0.1", 0))
TCP = SyslogPort(listener=Listener("tcp", "127.0.0.1", 0))
TCP6 = SyslogPort(listener=Listener("tcp", "::1", 0, "red"))


class Heard:
    """What open ports have given to their taker, which refuses what it is told to."""

    def __init__(self):
        self.arrivals = []
        self.refusal = None

    def take(self, arrival):
        self.arrivals.append(arrival)
        return self.refusal

    @property
    def texts(self):
        return [each.message.text for each in self.arrivals]


@pytest.fixture
def heard():
    return Heard()


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def tls(authority):
    """A port that demands a client's certificate."""
    server = authority.issue("server")
    files = TlsFiles(server.certificate, server.key, authority.certificate)
    return SyslogPort(listener=Listener("tls", "127.0.0.1", 0), tls=files)


def listeners(heard, *ports, **options):
    limits = StreamLimits(**{"stop": 0.5, **options.pop("limits", {})})
    return SyslogListeners(ports, heard.take, limits=limits, **options)


@contextlib.asynccontextmanager
async def connected(open_ports, number=0, **options):
    listener = open_ports.listeners[number]
    reader, writer = await asyncio.open_connection(listener.host, listener.port, **options)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def is_ended(reader):
    """Wait until the other side has ended a connection."""
    with contextlib.suppress(ConnectionError):
        assert await asyncio.wait_for(reader.read(), 10) == b""
    return True


async def test_datagrams(heard, wait_until):
    """A datagram is a message; what cannot be read, is refused or comes from strangers is counted."""
    async with listeners(heard, UDP) as ports:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.connect(("127.0.0.1", ports.listeners[0].port))
            before = time.time()
            sender.send(b"<189>42: hub1: Nov 21 09:00:00: %SYS-5-CONFIG_I: Configured")
            sender.send(b"<999>sesame")
            await wait_until(lambda: ports.stats()[0].dropped)
            heard.refusal = "busy"
            sender.send(b"<13>more")
            await wait_until(lambda: len(ports.stats()[0].dropped) == 2)
        (stats,) = ports.stats()
    (first, _) = heard.arrivals
    assert (first.message.hostname, first.message.text) == ("hub1", "%SYS-5-CONFIG_I: Configured")
    assert (first.sender, first.listener) == ("127.0.0.1", stats.listener)
    assert before - 0.1 < first.received_at < before + 30
    assert (stats.taken, stats.dropped) == (1, {"malformed": 1, "busy": 1})
    assert (stats.kernel_drops, stats.waiting, stats.connections, stats.ended) == (0, 0, 0, {})
    assert stats.buffer_octets > 0


@pytest.mark.parametrize("number", [0, 1, 2])
async def test_streams(heard, wait_until, tls, authority, number):
    """TCP of IPv4 and IPv6 and TLS: frames in both framings, from several connections at once, each by itself."""
    async with listeners(heard, TCP, TCP6, tls) as ports:
        options = {"ssl": authority.client_context(authority.issue("router"))} if number == 2 else {}
        async with (
            connected(ports, number, **options) as (_, one),
            connected(ports, number, **options) as (_, two),
        ):
            one.write(b"6 <13>on7 <13")
            two.write(b"<13>first\n<13>sec")
            await wait_until(lambda: len(heard.arrivals) == 2)
            assert ports.stats()[number].connections == 2
            one.write(b">two")
            two.write(b"ond")
            two.write_eof() if two.can_write_eof() else two.close()
            await wait_until(lambda: len(heard.arrivals) == 4)
        await wait_until(lambda: ports.stats()[number].connections == 0)
        stats = ports.stats()[number]
    assert sorted(heard.texts) == ["first", "on", "second", "two"]
    assert {(each.sender, each.listener) for each in heard.arrivals} == {
        ("::1" if number == 1 else "127.0.0.1", stats.listener)
    }
    assert (stats.taken, stats.accepted, stats.dropped, stats.ended) == (4, 2, {}, {})


async def test_lost_frames_are_counted(heard, wait_until):
    """Frames that are too long, and one that a broken connection cut, are counted; the rest arrives."""
    async with listeners(heard, TCP, limits={"frame_octets": 100}) as ports:
        async with connected(ports) as (_, writer):
            writer.write(b"<13>" + b"x" * 300 + b"\n<13>good\n" + b"<13>" + b"y" * 300 + b"\n")
            await wait_until(lambda: ports.stats()[0].dropped == {"oversized": 2})
        async with connected(ports) as (_, writer):
            writer.write(b"20 <13>cut")
            await wait_until(lambda: ports.stats()[0].accepted == 2)
            await writer.drain()
            writer.write_eof()
            await wait_until(lambda: ports.stats()[0].dropped == {"oversized": 2, "unfinished": 1})
        reset = socket.create_connection(("127.0.0.1", ports.listeners[0].port))
        reset.sendall(b"<13>begun")
        await wait_until(lambda: ports.stats()[0].connections == 1)
        await asyncio.sleep(0.05)
        reset.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        reset.close()
        await wait_until(lambda: ports.stats()[0].dropped == {"oversized": 2, "unfinished": 2})
    assert heard.texts == ["good"]


@pytest.mark.parametrize("octets", [b"3 <13>a<13>b", b"4 <13>\xff\xff\xff"])
async def test_a_bad_count_ends_the_connection(heard, octets):
    """There is no next frame to be found; what came before it was taken."""
    async with listeners(heard, TCP) as ports:
        async with connected(ports) as (reader, writer):
            writer.write(b"6 <13>ok" + octets)
            assert await is_ended(reader)
        assert ports.stats()[0].ended == {"bad-frame": 1}
    assert heard.texts[0] == "ok"


@pytest.mark.parametrize(
    ("limits", "octets", "ending"),
    [
        ({"frame": 0.1}, b"<13>never ends", "slow"),
        ({"frame": 0.1}, b"9", "slow"),
        ({"idle": 0.1, "frame": 0.05}, b"", "idle"),
        ({"idle": 0.1, "frame": 0.05}, b"<13>whole\n", "idle"),
    ],
)
async def test_slow_and_silent_peers(heard, limits, octets, ending):
    """A frame must be whole in time, and something must come now and then."""
    async with listeners(heard, TCP, limits=limits) as ports:
        async with connected(ports) as (reader, writer):
            writer.write(octets)
            assert await is_ended(reader)
        assert ports.stats()[0].ended == {ending: 1}
        assert ports.stats()[0].connections == 0


async def test_drops_by_drops_is_slow_too(heard):
    """An octet now and then does not keep a connection open: the frame counts."""
    async with listeners(heard, TCP, limits={"frame": 0.3}) as ports:
        async with connected(ports) as (_, writer):
            async with asyncio.timeout(10):
                with contextlib.suppress(ConnectionError):
                    while True:
                        writer.write(b"x")
                        await writer.drain()
                        await asyncio.sleep(0.05)
        assert ports.stats()[0].ended == {"slow": 1}


async def test_too_many_connections(heard, wait_until):
    """What is beyond the limit of a port or of a sender is closed at once; the others go on, and places become free."""
    port = SyslogPort(listener=TCP.listener, connections=3)
    async with listeners(heard, port, limits={"connections_of_sender": 2}) as ports:
        listener = ports.listeners[0]
        async with connected(ports) as (_, one), connected(ports) as (_, two), connected(ports) as (third, _):
            assert await is_ended(third)
            async with (
                connected(ports, local_addr=("127.0.0.2", 0)) as (_, three),
                connected(ports, local_addr=("127.0.0.3", 0)) as (refused, _),
            ):
                assert await is_ended(refused)
                for writer in (one, two, three):
                    writer.write(b"<13>on\n")
                await wait_until(lambda: len(heard.arrivals) == 3)
        ended = {"too-many-connections": 1, "too-many-connections-of-sender": 1}
        assert ports.stats()[0].ended == ended
        await wait_until(lambda: ports.stats()[0].connections == 0)
        async with connected(ports) as (_, writer):
            writer.write(b"<13>again\n")
            await wait_until(lambda: len(heard.arrivals) == 4)
        assert ports.stats()[0].ended == ended
        assert listener == ports.stats()[0].listener


async def test_strangers_are_not_listened_to(heard, wait_until):
    """Datagrams and connections of addresses that are not admitted are counted."""
    async with listeners(heard, UDP, TCP, admits=lambda sender: sender != "127.0.0.1") as ports:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"<13>hello", ("127.0.0.1", ports.listeners[0].port))
        async with connected(ports, 1) as (reader, writer):
            writer.write(b"<13>hello\n")
            assert await is_ended(reader)
        await wait_until(lambda: ports.stats()[0].dropped == {"unknown-sender": 1})
        assert ports.stats()[1].ended == {"unknown-sender": 1}
        assert ports.stats()[1].accepted == 0
    assert not heard.arrivals


async def test_why_a_handshake_failed(heard, tls, authority, wait_until):
    """The log says what is wrong with a peer's certificate."""
    stranger = Authority(authority.certificate.parent, "stranger")
    contexts = [authority.client_context(), authority.client_context(stranger.issue("spy"))]
    for context, detail in zip(contexts, ("peer did not return a certificate", "unable to get"), strict=True):
        with structlog.testing.capture_logs() as log:
            async with listeners(heard, tls) as ports:
                with contextlib.suppress(OSError):
                    async with connected(ports, ssl=context) as (reader, _):
                        await is_ended(reader)
                await wait_until(lambda: ports.stats()[0].ended == {"handshake": 1})
        assert detail in log[0]["detail"]


async def test_peers_that_are_no_tls(heard, tls, authority, wait_until):
    """Silence, garbage, no certificate and a stranger's certificate cost a handshake each, and nobody else anything."""
    stranger = Authority(authority.certificate.parent, "stranger")
    contexts = [authority.client_context(), authority.client_context(stranger.issue("spy"))]
    good = authority.client_context(authority.issue("router"))
    async with (
        listeners(heard, tls, limits={"handshake": 0.5}) as ports,
        connected(ports) as (silence, _),
        connected(ports, ssl=good) as (_, router),
    ):
        async with connected(ports) as (reader, writer):
            writer.write(b"<13>in clear\n" * 20)
            assert await is_ended(reader)
        for context in contexts:
            with contextlib.suppress(OSError):
                async with connected(ports, ssl=context) as (reader, _):
                    await is_ended(reader)
        router.write(b"10 <13>secret")
        await wait_until(lambda: heard.arrivals)
        assert await is_ended(silence)
        await wait_until(lambda: ports.stats()[0].ended == {"handshake": 4})
        assert ports.stats()[0].connections == 1
    assert heard.texts == ["secret"]


async def test_an_orderly_stop(heard, tls, authority, wait_until):
    """Peers see their connection end; no task, socket or port is left, even where a peer does not answer."""
    context = authority.client_context(authority.issue("router"))
    async with listeners(heard, TCP, tls) as ports:
        taken = ports.listeners
        readers = [(await asyncio.open_connection("127.0.0.1", taken[0].port))]
        readers.append(await asyncio.open_connection("127.0.0.1", taken[1].port, ssl=context))
        half = socket.create_connection(("127.0.0.1", taken[1].port))
        await wait_until(lambda: [each.connections for each in ports.stats()] == [1, 2])
        started = asyncio.get_running_loop().time()
        tasks = asyncio.all_tasks()
    assert asyncio.get_running_loop().time() - started < 5
    assert all(task.done() for task in tasks if task is not asyncio.current_task())
    for reader, writer in readers:
        assert await is_ended(reader)
        writer.close()
    half.close()
    async with listeners(heard, *(SyslogPort(listener=each) for each in taken[:1])):
        pass


async def test_a_port_that_is_taken(heard):
    """Entering fails with the port's name, and leaves the others free."""
    async with listeners(heard, UDP, TCP) as ports:
        free = SyslogPort(listener=Listener("tcp", "127.0.0.2", ports.listeners[1].port))
        for taken in ports.listeners:
            with pytest.raises(SourceError, match=f"listening on {taken}: Address already in use"):
                async with listeners(heard, free, SyslogPort(listener=taken)):
                    pass
        async with listeners(heard, free):
            pass


async def test_certificates_that_cannot_be_used(heard, tmp_path):
    """Entering fails with the file's name."""
    bad = TlsFiles(tmp_path / "none.pem", tmp_path / "none.key")
    with pytest.raises(SourceError, match=r"none.pem: No such file"):
        async with listeners(heard, TCP, SyslogPort(listener=Listener("tls", "127.0.0.1", 0), tls=bad)):
            pass


async def test_a_taker_that_fails_costs_one_message(heard, wait_until):
    """The error is the loop's to tell; the messages behind it are taken."""
    errors = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context["exception"]))

    def take(arrival):
        if arrival.message.text == "bad":
            raise RuntimeError("bad")
        return heard.take(arrival)

    async with SyslogListeners([TCP], take) as ports, connected(ports) as (_, writer):
        writer.write(b"<13>bad\n<13>good\n<13>bad\n")
        await wait_until(lambda: len(errors) == 2)
        writer.write(b"<13>better\n")
        await wait_until(lambda: heard.texts == ["good", "better"])
    assert [str(error) for error in errors] == ["bad", "bad"]


async def test_out_of_file_descriptors(heard, monkeypatch, wait_until):
    """Nothing is accepted for a moment, which is counted, and then again."""
    monkeypatch.setattr("collector.sources.streams._PAUSE_SECONDS", 0.01)
    loop = asyncio.get_running_loop()
    accept, failures = loop.sock_accept, [errno.EMFILE, errno.ECONNABORTED, errno.ENFILE]

    async def failing(listening):
        if failures:
            raise OSError(failures.pop(0), "no")
        return await accept(listening)

    monkeypatch.setattr(loop, "sock_accept", failing)
    async with listeners(heard, TCP) as ports:
        async with connected(ports) as (_, writer):
            writer.write(b"<13>on\n")
            await wait_until(lambda: heard.arrivals)
        assert ports.stats()[0].ended == {"no-file-descriptors": 2}


async def test_the_log_has_no_messages(heard, wait_until):
    """What was dropped is told by reason and sender, without its text."""
    with structlog.testing.capture_logs() as log:
        async with listeners(heard, TCP) as ports:
            for octets in (b"<999>sesame\n", b"6 <13>ab12sesame"):
                async with connected(ports) as (_, writer):
                    writer.write(octets)
                    await writer.drain()
                    await wait_until(lambda: ports.stats()[0].connections == 0 or ports.stats()[0].dropped)
            await wait_until(lambda: ports.stats()[0].ended)
    assert {line["reason"] for line in log} == {"malformed", "bad-frame"}
    assert {line["sender"] for line in log} == {"127.0.0.1"}
    assert "sesame" not in str(log)


async def test_a_flood_leaves_others_their_turn(heard, wait_until):
    """A peer that sends as fast as it can delays another's message by no more than its turn."""
    async with listeners(heard, TCP) as ports, connected(ports) as (_, flood), connected(ports) as (_, calm):
        flood.write(b"<13>flood\n" * 40_000)
        await wait_until(lambda: heard.arrivals)
        calm.write(b"<13>calm\n")
        await wait_until(lambda: "calm" in heard.texts)
        await wait_until(lambda: len(heard.arrivals) == 40_001, seconds=60)
    assert heard.texts.index("calm") < 30_000


async def test_nothing_is_lost_at_the_end(heard, wait_until):
    """What came in one reading with the end of the connection is looked at in turns, and all of it."""
    async with listeners(heard, TCP) as ports:
        async with connected(ports) as (_, writer):
            writer.write(b"".join(b"<13>%d\n" % number for number in range(3000)) + b"<13>last")
            writer.write_eof()
            await wait_until(lambda: heard.arrivals)
        await wait_until(lambda: ports.stats()[0].connections == 0)
    assert heard.texts == [*map(str, range(3000)), "last"]


async def test_a_stream_that_nobody_serves():
    """It can be closed."""
    unused = dict.fromkeys(("tls", "endings", "turns", "on_frame", "on_lost"))
    stream = StreamListener(TCP.listener, limits=StreamLimits(), admits=bool, **unused)
    stream.close()
    assert stream.listener.port
