"""The fields of Cisco messages; each case names the device and release, or where the line was published.

Addresses that were of the public Internet are changed to those for documentation. "IOL-XE 17.15.1" is the console log
of a published DMVPN laboratory; "Cisco 115801" and the like are Cisco's troubleshooting documents by their number.
"""

import pytest

from collector.wire import ios_syslog_fields as fields_of
from collector.wire.ios_syslog import read_ios_message

REAL = {
    "IOS 12.4T, IPsec VPN Monitoring: session": (
        (
            "%CRYPTO-5-SESSION_STATUS: Crypto session is UP. Peer 10.6.6.1:500 fvrf=name10 ivrf=name20   "
            "Description: SJC24-2-VPN-Gateway Id: 10.5.5.2"
        ),
        {
            "state": "UP",
            "remote": "10.6.6.1",
            "remote_port": "500",
            "fvrf": "name10",
            "ivrf": "name20",
            "description": "SJC24-2-VPN-Gateway",
            "id": "10.5.5.2",
        },
    ),
    "IOS 12.4T, IPsec VPN Monitoring: session ends": (
        (
            "%CRYPTO-5-SESSION_STATUS: Crypto session is DOWN. Peer 10.6.6.1:500 fvrf=name10 ivrf=name20   "
            "Description: SJC24-2-VPN-Gateway Id: 10.5.5.2"
        ),
        {
            "state": "DOWN",
            "remote": "10.6.6.1",
            "remote_port": "500",
            "fvrf": "name10",
            "ivrf": "name20",
            "description": "SJC24-2-VPN-Gateway",
            "id": "10.5.5.2",
        },
    ),
    "IOS 12.4T, IPsec VPN Monitoring: tunnel": (
        (
            "%CRYPTO-5-SESSION_STATUS: Crypto tunnel is UP. Peer 10.2.2.9:500 "
            "Description: connection from site A Id: ezvpn "
        ),
        {
            "state": "UP",
            "remote": "10.2.2.9",
            "remote_port": "500",
            "description": "connection from site A",
            "id": "ezvpn",
        },
    ),
    "IOS-XE, IKEv2, as a post-quantum VPN laboratory prints it": (
        "%CRYPTO-5-IKEV2_SESSION_STATUS: Crypto tunnel v2 is UP.  Peer 10.0.12.1:500       Id: 10.0.12.1",
        {"state": "UP", "version": "v2", "remote": "10.0.12.1", "remote_port": "500", "id": "10.0.12.1"},
    ),
    "IOS, Cisco 115801": (
        (
            "%CRYPTO-4-RECVD_PKT_INV_SPI: decaps: rec'd IPSEC packet has invalid spi for destaddr=10.10.1.2, prot=50, "
            "spi=0xB761863E(3076621886), srcaddr=10.1.1.1"
        ),
        {"local": "10.10.1.2", "protocol": "50", "spi": "0xb761863e", "remote": "10.1.1.1"},
    ),
    "IOS-XE SD-WAN, Cisco 221607": (
        (
            "%CRYPTO-4-RECVD_PKT_INV_SPI: decaps: rec'd IPSEC packet has invalid spi for destaddr=10.10.10.1, prot=50, "
            "spi=0x241BBFF1(605913993), srcaddr=10.20.20.1, input interface=Tunnel10001"
        ),
        {
            "local": "10.10.10.1",
            "protocol": "50",
            "spi": "0x241bbff1",
            "remote": "10.20.20.1",
            "interface": "Tunnel10001",
        },
    ),
    "IOS 12.x, a forum: no colon, small letters": (
        (
            "%CRYPTO-4-RECVD_PKT_INV_SPI: decaps rec'd IPSEC packet has invalid spi for destaddr=10.20.20.10, prot=50, "
            "spi=0x22642f0c(576990988), srcaddr=10.10.10.10"
        ),
        {"local": "10.20.20.10", "protocol": "50", "spi": "0x22642f0c", "remote": "10.10.10.10"},
    ),
    "IOL-XE 17.15.1: not IPsec": (
        (
            "%CRYPTO-4-RECVD_PKT_NOT_IPSEC: Rec'd packet not an IPSEC packet. (ip) vrf/dest_addr= /203.0.113.2, "
            "src_addr= 198.51.100.2, prot= 47"
        ),
        {"local": "203.0.113.2", "remote": "198.51.100.2", "protocol": "47"},
    ),
    "IOS, Cisco 116085, whose addresses were taken out": (
        "%CRYPTO-4-RECVD_PKT_MAC_ERR: decrypt: mac verify failed for connection id=2989 local= remote= spi=999CD43B",
        {"connection": "2989", "spi": "0x999cd43b"},
    ),
    "IOS 15, a router's log buffer": (
        "%CRYPTO-4-PKT_REPLAY_ERR: decrypt: replay check failed         connection id=29, sequence number=219",
        {"connection": "29", "sequence": "219"},
    ),
    "IOS-XE SD-WAN, CSCwe65414, whose addresses were taken out": (
        "%IPSEC-3-REPLAY_ERROR: IPSec SA receives anti-replay error, DP Handle 2770, src_addr >, dest_addr , SPI 0x293",
        {"handle": "2770", "spi": "0x00000293"},
    ),
    "IOS 12.x: main mode": (
        "%CRYPTO-6-IKMP_MODE_FAILURE: Processing of Main Mode failed with peer 10.2.2.1",
        {"remote": "10.2.2.1", "mode": "Main"},
    ),
    "IOS, cisconews 2008, its address filled in": (
        "%CRYPTO-6-IKMP_MODE_FAILURE: Processing of Main Mode failed with peer at 192.0.2.7",
        {"remote": "192.0.2.7", "mode": "Main"},
    ),
    "IOS 15: no SA": (
        "%CRYPTO-4-IKMP_NO_SA: IKE message from 203.0.113.10 has no SA and is not an initialization offer.",
        {"remote": "203.0.113.10"},
    ),
    "IOS 12.4: other key": (
        "%CRYPTO-4-IKMP_BAD_MESSAGE: IKE message from 192.1.20.2 failed its sanity check or is malformed",
        {"remote": "192.1.20.2"},
    ),
    "IOS, System Message Guide, its address filled in": (
        "%CRYPTO-6-IKMP_NOT_ENCRYPTED: IKE packet from 192.0.2.7 was not encrypted and it should've been.",
        {"remote": "192.0.2.7"},
    ),
    "IOS, CCSP articles 2009": (
        "%CRYPTO-6-IKMP_AUTH_FAIL: Authentication method failed with host 10.0.50.2",
        {"remote": "10.0.50.2"},
    ),
    "IOU 15.x: certificate": (
        "%CRYPTO-6-IKMP_NO_ID_CERT_ADDR_MATCH: ID of 192.168.30.2 (type 1) and certificate addr with 172.16.5.2",
        {"remote": "192.168.30.2"},
    ),
    "IOS 12.x, KS_3750": (
        "%CRYPTO-5-IKMP_AG_MODE_DISABLED: Unable to initiate or respond to Aggressive Mode while disabled",
        {},
    ),
    "IOS, Easy VPN client": (
        (
            "%CRYPTO-6-EZVPN_CONNECTION_UP: (Client) User=ra1 Group=ra1_grp Client_public_addr=172.16.20.1 "
            "Server_public_addr=10.1.1.1 Assigned_client_addr=192.168.20.10"
        ),
        {"local": "172.16.20.1", "remote": "10.1.1.1", "user": "ra1", "group": "ra1_grp"},
    ),
    "IOS, Easy VPN client ends": (
        (
            "%CRYPTO-6-EZVPN_CONNECTION_DOWN: (Client)  User=ipsecuser  Group=ipsecgroup  Client_public_addr=192.0.2.1 "
            " Server_public_addr=198.51.100.1  Assigned_client_addr=10.1.1.101  "
        ),
        {"local": "192.0.2.1", "remote": "198.51.100.1", "user": "ipsecuser", "group": "ipsecgroup"},
    ),
    "ISR 17.6.4": ("%CRYPTO-6-ISAKMP_ON_OFF: ISAKMP is OFF", {"state": "OFF"}),
    "ASA": (
        (
            "%ASA-4-750003: Local:198.51.100.7:500 Remote:203.0.113.4:500 Username:Unknown IKEv2 Negotiation aborted "
            "due to ERROR: Failed to receive the AUTH msg before the timer expired"
        ),
        {
            "local": "198.51.100.7",
            "local_port": "500",
            "remote": "203.0.113.4",
            "remote_port": "500",
            "reason": "Failed to receive the AUTH msg before the timer expired",
        },
    ),
    "IOL-XE 17.15.1: socket": (
        "%DMVPN-5-CRYPTO_SS:  Tunnel0: local address : 203.0.113.2 remote address : 198.51.100.6 socket is DOWN",
        {"interface": "Tunnel0", "local": "203.0.113.2", "remote": "198.51.100.6", "state": "DOWN"},
    ),
    "IOL-XE 17.15.1: client down": (
        (
            "%DMVPN-5-NHRP_NHC_DOWN: Tunnel0: Next Hop Client : (Tunnel: 172.16.0.2 NBMA: 198.51.100.2 ) for "
            "(Tunnel: 172.16.0.1 NBMA: 203.0.113.2) is DOWN, Reason: External(NHRP: no error)"
        ),
        {
            "interface": "Tunnel0",
            "remote_tunnel": "172.16.0.2",
            "remote": "198.51.100.2",
            "local_tunnel": "172.16.0.1",
            "local": "203.0.113.2",
            "state": "DOWN",
            "reason": "External(NHRP: no error)",
        },
    ),
    "IOL-XE 17.15.1: server up": (
        (
            "%DMVPN-5-NHRP_NHS_UP: Tunnel0: Next Hop Server : (Tunnel: 172.16.0.1 NBMA: 203.0.113.2) for "
            "(Tunnel: 172.16.0.2 NBMA: 198.51.100.2) is  UP"
        ),
        {
            "interface": "Tunnel0",
            "remote_tunnel": "172.16.0.1",
            "remote": "203.0.113.2",
            "local_tunnel": "172.16.0.2",
            "local": "198.51.100.2",
            "state": "UP",
        },
    ),
    "C8000v: server without tunnel address": (
        (
            "%DMVPN-5-NHRP_NHS_DOWN: Tunnel0: Next Hop Server : (Tunnel: UNKNOWN NBMA: 198.51.100.128 ) for "
            "(Tunnel: 172.16.1.3 NBMA: 203.0.113.3) is DOWN, Reason: NHRP Registration Failure(NHRP: no error)"
        ),
        {
            "interface": "Tunnel0",
            "remote": "198.51.100.128",
            "local_tunnel": "172.16.1.3",
            "local": "203.0.113.3",
            "state": "DOWN",
            "reason": "NHRP Registration Failure(NHRP: no error)",
        },
    ),
    "IOL-XE 17.15.1: NHRP error, addresses filled in": (
        (
            "%DMVPN-3-DMVPN_NHRP_ERROR:  Tunnel0: Recieved wrong authentication string for  Registration Request , "
            "Reason:  authentication failure (11) on (Tunnel: 172.16.0.1 NBMA: 203.0.113.2)"
        ),
        {
            "interface": "Tunnel0",
            "local_tunnel": "172.16.0.1",
            "local": "203.0.113.2",
            "reason": "authentication failure (11)",
        },
    ),
    "C8000v: tunnel interface": (
        "%LINEPROTO-5-UPDOWN: Line protocol on Interface Tunnel102, changed state to down",
        {"interface": "Tunnel102", "state": "down"},
    ),
    "Catalyst": (
        "%LINK-3-UPDOWN: Interface GigabitEthernet0/1, changed state to up",
        {"interface": "GigabitEthernet0/1", "state": "up"},
    ),
    "C8000v: shut": (
        "%LINK-5-CHANGED: Interface GigabitEthernet3, changed state to administratively down",
        {"interface": "GigabitEthernet3", "state": "administratively down"},
    ),
    "IOS 12.4: BGP": ("%BGP-5-ADJCHANGE: neighbor 150.1.1.1 Up ", {"remote": "150.1.1.1", "state": "Up"}),
    "IOU: BGP over IPv6": (
        "%BGP-5-ADJCHANGE: neighbor 2001:DB8:301:0:11:11:11:1 Up",
        {"remote": "2001:db8:301:0:11:11:11:1", "state": "Up"},
    ),
    "IOSv: BGP in a VRF": (
        "%BGP-5-ADJCHANGE: neighbor 10.1.24.2 vpn vrf private-peering Down Interface flap",
        {"remote": "10.1.24.2", "vrf": "private-peering", "state": "Down", "reason": "Interface flap"},
    ),
    "IOS 15: BGP while it opens": (
        "%BGP-5-ADJCHANGE: neighbor 10.12.1.2 active Down BGP Notification received",
        {"remote": "10.12.1.2", "state": "Down", "reason": "BGP Notification received"},
    ),
    "IOSv: BGP address family": (
        (
            "%BGP_SESSION-5-ADJCHANGE: neighbor 10.1.24.2 IPv4 Unicast vpn vrf private-peering topology base removed "
            "from session  Interface flap"
        ),
        {
            "remote": "10.1.24.2",
            "vrf": "private-peering",
            "state": "topology base removed from session",
            "reason": "Interface flap",
        },
    ),
    "IOS: BGP notification": (
        "%BGP-3-NOTIFICATION: sent to neighbor 10.26.101.2 active 6/2 (Administrative Shutdown) 0 bytes ",
        {"direction": "sent to", "remote": "10.26.101.2", "code": "6/2", "reason": "Administrative Shutdown"},
    ),
    "CSR1000v: BGP notification": (
        (
            "%BGP-3-NOTIFICATION: received from neighbor 169.254.11.233 6/1 (Maximum Number of Prefixes Reached) 7 "
            "bytes 00010100 000064"
        ),
        {
            "direction": "received from",
            "remote": "169.254.11.233",
            "code": "6/1",
            "reason": "Maximum Number of Prefixes Reached",
        },
    ),
    "IOSv: BGP reset": (
        "%BGP-5-NBR_RESET: Neighbor 10.1.24.2 reset (Interface flap)",
        {"remote": "10.1.24.2", "reason": "Interface flap"},
    ),
    "CSR1000v 16.8.1": (
        (
            "%SYS-5-RESTART: System restarted -- Cisco IOS Software [Fuji], Virtual XE Software "
            "(X86_64_LINUX_IOSD-UNIVERSALK9-M), Version 16.8.1, RELEASE SOFTWARE (fc3)"
        ),
        {"version": "16.8.1"},
    ),
    "IOS 12.4: reload": (
        "%SYS-5-RELOAD: Reload requested by console. Reload Reason: Reload Command.",
        {"reason": "Reload Command."},
    ),
}


