"""Where targets are."""

import asyncio
import socket

import pytest

from collector.errors import SourceError
from collector.sources.snmp.names import Endpoint, Names, address_key


@pytest.fixture
async def names():
    return Names(asyncio.get_running_loop())


@pytest.mark.parametrize(
    ("host", "family", "address"),
    [
        ("127.0.0.1", socket.AF_INET, ("127.0.0.1", 161)),
        ("::1", socket.AF_INET6, ("::1", 161, 0, 0)),
    ],
)
async def test_literal_addresses_are_taken_as_they_are(names, host, family, address):
    """An address needs no resolver."""
    assert await names.resolve(host, 161) == Endpoint(family, address)


async def test_names_are_resolved(names):
    """A name becomes an address."""
    endpoint = await names.resolve("localhost", 161)
    assert endpoint.address[0] in ("127.0.0.1", "::1")


async def test_a_name_without_address_is_an_error_that_says_so(names, monkeypatch):
    """The error names what could not be resolved, and why."""

    async def getaddrinfo(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
    with pytest.raises(SourceError, match=r"resolving hub1\.invalid: Name or service not known"):
        await names.resolve("hub1.invalid", 161)


async def test_a_name_with_no_address_at_all_is_an_error(names, monkeypatch):
    """A resolver that finds nothing without calling it an error does not make a target either."""

    async def getaddrinfo(*_, **__):
        return []

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
    with pytest.raises(SourceError, match="has no address"):
        await names.resolve("hub1.invalid", 161)


async def test_answers_are_kept_until_there_is_no_answer_at_the_address(names, monkeypatch):
    """A name is asked for once; after a failure it is asked for again, and another of its addresses is tried."""
    asked = []

    async def getaddrinfo(host, port, **_):
        asked.append(host)
        return [(socket.AF_INET, 2, 17, "", (f"192.0.2.{last}", port)) for last in (1, 2)]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
    found = [(await names.resolve("hub1.example", 161)).address[0] for _ in range(3)]
    assert (found, asked) == (["192.0.2.1"] * 3, ["hub1.example"])
    names.failed("hub1.example", 161)
    names.failed("hub1.example", 161)
    assert (await names.resolve("hub1.example", 161)).address[0] == "192.0.2.2"
    assert asked == ["hub1.example"] * 2


async def test_the_names_that_are_kept_are_bounded(names, monkeypatch):
    """However many names are asked for, only so many are kept."""
    monkeypatch.setattr("collector.sources.snmp.names._MOST_NAMES", 3)
    for last in range(10):
        await names.resolve(f"127.0.0.{last}", 161)
    assert len(names._known) <= 3


def test_flow_information_does_not_make_another_address():
    """Two IPv6 addresses that differ in their flow information are the same; those in different zones are not."""
    assert address_key(("fe80::1", 161, 7, 2)) == address_key(("fe80::1", 161, 0, 2))
    assert address_key(("fe80::1", 161, 0, 2)) != address_key(("fe80::1", 161, 0, 3))
    assert address_key(("192.0.2.1", 161)) == ("192.0.2.1", 161)
