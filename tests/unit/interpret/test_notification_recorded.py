"""Whole datagrams, in the forms that devices really send, from their octets to what they say."""

from collections import Counter
from pathlib import Path

import pytest

from collector.interpret.hints import Hint, hint
from collector.interpret.notification import NotificationReader
from collector.tables import load
from collector.wire.ber import oid
from collector.wire.snmp import decode_community_message

FOLDER = Path(__file__).resolve().parents[2] / "golden" / "notification"
SNMP_TRAP_OID = oid("1.3.6.1.6.3.1.1.4.1.0")
READER = NotificationReader(load())
PEER = "1.15.48.49.48.46.48.48.49.46.48.48.49.46.48.48.50.1.15.48.49.48.46.48.48.49.46.48.48.49.46.48.48.49.1"
BGP6 = "2.16.32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.2"


def read(name):
    lines = (FOLDER / f"{name}.hex").read_text().splitlines()
    datagram = bytes.fromhex("".join(line for line in lines if not line.startswith("#")))
    varbinds = decode_community_message(datagram).pdu.varbinds
    trap_oid = next(content for name, _, content in varbinds if name == SNMP_TRAP_OID)
    errors = Counter()
    found = READER.read(trap_oid, varbinds, errors, source="trap", received_at=1.5, sender="192.0.2.1")
    assert not errors
    return found


def test_phase_1_starts():
    """The row is that of the lifetime; that of the peer's addresses, which end in another number, is not it."""
    found = read("ios-cikeTunnelStart")
    assert (found.name, found.happening, found.level, found.up) == ("cikeTunnelStart", "tunnel-start", "ike", True)
    assert (found.module, found.table, found.index) == ("ike", "cikeTunnelTable", "17")
    assert (found.local_address, found.remote_address) == ("10.1.1.2", "10.1.1.1")
    assert found.values == (
        (f"cikePeerLocalAddr.{PEER}", "10.1.1.2"),
        (f"cikePeerRemoteAddr.{PEER}", "10.1.1.1"),
        ("cikeTunLifeTime.17", "86400"),
    )
    assert hint(found) == Hint(module="ike", level="ike", table="cikeTunnelTable", index="17")


def test_phase_1_stops():
    """The term reason is that of the history row, whose index is not the tunnel's."""
    found = read("ios-cikeTunnelStop")
    assert (found.happening, found.level, found.up, found.reason) == ("tunnel-stop", "ike", False, "peerLost")
    assert (found.index, found.remote_address) == ("17", "10.1.1.1")
    assert found.values[2:] == (("cikeTunActiveTime.17", "3600.51"), ("cikeTunHistTermReason.812", "peerLost"))
    assert hint(found) == Hint(module="ike", level="ike", table="cikeTunnelTable", index="17", also=("history",))


def test_phase_2_starts():
    """Endpoints are what the tunnel protects, not its peers: they are shown, but are not its addresses."""
    found = read("ios-cipSecTunnelStart")
    assert (found.happening, found.level, found.up) == ("tunnel-start", "child", True)
    assert (found.module, found.index, found.local_address, found.remote_address) == ("ipsec", "4711", None, None)
    assert found.values == (
        ("cipSecTunLifeTime.4711", "3600"),
        ("cipSecTunLifeSize.4711", "4718592000"),
        ("cipSecEndPtLocalAddr1.4711.1", "192.168.1.0"),
        ("cipSecEndPtRemoteAddr1.4711.1", "192.168.2.0"),
    )


def test_phase_2_stops():
    """The endpoints are those of the history, and so is the reason; the row is that of the active time."""
    found = read("ios-cipSecTunnelStop")
    assert (found.happening, found.level, found.up, found.reason) == ("tunnel-stop", "child", False, "peerLost")
    assert (found.module, found.table, found.index) == ("ipsec", "cipSecTunnelTable", "4711")
    assert found.values == (
        ("cipSecTunActiveTime.4711", "660.51"),
        ("cipSecEndPtHistLocalAddr1.812", "192.168.1.0"),
        ("cipSecEndPtHistRemoteAddr1.812", "192.168.2.0"),
        ("cipSecTunHistTermReason.812", "peerLost"),
    )
    assert hint(found) == Hint(
        module="ipsec", level="child", table="cipSecTunnelTable", index="4711", also=("history",)
    )


def test_phase_2_stops_in_version_1():
    """A v1 trap means the same as its v2c sister; the address and the enterprise of the agent are shown."""
    found = read("asa-cipSecTunnelStop-v1")
    assert (found.name, found.index, found.up) == ("cipSecTunnelStop", "97", False)
    assert found.values == (
        ("cipSecTunActiveTime.97", "1"),
        ("snmpTrapAddress.0", "192.0.2.7"),
        ("snmpTrapEnterprise.0", "1.3.6.1.4.1.9.9.171.2"),
    )


def test_a_tunnel_interface_goes_down():
    """A link is told by its number, name and reason; the link of a tunnel makes us look at the tunnels."""
    found = read("ios-linkDown-v1")
    assert (found.name, found.happening, found.up, found.module) == ("linkDown", "link", False, None)
    assert found.reason == "administratively down"
    assert found.values[:4] == (
        ("ifIndex.14", "14"),
        ("ifDescr.14", "Tunnel0"),
        ("ifType.14", "131"),
        ("locIfReason.14", "administratively down"),
    )
    assert hint(found) == Hint(module="ipsec")


def test_a_reload():
    """After a restart everything is another, and the device says why it was."""
    found = read("ios-coldStart-v1")
    assert (found.name, found.happening, found.module, found.reason) == ("coldStart", "restart", "system", "power-on")
    assert hint(found) == Hint(module=None)


def test_a_bgp_peer_is_lost():
    """The deprecated notification is known even after a way through v1; the peer is in the instance alone."""
    found = read("ios-bgpBackwardTransition-v1")
    assert (found.name, found.happening, found.up) == ("bgpBackwardTransition", "routing", False)
    assert (found.module, found.table, found.index) == ("bgp", "bgpPeerTable", "10.0.12.2")
    assert (found.local_address, found.remote_address) == (None, "10.0.12.2")
    assert found.values[:2] == (("bgpPeerLastError.10.0.12.2", "0400"), ("bgpPeerState.10.0.12.2", "idle"))
    assert hint(found) == Hint(module="bgp", table="bgpPeerTable", index="10.0.12.2")


def test_a_bgp_peer_changes_its_state():
    """Whether it is up is what the state says; an IPv6 peer is read out of the instance by its type."""
    found = read("ios-cbgpPeer2FsmStateChange")
    assert (found.name, found.happening, found.up) == ("cbgpPeer2FsmStateChange", "routing", True)
    assert (found.table, found.index, found.remote_address) == ("cbgpPeer2Table", BGP6, "2001:db8::2")
    assert (f"cbgpPeer2State.{BGP6}", "established") in found.values


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.hex")), ids=lambda path: path.stem)
def test_every_datagram_is_said_to_be_made(path):
    """Each has a header that tells device, version and origin, and each is read."""
    device, origin, *_ = path.read_text().splitlines()
    assert "Cisco" in device
    assert "not recorded" in origin
    assert read(path.stem).name in path.stem
