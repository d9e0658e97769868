"""Ports where traps and informs arrive."""

import asyncio
import contextlib
import socket
import time

import pytest
import structlog.testing

from collector.errors import SourceError
from collector.sources.listener import Listener
from collector.sources.trap import TrapListeners
from collector.wire import snmp
from collector.wire.notification_receiver import OwnEngine, Receiver
from collector.wire.snmp import PduType, decode_community_message
from tests.agents.notifier import (
    OWN_ENGINE_ID,
    ROUTER,
    STOPPED,
    TUNNEL_STOP,
    Device,
    community_message,
    pdu_of,
    receiver_of,
    trap_v1,
)

V4 = Listener("udp", "127.0.0.1", 0)
V6 = Listener("udp", "::1", 0, "red")
TRAP = community_message(pdu_of())
INFORM = community_message(pdu_of(PduType.INFORM))
ASKS_WHO = Device(pdu=pdu_of(PduType.INFORM), engine_id=b"", flags=4)


class Heard:
    """What two open ports have given to their taker, which refuses what it is told to."""

    def __init__(self):
        self.arrivals = []
        self.refusal = None

    def take(self, arrival):
        self.arrivals.append(arrival)
        return self.refusal


@pytest.fixture
def heard():
    return Heard()


@contextlib.asynccontextmanager
async def open_ports(heard, listeners=(V4, V6), **options):
    receiver = receiver_of(started_at=time.monotonic() - 1000)
    async with TrapListeners(listeners, receiver, heard.take, **options) as traps:
        yield traps


@contextlib.contextmanager
def device(traps, number=0):
    """A socket that is connected to one of the ports."""
    listener = traps.listeners[number]
    with socket.socket(socket.AF_INET6 if listener.is_ipv6 else socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect((listener.host, listener.port))
        sender.settimeout(0)
        yield sender


async def answer_to(sender):
    return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(sender, 65535), 5)


async def test_traps_of_every_version(heard, wait_until):
    """Each is handed over with who sent it, to which port, and when."""
    async with open_ports(heard) as traps:
        with device(traps) as v4, device(traps, 1) as v6:
            before = time.time()
            v4.send(trap_v1())
            v4.send(TRAP)
            v6.send(Device().message())
            await wait_until(lambda: len(heard.arrivals) == 3)
        stats = traps.stats()
    arrivals = sorted(heard.arrivals, key=lambda each: each.record.principal.version)
    assert [each.record.principal.version for each in arrivals] == [snmp.VERSION_1, snmp.VERSION_2C, snmp.VERSION_3]
    assert [each.sender for each in arrivals] == ["127.0.0.1", "127.0.0.1", "::1"]
    assert [each.listener.vrf for each in arrivals] == [None, None, "red"]
    assert {each.record.trap_oid for each in arrivals} >= {TUNNEL_STOP}
    assert all(before - 0.1 < each.received_at < before + 30 for each in arrivals)
    assert [(each.datagrams, dict(each.taken)) for each in stats] == [
        (2, {"trap": 2, "inform": 0}),
        (1, {"trap": 1, "inform": 0}),
    ]
    assert all(each.dropped == {} and each.buffer_octets and not each.waiting for each in stats)


@pytest.mark.parametrize("number", [0, 1])
async def test_an_inform_is_answered_when_it_is_taken(heard, number):
    """The answer has the inform's own varbinds and request-id."""
    async with open_ports(heard) as traps:
        with device(traps, number) as sender:
            sender.send(INFORM)
            pdu = decode_community_message(await answer_to(sender)).pdu
        stats = traps.stats()[number]
    assert (pdu.type, pdu.request_id, tuple(pdu.varbinds)) == (PduType.RESPONSE, 99, STOPPED)
    assert (stats.taken["inform"], stats.answers, stats.unsent) == (1, 1, 0)


