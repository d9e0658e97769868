"""UDP sockets: how drops are read from the kernel's table, and that answers in a burst all arrive."""

import asyncio
import os
import socket

import pytest

from collector.sources.snmp import sockets
from collector.sources.snmp.sockets import UdpSocket

HEAD = "sl local_address rem_address st queues tr tm->when retrnsmt uid timeout inode ref pointer drops"
LINE = (
    " {sl}: 0100007F:1F90 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 {inode} 2 0000 {drops}"
)


@pytest.fixture
def received():
    return []


@pytest.fixture
async def udp(received):
    """A socket whose datagrams are collected."""
    udp = UdpSocket(asyncio.get_running_loop(), socket.AF_INET, lambda data, _address: received.append(data))
    yield udp
    if udp._socket.fileno() >= 0:
        udp.close()


def inode(udp):
    return os.fstat(udp._socket.fileno()).st_ino


def tell(monkeypatch, text):
    class Table:
        def __init__(self, _path):
            pass

        def read_text(self):
            if isinstance(text, Exception):
                raise text
            return text

    monkeypatch.setattr(sockets, "Path", Table)


async def test_drops_of_this_socket(udp, monkeypatch):
    """The last column of the line with this socket's inode counts, not that of another socket."""
    lines = [HEAD, LINE.format(sl=1, inode=inode(udp) + 1, drops=5), LINE.format(sl=2, inode=inode(udp), drops=42)]
    tell(monkeypatch, "\n".join(lines))
    assert udp.kernel_drops() == 42


@pytest.mark.parametrize("text", ["", HEAD, f"{HEAD}\nsl 1\n", FileNotFoundError(2, "no /proc")])
async def test_a_system_that_does_not_tell_drops(udp, monkeypatch, text):
    """Without the table, or without a line for this socket, there are no drops to count."""
    tell(monkeypatch, text)
    assert udp.kernel_drops() == 0


async def test_the_real_table_has_this_socket(udp):
    """The kernel lists the socket where we look for it, with nothing dropped yet."""
    with open("/proc/net/udp") as table:  # noqa: ASYNC230, PTH123 - a file of the kernel
        assert str(inode(udp)) in table.read()
    assert udp.kernel_drops() == 0


async def test_a_burst_arrives_whole(udp, received):
    """More datagrams than are taken in one gulp are all handed over, in their order, and large ones uncut."""
    port = udp._socket.getsockname()[1]
    sent = [number.to_bytes(4, "big") * 100 for number in range(600)]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        for data in sent:
            peer.sendto(data, ("127.0.0.1", port))
        peer.sendto(bytes(65507), ("127.0.0.1", port))
        async with asyncio.timeout(10):
            while len(received) < len(sent) + 1:
                await asyncio.sleep(0)
    assert received == [*sent, bytes(65507)]


async def test_others_run_between_slices(udp, received, monkeypatch):
    """When answers take longer than their slice of time, others run in between."""
    monkeypatch.setattr(sockets, "_SLICE_SECONDS", -1)
    turns = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        for number in range(3):
            peer.sendto(bytes([number]), ("127.0.0.1", udp._socket.getsockname()[1]))
    async with asyncio.timeout(10):
        while len(received) < 3:
            await asyncio.sleep(0)
            turns.append(len(received))
    assert {1, 2, 3} <= set(turns)


async def test_nothing_is_handed_over_after_a_close(udp, received, monkeypatch):
    """What waits for its slice when the socket is closed is dropped."""
    monkeypatch.setattr(sockets, "_SLICE_SECONDS", -1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        for number in range(3):
            peer.sendto(bytes([number]), ("127.0.0.1", udp._socket.getsockname()[1]))
    udp._read()
    assert received == [b"\x00"]
    udp.close()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert received == [b"\x00"]
