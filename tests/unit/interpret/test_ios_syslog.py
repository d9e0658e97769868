"""What Cisco syslog lines mean; the lines are those of `tests/unit/wire/test_ios_syslog_fields.py`."""

import pytest

from collector.interpret.ios_syslog import interpret_syslog
from collector.model import Notification
from collector.wire.syslog import read_syslog


def interpret(line):
    return interpret_syslog(read_syslog(line.encode()), received_at=1700000000.5, sender="192.0.2.1")


def test_session():
    """A session that comes up is a tunnel's start, with the peer and its description."""
    text = "Crypto session is UP. Peer 10.6.6.1:500 fvrf=blue ivrf=blue   Description: SJC24-2-VPN-Gateway Id: 10.5.5.2"
    assert interpret(f"<189>42: hub1: *Jan  6 2022 20:52:12.861: %CRYPTO-5-SESSION_STATUS: {text}") == Notification(
        source="syslog",
        name="CRYPTO-5-SESSION_STATUS",
        happening="tunnel-start",
        received_at=1700000000.5,
        sender="192.0.2.1",
        vrf="blue",
        level="child",
        module="ipsec",
        remote_address="10.6.6.1",
        up=True,
        description="SJC24-2-VPN-Gateway",
        values=(
            ("state", "UP"),
            ("remote", "10.6.6.1"),
            ("remote_port", "500"),
            ("fvrf", "blue"),
            ("ivrf", "blue"),
            ("description", "SJC24-2-VPN-Gateway"),
            ("id", "10.5.5.2"),
            ("hostname", "hub1"),
            ("timestamp", "Jan  6 2022 20:52:12.861"),
            ("text", text),
        ),
    )