async def test_an_inform_that_is_not_taken_is_not_answered(heard):
    """Its sender will send it again; what the taker said is counted."""
    heard.refusal = "busy"
    async with open_ports(heard) as traps:
        with device(traps) as sender:
            sender.send(INFORM)
            sender.send(ASKS_WHO.message())  # which is answered at once
            answer = await answer_to(sender)
        stats = traps.stats()[0]
    assert snmp.message_version(answer) == snmp.VERSION_3
    assert OWN_ENGINE_ID in answer
    assert len(heard.arrivals) == 1
    assert stats.dropped == {"busy": 1, "discovery": 1}
    assert (stats.taken["inform"], stats.answers) == (0, 1)


async def test_drops_are_counted_by_reason_and_told_without_secrets(heard, wait_until):
    """Garbage, wrong communities and unknown users never get to the taker; the log names none of their octets."""
    garbage = [
        b"sesame-garbage",
        community_message(pdu_of(), community=b"sesame-community"),
        community_message(pdu_of(), community=b"sesame-community"),
        community_message(pdu_of(PduType.GET)),
        Device(engine_id=ROUTER, boots=3).message()[:-1] + b"?",
        b"",
    ]
    with structlog.testing.capture_logs() as log:
        async with open_ports(heard) as traps:
            with device(traps) as sender:
                for each in garbage:
                    sender.send(each)
                await wait_until(lambda: traps.stats()[0].datagrams == 6 and not traps.stats()[0].waiting)
            stats = traps.stats()[0]
    assert not heard.arrivals
    assert stats.dropped.pop("unknown-community") == 2
    assert sum(stats.dropped.values()) == 4
    assert {"malformed", "not-a-notification"} <= stats.dropped.keys()
    assert stats.answers == 0
    assert [line["reason"] for line in log].count("unknown-community") == 2
    assert "sesame" not in str(log)


async def test_strangers_are_not_listened_to(heard, wait_until):
    """What comes from an address that is not admitted is counted, neither read nor answered."""
    asked = []
    async with open_ports(heard, admits=asked.append) as traps:
        with device(traps) as sender:
            sender.send(TRAP)
            sender.send(ASKS_WHO.message())
            await wait_until(lambda: traps.stats()[0].dropped == {"unknown-sender": 2})
        assert traps.stats()[0].answers == 0
    assert asked == ["127.0.0.1"] * 2
    assert not heard.arrivals


async def test_a_receiver_can_be_replaced(heard, wait_until):
    """New communities count from the next datagram on."""
    async with open_ports(heard) as traps:
        with device(traps) as sender:
            engine = OwnEngine(OWN_ENGINE_ID, 1, 0)
            traps.receiver = Receiver(communities=[b"other"], users=[], engine=engine, salt=0)
            sender.send(TRAP)
            await wait_until(lambda: traps.stats()[0].dropped == {"unknown-community": 1})


async def test_a_port_that_is_taken(heard):
    """Entering fails with the port's name."""
    async with open_ports(heard) as traps:
        with pytest.raises(SourceError, match=r"listening on udp 127.0.0.1:\d+: Address already in use"):
            async with open_ports(heard, traps.listeners[:1]):
                pass


async def test_a_burst_of_traps(heard, wait_until):
    """5,000 traps that come while the daemon is busy are all taken."""
    async with open_ports(heard) as traps:
        if traps.stats()[0].buffer_octets < 6 << 20:
            pytest.skip("needs sysctl net.core.rmem_max of 4 MiB, or CAP_NET_ADMIN")
        with device(traps) as sender:
            for _ in range(5000):
                sender.send(TRAP)
            await wait_until(lambda: len(heard.arrivals) == 5000)
        stats = traps.stats()[0]
    assert (stats.taken["trap"], stats.dropped, stats.kernel_drops) == (5000, {}, 0)


async def test_hostile_datagrams(heard, wait_until):
    """Any octets, many of them, leave the port as it was."""
    async with open_ports(heard, receive_buffer=1 << 16) as traps:
        with device(traps) as sender:
            for number in range(3000):
                sender.send((number * 2654435761 % 2**64).to_bytes(8, "big") * (1 + number % 40))
            await wait_until(lambda: sum(traps.stats()[0].dropped.values()) + traps.stats()[0].kernel_drops == 3000)
            sender.send(TRAP)
            await wait_until(lambda: heard.arrivals)
        assert len(traps.stats()[0].dropped) < 10