@pytest.mark.parametrize(("line", "expected"), REAL.values(), ids=REAL)
def test_fields(line, expected):
    """A line gives the fields that it has, and no others."""
    assert dict(read_ios_message(line).fields) == expected


KNOWN = sorted({line.partition(":")[0] for line, _ in REAL.values()})


@pytest.mark.parametrize("mnemonic", KNOWN)
@pytest.mark.parametrize(
    "text", ["", "x", "Crypto", "neighbor", "Peer 1:2", "spi=", "Tunnel0: x", "(Tunnel:", "a, Reason:"]
)
def test_unknown_texts(mnemonic, text):
    """A text of another form is kept, and has no fields but what it plainly says."""
    message = read_ios_message(f"{mnemonic}: {text}")
    assert message.text == text
    assert set(dict(message.fields)) <= {"interface"}


# --- sessions ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ("Description: a Id: b", {"description": "a", "id": "b"}),
        ("Description: our Id: 7 Id: b", {"description": "our Id: 7", "id": "b"}),
        ("Description: no Group: here Group: vpn Id: b", {"description": "no Group: here", "group": "vpn", "id": "b"}),
        ("Group: vpn Description: a Id: cn=hub, o=ours", {"group": "vpn", "description": "a", "id": "cn=hub, o=ours"}),
        ("Id: b Group: vpn", {"id": "b", "group": "vpn"}),
        ("Description: Id: ", {}),
        ("Id:", {}),
        ("", {}),
    ],
)
def test_labels(labels, expected):
    """Labelled texts come in any order, and may be empty; a description may have what looks like another label."""
    found = fields_of.session(f"Crypto tunnel is DOWN  .  Peer 10.1.1.1:500   {labels}")
    assert found == {"state": "DOWN", "remote": "10.1.1.1", "remote_port": "500"} | expected


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        ("2001:DB8::1:500", {"remote": "2001:db8::1", "remote_port": "500"}),
        ("10.1.1.1", {"remote": "10.1.1.1"}),
        ("2001:db8::", {"remote": "2001:db8::"}),
        ("10.1.1.1.1:500", {}),
        ("010.001.001.001:500", {}),
    ],
)
def test_peer(peer, expected):
    """A peer's address is in canonical text, with its port or without; what is no address is left to the text."""
    assert fields_of.session(f"Crypto session is UP. Peer {peer}") == {"state": "UP"} | expected