TOLD = [
    ("%CRYPTO-5-SESSION_STATUS: Crypto session is DOWN. Peer 10.6.6.1:500", "tunnel-stop", "child", "ipsec", False),
    ("%CRYPTO-5-SESSION_STATUS: of another form", "other", "child", "ipsec", None),
    ("%CRYPTO-5-IKEV2_SESSION_STATUS: Crypto tunnel v2 is UP.  Peer 10.6.6.1", "tunnel-start", "child", "ipsec", True),
    ("%CRYPTO-4-RECVD_PKT_INV_SPI: decaps: rec'd IPSEC packet", "packet-refused", "child", "failures", None),
    ("%CRYPTO-4-RECVD_PKT_NOT_IPSEC: Rec'd packet not an IPSEC packet.", "packet-refused", "child", "failures", None),
    ("%CRYPTO-4-RECVD_PKT_MAC_ERR: decrypt: mac verify failed", "packet-refused", "child", "failures", None),
    ("%CRYPTO-4-PKT_REPLAY_ERR: decrypt: replay check failed", "packet-refused", "child", "failures", None),
    ("%IOSXE-3-PLATFORM: R0/0: cpp_cp: %IPSEC-3-REPLAY_ERROR: IPSec SA", "packet-refused", "child", "failures", None),
    ("%IPSEC-3-HMAC_ERROR: IPSec SA", "packet-refused", "child", "failures", None),
    ("%CRYPTO-6-IKMP_MODE_FAILURE: Processing of Main Mode", "negotiation-failed", "ike", "failures", None),
    ("%CRYPTO-4-IKMP_NO_SA: IKE message from 10.6.6.1", "negotiation-failed", "ike", "failures", None),
    ("%CRYPTO-4-IKMP_BAD_MESSAGE: IKE message from 10.6.6.1", "negotiation-failed", "ike", "failures", None),
    ("%CRYPTO-6-IKMP_NOT_ENCRYPTED: IKE packet from 10.6.6.1", "negotiation-failed", "ike", "failures", None),
    ("%CRYPTO-6-IKMP_AUTH_FAIL: Authentication method failed", "negotiation-failed", "ike", "failures", None),
    ("%CRYPTO-6-IKMP_BAD_DOI_SA: DOI value", "negotiation-failed", "ike", "failures", None),
    ("%CRYPTO-6-IKMP_NO_ID_CERT_ADDR_MATCH: ID of 10.6.6.1", "other", None, None, None),
    ("%CRYPTO-6-IKMP_POLICY_DEFAULT: Using ISAKMP Default policies", "policy", None, "policy", None),
    ("%CRYPTO-5-IKMP_AG_MODE_DISABLED: Unable", "policy", None, "policy", None),
    ("%CRYPTO-5-IPSEC_DEFAULT_TRANSFORM: Using Default IPsec transform-set", "policy", None, "policy", None),
    ("%CRYPTO-6-ISAKMP_ON_OFF: ISAKMP is OFF", "policy", None, "policy", None),
    ("%IKEV2-3-NEG_ABORT: Negotiation", "negotiation-failed", "ike", "failures", None),
    ("%ASA-4-750003: Local:10.1.1.1:500", "negotiation-failed", "ike", "failures", None),
    ("%IKEV2-5-SA_UP: SA", "tunnel-start", "ike", "ike", True),
    ("%IKEV2-5-SA_DOWN: SA", "tunnel-stop", "ike", "ike", False),
    ("%CRYPTO-6-EZVPN_CONNECTION_UP: (Client)", "tunnel-start", None, "ipsec", True),
    ("%CRYPTO-6-EZVPN_CONNECTION_DOWN: (Client)", "tunnel-stop", None, "ipsec", False),
    ("%FLEXVPN-6-FLEXVPN_CONNECTION_UP: FlexVPN", "tunnel-start", None, "ipsec", True),
    (
        "%DMVPN-5-CRYPTO_SS:  Tunnel0: local address : 10.1.1.1 remote address : 10.1.1.2 socket is DOWN",
        "tunnel-stop",
        "child",
        "ipsec",
        False,
    ),
    ("%DMVPN-5-NHRP_NHC_DOWN: Tunnel0: Next Hop Client", "routing", None, "ipsec", False),
    ("%DMVPN-5-NHRP_NETID_UNCONFIGURED: Tunnel0", "other", None, None, None),
    ("%DMVPN-3-DMVPN_NHRP_ERROR:  Tunnel0: NHRP Encap Error", "routing", None, "ipsec", None),
    ("%LINEPROTO-5-UPDOWN: Line protocol on Interface Tunnel1, changed state to up", "link", None, "ipsec", True),
    ("%LINEPROTO-5-UPDOWN: Interface Virtual-Access3, changed state to down", "link", None, "ipsec", False),
    ("%LINK-3-UPDOWN: Interface GigabitEthernet0/1, changed state to down", "link", None, None, False),
    ("%LINK-5-CHANGED: Interface Gi3, changed state to administratively down", "link", None, None, False),
    ("%BGP-5-ADJCHANGE: neighbor 10.6.6.1 Up ", "routing", None, "bgp", True),
    ("%BGP-5-ADJCHANGE: neighbor 10.6.6.1 Down Interface flap", "routing", None, "bgp", False),
    (
        "%BGP_SESSION-5-ADJCHANGE: neighbor 10.6.6.1 IPv4 Unicast topology base removed from session  x",
        "routing",
        None,
        "bgp",
        False,
    ),
    ("%BGP-3-NOTIFICATION: sent to neighbor 10.6.6.1 4/0 (hold time expired)", "routing", None, "bgp", None),
    ("%BGP-5-NBR_RESET: Neighbor 10.6.6.1 reset (Interface flap)", "routing", None, "bgp", None),
    ("%SYS-5-RESTART: System restarted --", "restart", None, "system", None),
    ("%SYS-5-RELOAD: Reload requested by console.", "restart", None, "system", None),
    ("%SYS-5-CONFIG_I: Configured from console", "other", None, None, None),
    ("%ETHPORT-5-IF_UP: Interface", "other", None, None, None),
]  # fmt: skip


@pytest.mark.parametrize(("line", "happening", "level", "module", "up"), TOLD)
def test_meanings(line, happening, level, module, up):
    """A kind of message is about one thing, and says which poll tells more; severities make no difference."""
    for text in (line, line.replace("-5-", "-4-", 1)):
        told = interpret(text)
        assert (told.happening, told.level, told.module, told.up) == (happening, level, module, up)
        assert (told.source, told.target, told.index) == ("syslog", None, None)


