"""UDP ports that strangers send to."""

import asyncio
import itertools
import socket
import time

import pytest
import structlog.testing

from collector.errors import SourceError
from collector.sources.datagrams import DatagramListener, open_all
from collector.sources.listener import Listener

LOOPBACK = Listener("udp", "127.0.0.1", 0)
BOTH = [Listener("udp", "0.0.0.0", 0), Listener("udp", "::", 0)]


@pytest.fixture
def opened():
    """Return a function that opens a port; all are closed in the end."""
    ports = []

    def open_port(on_datagram, listener=LOOPBACK, buffer=8 << 20):
        ports.append(DatagramListener(listener, on_datagram, buffer))
        return ports[-1]

    yield open_port
    for port in ports:
        port.close()


def sender_to(port, host=None):
    ipv6 = port.listener.is_ipv6
    sender = socket.socket(socket.AF_INET6 if ipv6 else socket.AF_INET, socket.SOCK_DGRAM)
    sender.connect((host or ("::1" if ipv6 else "127.0.0.1"), port.listener.port))
    sender.settimeout(0)
    return sender


@pytest.mark.parametrize("listener", [LOOPBACK, Listener("udp", "::1", 0, "red"), *BOTH])
async def test_a_burst_is_received_whole_and_in_order(listener, opened, wait_until):
    """5,000 datagrams that come while the loop is busy are all handed over, with sender and the time of arrival."""
    received = []
    port = opened(lambda _, datagram: received.append(datagram), listener)
    if port.buffer_octets < 6 << 20:
        pytest.skip("needs sysctl net.core.rmem_max of 4 MiB, or CAP_NET_ADMIN")
    before = time.time()
    with sender_to(port) as sender:
        for number in range(5000):
            sender.send(number.to_bytes(2, "big") * 125)
        sent = time.time()
        await wait_until(lambda: len(received) == 5000)
    assert [each.data[:2] for each in received] == [number.to_bytes(2, "big") for number in range(5000)]
    assert {each.sender for each in received} == {"::1" if listener.is_ipv6 else "127.0.0.1"}
    assert before - 0.01 <= received[0].received_at <= received[-1].received_at <= sent + 0.01
    assert (port.received, port.waiting, port.kernel_drops()) == (5000, 0, 0)
    assert port.listener.vrf == listener.vrf


async def test_others_have_their_turn(opened, wait_until):
    """Looking at datagrams gives way to the rest of the loop after some milliseconds."""
    received, turns = [], []

    def slow(_, datagram):
        received.append(datagram)
        until = time.monotonic() + 0.002
        while time.monotonic() < until:
            pass

    port = opened(slow)
    with sender_to(port) as sender:
        for _ in range(100):
            sender.send(b"x")

        def turn():
            turns.append(len(received))
            if len(received) < 100:
                asyncio.get_running_loop().call_soon(turn)

        turn()
        await wait_until(lambda: len(received) == 100)
    assert max(after - before for before, after in itertools.pairwise(turns)) <= 5


async def test_what_the_kernel_drops_is_counted(opened, wait_until):
    """With a tiny buffer and a busy loop, what is not received is counted, and no more than that."""
    received = []
    port = opened(lambda _, datagram: received.append(datagram), buffer=4096)
    with sender_to(port) as sender:
        for _ in range(500):
            sender.send(b"x" * 250)
        assert port.kernel_drops() > 400
        await wait_until(lambda: len(received) + port.kernel_drops() == 500)
    assert received
    port.close()
    assert port.kernel_drops() == 500 - len(received)


async def test_what_waits_is_bounded(opened, wait_until):
    """No more is taken from the kernel than the buffer asked for; the rest waits there, and comes in the end."""
    held, received = [], []

    def hold(port, datagram):
        received.append(datagram)
        held.append(port.waiting)
        time.sleep(0.006)

    port = opened(hold, buffer=40_000)
    with sender_to(port) as sender:
        for _ in range(30):
            sender.send(b"x" * 500)
        await wait_until(lambda: len(received) + port.kernel_drops() == 30)
    assert 10 < max(held) <= 40_000 / 1000


async def test_one_bad_datagram_costs_the_others_nothing(opened, wait_until):
    """Those behind one that made an error are handed over all the same."""
    received, errors = [], []

    def fail(_, datagram):
        if datagram.data == b"bad":
            raise RuntimeError("bad")
        received.append(datagram.data)

    asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context["exception"]))
    with sender_to(opened(fail)) as sender:
        for data in (b"bad", b"good", b"bad", b"better"):
            sender.send(data)
        await wait_until(lambda: len(received) == 2)
    assert received == [b"good", b"better"]
    assert len(errors) == 2


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1"])
async def test_answers_come_from_where_was_asked(host, opened):
    """A port on all addresses answers with the one that the question went to: a connected socket takes no other."""
    port = opened(lambda port, datagram: port.answer(datagram.data[::-1], datagram), BOTH[":" in host])
    loop = asyncio.get_running_loop()
    with sender_to(port, host) as sender:
        sender.send(b"abc")
        assert await asyncio.wait_for(loop.sock_recv(sender, 100), 5) == b"cba"
    assert port.unsent == 0


async def test_answers_that_cannot_be_sent_are_counted(opened, wait_until):
    """What the system refuses to send does no harm."""
    received = []
    port = opened(lambda _, datagram: received.append(datagram))
    with sender_to(port) as sender:
        sender.send(b"abc")
        await wait_until(lambda: received)
    port.answer(b"x" * 70_000, received[0])
    assert port.unsent == 1


async def test_closing_looks_at_what_has_arrived(opened):
    """What was taken from the kernel is not lost by an orderly end."""
    received = []

    def slow(_, datagram):
        received.append(datagram)
        time.sleep(0.006)

    port = opened(slow)
    with sender_to(port) as sender:
        for _ in range(10):
            sender.send(b"x")
        port._read()
        assert port.waiting == 9
        port.close()
    assert len(received) == 10


async def test_a_port_that_is_taken():
    """Of several ports all are opened or none, and the error names the one that was not to be had."""
    (first,) = open_all([LOOPBACK], print, 65536)
    taken = first.listener
    other = Listener("udp", "127.0.0.1", taken.port + 1)
    with pytest.raises(SourceError, match=f"listening on udp 127.0.0.1:{taken.port}: Address already in use"):
        open_all([LOOPBACK, taken, other], print, 65536)
    first.close()


async def test_a_small_buffer_is_told_once(monkeypatch):
    """If the system grants less than was asked, one line says so, however many ports there are."""
    monkeypatch.setattr("collector.sources.datagrams._SO_RCVBUFFORCE", 0xFFFF)
    with structlog.testing.capture_logs() as log:
        ports = open_all(BOTH, print, 1 << 30)
        ports += open_all(BOTH, print, 4096)
    assert [(line["asked"], line["granted"] < 1 << 30) for line in log] == [(1 << 30, True)]
    assert ports[0].buffer_octets // 2 == log[0]["granted"]
    for port in ports:
        port.close()
