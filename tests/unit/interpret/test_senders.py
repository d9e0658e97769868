"""Whose a notification is."""

import pytest

from collector.interpret.senders import NoTarget, Sender, Senders, Whose, canonical

HUB = Sender(
    target="hub1",
    addresses=("192.0.2.1", "2001:DB8:0::1", "fe80::1"),
    hostnames=("hub1", "Hub1.example.net"),
    communities={b"public": None, b"public-red": "red"},
    contexts={"vrf-blue-context": "blue"},
)
EDGE = Sender(target="edge", addresses=("192.0.2.2",), hostnames=("edge",), default_vrf="internet")
RELAY = "192.0.2.9"
SENDERS = Senders([HUB, EDGE], communities={b"green-traps": "green", b"public-red": "other"}, relays=[RELAY, "::1"])


@pytest.mark.parametrize(
    ("said", "vrf"),
    [
        ({}, "global"),
        ({"community": b"public"}, "global"),
        ({"community": b"public", "listener_vrf": "vrf1"}, "vrf1"),
        ({"community": b"public-red", "listener_vrf": "vrf1"}, "red"),
        ({"community": b"green-traps", "listener_vrf": "vrf1"}, "green"),
        ({"community": b"never-heard"}, "global"),
        ({"context_name": b"vrf-blue-context", "listener_vrf": "vrf1"}, "blue"),
        ({"context_name": b"", "listener_vrf": "vrf1"}, "vrf1"),
        ({"context_name": b"\xff\xfe", "listener_vrf": "vrf1"}, "vrf1"),
    ],
)
def test_vrf_of_a_trap(said, vrf):
    """The target's context counts first, then the community's own VRF, then the port's, then the default context's."""
    assert SENDERS.of_trap("192.0.2.1", **said) == Whose("hub1", vrf)


def test_default_context_has_a_vrf_of_its_own():
    """Where nothing names a VRF, it is the one that the target's default context shows."""
    assert SENDERS.of_trap("192.0.2.2") == Whose("edge", "internet")
    assert SENDERS.of_syslog("192.0.2.2") == Whose("edge", "internet")


@pytest.mark.parametrize("address", ["2001:db8::1", "2001:0db8:0::0001", "::ffff:192.0.2.1", "fe80::1%eth0"])
def test_addresses_in_any_text(address):
    """An address is the same in every text, wrapped in IPv6 and with a zone."""
    assert SENDERS.of_trap(address) == Whose("hub1", "global")
    assert SENDERS.knows(address)


def test_strangers():
    """An address that is nobody's is refused; a relay's is known, and yet no target's."""
    assert SENDERS.of_trap("192.0.2.3") is NoTarget.UNKNOWN_SENDER
    assert SENDERS.of_syslog("192.0.2.3", "hub1") is NoTarget.UNKNOWN_SENDER
    assert not SENDERS.knows("192.0.2.3")
    assert SENDERS.knows(RELAY)
    assert SENDERS.of_trap(RELAY) is NoTarget.UNKNOWN_SENDER


@pytest.mark.parametrize(
    ("hostname", "whose"),
    [
        ("hub1", Whose("hub1", "global")),
        ("HUB1.EXAMPLE.NET.", Whose("hub1", "global")),
        ("192.0.2.2", Whose("edge", "internet")),
        ("2001:db8:0:0::1", Whose("hub1", "global")),
        ("hub2", NoTarget.UNKNOWN_HOSTNAME),
        (None, NoTarget.NO_HOSTNAME),
        ("", NoTarget.NO_HOSTNAME),
    ],
)
def test_relays(hostname, whose):
    """From a relay the hostname, or an address in its place, names the target."""
    assert SENDERS.of_syslog(RELAY, hostname) == whose
    assert SENDERS.of_syslog("0::1", hostname) == whose


def test_a_hostname_is_believed_of_relays_only():
    """What a device calls itself does not make it another one."""
    assert SENDERS.of_syslog("192.0.2.1", "edge") == Whose("hub1", "global")


def test_a_relay_that_is_a_target():
    """Its own messages may go without a hostname; those with one are of whom they name."""
    senders = Senders([HUB, EDGE], relays=["192.0.2.2"])
    assert senders.of_syslog("192.0.2.2") == Whose("edge", "internet")
    assert senders.of_syslog("192.0.2.2", "hub1") == Whose("hub1", "global")
    assert senders.of_syslog("192.0.2.2", "hub9") is NoTarget.UNKNOWN_HOSTNAME


def test_vrf_of_syslog():
    """What the message says counts before the port."""
    assert SENDERS.of_syslog("192.0.2.1", said_vrf="red", listener_vrf="vrf1").vrf == "red"
    assert SENDERS.of_syslog("192.0.2.1", listener_vrf="vrf1").vrf == "vrf1"


def test_targets_that_share_an_address():
    """Community, contextName, hostname or VRF tells them apart; if nothing does, the notification is nobody's."""
    one = Sender(
        target="one", addresses=["192.0.2.7"], hostnames=["a"], communities={b"c1": None}, contexts={"x": "red"}
    )
    two = Sender(target="two", addresses=["192.0.2.7"], hostnames=["b", "a"], communities={b"c2": None})
    senders = Senders([one, two], relays=[RELAY])
    assert senders.of_trap("192.0.2.7", community=b"c2") == Whose("two", "global")
    assert senders.of_trap("192.0.2.7", context_name=b"x") == Whose("one", "red")
    assert senders.of_trap("192.0.2.7", listener_vrf="red") == Whose("one", "red")
    assert senders.of_trap("192.0.2.7") is NoTarget.AMBIGUOUS_SENDER
    assert senders.of_syslog("192.0.2.7", "b") == Whose("two", "global")
    assert senders.of_syslog("192.0.2.7", said_vrf="red") == Whose("one", "red")
    assert senders.of_syslog("192.0.2.7", "a") is NoTarget.AMBIGUOUS_SENDER
    assert senders.of_syslog(RELAY, "a") is NoTarget.AMBIGUOUS_SENDER
    assert senders.of_syslog(RELAY, "B") == Whose("two", "global")


def test_communities_are_not_shown():
    """A sender in a log or an error does not tell its communities."""
    assert "public" not in repr(HUB)


def test_what_is_no_address_stays_as_it_is():
    """A name is not taken for an address."""
    assert [canonical(each) for each in ("hub1", "hub1:162", "")] == ["hub1", "hub1:162", ""]
    assert canonical("::FFFF:192.0.2.1") == "192.0.2.1"