def test_wrapped():
    """A message within one of the platform has its own name, and the wrapper is among its values."""
    told = interpret(
        "%IOSXE-3-PLATFORM: R0/0: cpp_cp: QFP:0.0 Thread:000 TS:00000013 %IPSEC-3-REPLAY_ERROR: IPSec SA receives "
        "anti-replay error, DP Handle 13, src_addr 10.1.0.1, dest_addr 10.2.0.1, SPI 0x3caaaeb7"
    )
    assert told.name == "IPSEC-3-REPLAY_ERROR"
    assert (told.local_address, told.remote_address, told.reason) == ("10.2.0.1", "10.1.0.1", "REPLAY_ERROR")
    assert dict(told.values)["wrapper"] == "IOSXE-3-PLATFORM"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("%CRYPTO-4-RECVD_PKT_INV_SPI: decaps", "RECVD_PKT_INV_SPI"),
        ("%CRYPTO-6-IKMP_MODE_FAILURE: Processing", "IKMP_MODE_FAILURE"),
        ("%ASA-4-750003: IKEv2 Negotiation aborted due to ERROR: Failed to receive", "Failed to receive"),
        ("%BGP-5-ADJCHANGE: neighbor 10.6.6.1 Down Interface flap", "Interface flap"),
        ("%SYS-5-RELOAD: Reload requested by console. Reload Reason: Reload Command.", "Reload Command."),
        ("%CRYPTO-5-SESSION_STATUS: Crypto session is DOWN. Peer 10.6.6.1:500", None),
    ],
)  # fmt: skip
def test_reasons(line, reason):
    """A line's own reason counts; a refusal without one has the mnemonic, which is always of a few."""
    assert interpret(line).reason == reason


@pytest.mark.parametrize(
    ("line", "vrf"),
    [
        ("%BGP-5-ADJCHANGE: neighbor 10.1.24.2 vpn vrf blue Down Interface flap", "blue"),
        ("%CRYPTO-5-SESSION_STATUS: Crypto session is UP. Peer 10.6.6.1:500 fvrf=out ivrf=in", None),
        ("%CRYPTO-5-SESSION_STATUS: Crypto session is UP. Peer 10.6.6.1:500 ivrf=in", None),
        ("%CRYPTO-5-SESSION_STATUS: Crypto session is UP. Peer 10.6.6.1:500 fvrf=in", None),
        ("%CRYPTO-5-SESSION_STATUS: Crypto session is UP. Peer 10.6.6.1:500", None),
    ],
)
def test_vrf(line, vrf):
    """A VRF is told where there is no choice between a tunnel's inside and outside."""
    assert interpret(line).vrf == vrf


def test_no_mnemonic():
    """A line of something else is a notification all the same, with its header and text."""
    told = interpret("<30>Oct 11 22:14:15 gw charon[77]: 05[IKE] nothing")
    assert (told.name, told.happening, told.up, told.module) == ("syslog", "other", None, None)
    assert told.values == (
        ("hostname", "gw"),
        ("app", "charon"),
        ("timestamp", "Oct 11 22:14:15"),
        ("text", "05[IKE] nothing"),
    )


def test_bounds():
    """What a device may write at any length is cut, and ends in an ellipsis."""
    line = "%CRYPTO-5-SESSION_STATUS: Crypto session is UP. Peer 10.6.6.1:500 Description: " + "d" * 3000
    told = interpret(line)
    assert told.description == "d" * 254 + "…"
    assert dict(told.values)["description"] == told.description
    assert len(dict(told.values)["text"]) == 1024
    assert len(interpret("%SYS-5-" + "X" * 100 + ": y").name) == 106
    assert interpret("%SYS-5-RELOAD: Reload Reason: " + "r" * 255).reason == "r" * 255
    assert interpret("%SYS-5-RELOAD: Reload Reason: " + "r" * 256).reason == "r" * 254 + "…"
