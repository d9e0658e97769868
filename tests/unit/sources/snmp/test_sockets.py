"""UDP sockets that are read in gulps."""

import asyncio
import contextlib
import socket

import pytest

from collector.sources.snmp.sockets import UdpSocket


@contextlib.contextmanager
def opened(on_datagram, family=socket.AF_INET):
    udp = UdpSocket(asyncio.get_running_loop(), family, on_datagram)
    try:
        yield udp, udp._socket.getsockname()[1]
    finally:
        udp.close()


async def wait_until(true, seconds=5):
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.005)


@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
async def test_a_burst_is_received_whole_and_in_order(family, host):
    """Thousands of datagrams that come at once are handed over, each with where it is from."""
    received = []
    with opened(lambda *datagram: received.append(datagram), family) as (_, port):
        with socket.socket(family, socket.SOCK_DGRAM) as sender:
            for number in range(3000):
                sender.sendto(number.to_bytes(2, "big") * 500, (host, port))
            source = sender.getsockname()[1]
        await wait_until(lambda: len(received) == 3000)
    assert [data[:2] for data, _ in received] == [number.to_bytes(2, "big") for number in range(3000)]
    assert {address[1] for _, address in received} == {source}


async def test_others_have_their_turn_while_a_burst_is_taken():
    """Taking datagrams gives way to the rest of the event loop after some milliseconds."""
    received, turns = [], []

    def slow(data, _):
        received.append(data)
        until = asyncio.get_running_loop().time() + 0.002
        while asyncio.get_running_loop().time() < until:
            pass

    async def take_turns():
        while len(received) < 50:
            turns.append(len(received))
            await asyncio.sleep(0)

    with opened(slow) as (_, port), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(50):
            sender.sendto(b"x", ("127.0.0.1", port))
        await asyncio.wait_for(take_turns(), 5)
    assert len(set(turns)) > 5


async def test_what_the_kernel_had_to_drop_is_told():
    """Datagrams that come while the receive buffer is full are counted."""
    with opened(lambda *_: None) as (udp, port), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        assert udp.kernel_drops() == 0
        udp._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        for _ in range(200):
            sender.sendto(bytes(1400), ("127.0.0.1", port))
        assert udp.kernel_drops() > 100


async def test_the_receive_buffer_is_larger_than_the_default():
    """A burst of answers needs more room than sockets get by default."""
    with opened(lambda *_: None) as (udp, _), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ordinary:
        assert udp.buffer_octets > ordinary.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)


async def test_nothing_is_handed_over_after_close():
    """What is still waiting when the socket is closed is forgotten."""
    received = []

    def close_at_first(*datagram):
        received.append(datagram)
        udp.close()

    udp = UdpSocket(asyncio.get_running_loop(), socket.AF_INET, close_at_first)
    port = udp._socket.getsockname()[1]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(10):
            sender.sendto(b"x", ("127.0.0.1", port))
    await wait_until(lambda: received)
    await asyncio.sleep(0.01)
    assert len(received) == 1
