"""Where targets are: addresses at once, names by a resolver that is asked again only when it is worth it."""

import asyncio
import socket

import pytest

from collector.errors import SourceError
from collector.sources.snmp.names import Endpoint, Names, address_key

DGRAM = (socket.SOCK_DGRAM, 17, "")
TWO = [
    (socket.AF_INET, *DGRAM, ("192.0.2.1", 161)),
    (socket.AF_INET6, *DGRAM, ("2001:db8::1", 161, 0, 0)),
]


class Resolver:
    """An event loop's resolver with a clock of its own."""

    def __init__(self, found):
        self.found = found
        self.asked = 0
        self.now = 1000.0

    def time(self):
        return self.now

    async def getaddrinfo(self, _host, _port, **_options):
        self.asked += 1
        await asyncio.sleep(0)
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


async def test_a_literal_address_asks_nobody():
    """IPv4 and IPv6 addresses, with a zone or not, are known at once."""
    names = Names(resolver := Resolver(OSError("asked")))
    four = await names.resolve("192.0.2.7", 161)
    six = await names.resolve("::1", 1161)
    assert (four.family, four.address) == (socket.AF_INET, ("192.0.2.7", 161))
    assert (six.family, six.address[:2]) == (socket.AF_INET6, ("::1", 1161))
    assert resolver.asked == 0


async def test_an_answer_is_kept_and_then_asked_for_again():
    """Within five minutes a name is asked for once, after that again."""
    names = Names(resolver := Resolver(TWO))
    assert await names.resolve("hub1.example", 161) == Endpoint(socket.AF_INET, ("192.0.2.1", 161))
    await names.resolve("hub1.example", 161)
    assert resolver.asked == 1
    resolver.now += 301
    await names.resolve("hub1.example", 161)
    assert resolver.asked == 2


async def test_after_a_failure_the_next_address_is_tried():
    """A target that does not answer at one of its addresses is asked at the next, and then at the first again."""
    names = Names(resolver := Resolver(TWO))
    tried = []
    for _ in range(3):
        tried.append((await names.resolve("hub1.example", 161)).address[0])
        names.failed("hub1.example", 161)
    assert tried == ["192.0.2.1", "2001:db8::1", "192.0.2.1"]
    assert resolver.asked == 3


async def test_many_failures_at_once_count_once():
    """All contexts of a target that fail together move it on by one address, not by as many as there are contexts."""
    names = Names(Resolver(TWO))
    await names.resolve("hub1.example", 161)
    for _ in range(4):
        names.failed("hub1.example", 161)
    assert (await names.resolve("hub1.example", 161)).address[0] == "2001:db8::1"


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "Name or service not known"),
        (OSError("no resolver"), "no resolver"),
        ([], "it has no address"),
    ],
)
async def test_a_name_without_address_is_a_source_error(found, reason):
    """The error names the host and what the resolver said."""
    with pytest.raises(SourceError, match=f"^resolving hub1.example: {reason}$"):
        await Names(Resolver(found)).resolve("hub1.example", 161)


async def test_memory_is_bounded(monkeypatch):
    """Beyond the bound what was known is forgotten and asked for again."""
    monkeypatch.setattr("collector.sources.snmp.names._MOST_NAMES", 2)
    names = Names(resolver := Resolver(TWO))
    for name in ("a", "b", "c", "c", "a"):
        await names.resolve(f"{name}.example", 161)
    assert resolver.asked == 4


def test_flow_information_is_no_part_of_an_address():
    """Datagrams of one IPv6 address may differ in their flow; the zone tells link-local addresses apart."""
    assert address_key(("fe80::1", 161, 7, 2)) == address_key(("fe80::1", 161, 0, 2)) == ("fe80::1", 161, 2)
    assert address_key(("fe80::1", 161, 0, 3)) != ("fe80::1", 161, 2)
    assert address_key(("192.0.2.1", 161)) == ("192.0.2.1", 161)