def test_one_vrf():
    """Either VRF may be named alone, and in any order."""
    assert fields_of.session("Crypto session is UP. Peer 10.1.1.1:500 ivrf=b")["ivrf"] == "b"
    found = fields_of.session("Crypto session is UP. Peer 10.1.1.1:500 ivrf=b fvrf=a Id: c")
    assert (found["ivrf"], found["fvrf"], found["id"]) == ("b", "a", "c")


# --- others -----------------------------------------------------------------------------------------------------------


def test_packet_in_a_vrf():
    """What is before the address of a packet that is not IPsec is its VRF."""
    found = fields_of.packet("(ip) vrf/dest_addr= blue/10.1.1.1, src_addr= 10.1.1.2, prot= 47")
    assert found == {"vrf": "blue", "local": "10.1.1.1", "remote": "10.1.1.2", "protocol": "47"}


@pytest.mark.parametrize("value", ["0x123456789", "12 34", "xyz", "0x"])
def test_no_spi(value):
    """An SPI that is none is left to the text."""
    assert fields_of.packet(f"spi={value}").get("spi") in (None, "0x00000012")


def test_easy_vpn_server():
    """An Easy VPN server's own address is the server's."""
    found = fields_of.connection("(Server)  User=a  Client_public_addr=10.1.1.1  Server_public_addr=10.1.1.2")
    assert (found["local"], found["remote"]) == ("10.1.1.2", "10.1.1.1")


def test_first_peer_counts():
    """Words that are no address do not hide the peer's, and a second address does not replace it."""
    assert fields_of.ike_peer("from face to peer at 10.1.1.1. from 10.1.1.2") == {"remote": "10.1.1.1"}
