"""From the configuration to who may send notifications, and whose they are."""

import asyncio

import pytest

from collector.config.loader import parse
from collector.daemon.listening import (
    ENGINE_FILE,
    default_vrfs,
    engine_of,
    found_communities,
    kept_engine_id,
    receiver_of,
    resolved,
    senders_of,
    syslog_ports,
    trap_ports,
)
from collector.errors import SourceError
from collector.interpret.senders import Whose
from collector.sources.snmp import SnmpContext
from collector.wire.notification_engines import OwnEngine
from collector.wire.snmp import VERSION_2C, encode_community_message
from tests.agents.notifier import pdu_of

ENVIRONMENT = {"PUBLIC": "public", "RED": "red-secret", "TRAPS": "traps-secret"}
TARGETS = """\
targets:
  - name: hub1
    address: 192.0.2.1
    snmp: {version: 2c, community: env:PUBLIC}
    contexts: [{vrf: global}, {vrf: red, community: env:RED}]
    notifications: {addresses: [192.0.2.254]}
  - name: hub2
    address: hub2.example.net
    snmp: {version: 2c, community: env:PUBLIC}
    contexts: {discover: true, community_template: "{community}@{context}"}
"""
ENGINE = OwnEngine(bytes.fromhex("8000000005aabbccdd"), 7, 0.0)


def config_of(more=""):
    return parse(more + TARGETS, environment=ENVIRONMENT)


def test_our_engine_is_made_once(tmp_path):
    """Informs are addressed to it: routers remember it."""
    first = kept_engine_id(tmp_path / "state")
    assert kept_engine_id(tmp_path / "state") == first
    assert len(first) == 13
    assert kept_engine_id(tmp_path / "elsewhere") != first


@pytest.mark.parametrize("text", ["", "garbage", "8000", "80" * 40])
def test_an_engine_that_cannot_be_read_is_named(tmp_path, text):
    """It is not made anew: all routers would have to discover it again."""
    (tmp_path / ENGINE_FILE).write_text(text)
    with pytest.raises(SourceError, match=f"{ENGINE_FILE} is not 5 to 32 octets"):
        kept_engine_id(tmp_path)


def test_an_engine_that_cannot_be_kept_is_an_error(tmp_path):
    """The text names the file."""
    (tmp_path / "file").write_text("")
    with pytest.raises(SourceError, match=r"keeping our engine ID in .*file/snmp-engine-id"):
        kept_engine_id(tmp_path / "file")


async def test_an_engine_that_is_configured_is_that_one():
    """And its boots grow with time, so that no inform of an earlier life is believed."""
    config = config_of('notifications: {traps: {engine_id: "8000000005aabbccdd"}}\n')
    engine = await engine_of(config)
    assert (engine.engine_id, engine.boots > 200_000_000) == (ENGINE.engine_id, True)


def test_ports_are_as_they_are_configured():
    """With the VRF of what names none."""
    config = config_of(
        """\
notifications:
  traps: {listen: ["127.0.0.1:1162", {address: "[::1]:2001", vrf: red}]}
  syslog: {listen: [{protocol: tcp, address: "127.0.0.1:1514", connections: 9}]}
"""
    )
    assert [(str(port), port.vrf) for port in trap_ports(config)] == [
        ("udp 127.0.0.1:1162", None),
        ("udp [::1]:2001", "red"),
    ]
    (port,) = syslog_ports(config)
    assert (str(port.listener), port.connections, port.tls) == ("tcp 127.0.0.1:1514", 9, None)


def test_whose_a_notification_is():
    """By the target's addresses; by its communities, the VRF."""
    senders = senders_of(config_of(), {}, {"hub2": ["198.51.100.7"]})
    for address in ("192.0.2.1", "192.0.2.254"):
        assert senders.of_trap(address, community=b"public") == Whose("hub1", "global")
    assert senders.of_trap("192.0.2.1", community=b"red-secret") == Whose("hub1", "red")
    assert senders.of_trap("192.0.2.1", community=b"public", listener_vrf="red") == Whose("hub1", "red")
    assert senders.of_trap("198.51.100.7", community=b"public") == Whose("hub2", "global")
    assert not senders.knows("203.0.113.1")


def test_communities_that_are_listed_may_name_the_vrf():
    """Those of the targets are not used then."""
    config = config_of("notifications: {traps: {communities: [{community: env:TRAPS, vrf: blue}]}}\n")
    assert senders_of(config, {}, {}).of_trap("192.0.2.1", community=b"traps-secret") == Whose("hub1", "blue")
    assert found_communities(config, {"hub2": [SnmpContext(vrf="green", community=b"public@green")]}) == frozenset()


def test_discovered_contexts_are_known_once_they_are_found():
    """Their communities may send, and name their VRFs."""
    config, found = config_of(), {"hub2": [SnmpContext(), SnmpContext(vrf="green", community=b"public@green")]}
    senders = senders_of(config, found, {"hub2": ["198.51.100.7"]})
    assert senders.of_trap("198.51.100.7", community=b"public@green") == Whose("hub2", "green")
    assert found_communities(config, found) == {b"public@green"}
    assert default_vrfs(config, found) == {"hub1": "global", "hub2": "global"}


def test_the_receiver_knows_what_targets_are_polled_with():
    """And what was found since."""
    receiver = receiver_of(config_of(), ENGINE, [b"public@green"])
    for community, known in ((b"public", True), (b"red-secret", True), (b"public@green", True), (b"other", False)):
        received = receiver.receive(encode_community_message(VERSION_2C, community, pdu_of()), "192.0.2.1", 0.0)
        assert (received.record is not None, received.reason) == (known, None if known else "unknown-community")


async def test_names_of_targets_are_resolved(monkeypatch):
    """Those that cannot be are tried again later; addresses need not be."""
    config = parse(TARGETS.replace("hub2.example.net", "localhost"), environment=ENVIRONMENT)
    found = await resolved(config)
    assert set(found) == {"hub2"}
    assert "127.0.0.1" in found["hub2"]

    async def fail(*_):
        raise OSError

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", fail)
    assert await resolved(config) == {}
