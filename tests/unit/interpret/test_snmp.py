"""Rows to entities; every deviation that people reported of real devices has its answer here.

Where a test names a device or a project, ../shared/reference/FIELD-NOTES.md has the source.
"""

from dataclasses import dataclass
from types import MappingProxyType

import pytest

from collector.interpret.snmp import interpret, interpret_in_steps
from collector.model import (
    Certificate,
    ChildSa,
    ClosedChildSa,
    CryptoMapSet,
    Endpoint,
    IkeFailure,
    IkePeer,
    IkePeerTunnel,
    IkeSa,
    IpsecFailure,
    IpsecGateway,
    MonitorSettings,
    NotificationSwitch,
    RoutingCapability,
    RoutingChannel,
    RoutingSession,
    RoutingSpeaker,
    Spi,
    System,
)
from collector.tables import Table, load
from collector.wire.ber import encode_arcs

INTEGER, OCTETS, NULL, OID, IP = 0x02, 0x04, 0x05, 0x06, 0x40
COUNTER32, GAUGE32, TICKS, COUNTER64 = 0x41, 0x42, 0x43, 0x46
NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW = 0x80, 0x81, 0x82
TABLES = load().tables


@dataclass(frozen=True)
class Read:
    table: Table
    rows: dict


def content(value):
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode()
    return value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True)


def row(table, **values):
    """Build a row of columns by name; a value is (tag, content) or what its column's syntax makes of it."""
    columns = {column.name: column for column in TABLES[table].columns}
    cells = {
        name: value if isinstance(value, tuple) else (columns[name].tag, content(value))
        for name, value in values.items()
    }
    return {columns[name].number: cell for name, cell in cells.items()}


def read(table, rows):
    """Build a read of rows by their index, a sequence of sub-identifiers or one."""
    return Read(
        TABLES[table],
        {encode_arcs([index] if isinstance(index, int) else index): cells for index, cells in rows.items()},
    )


def one(table, index=1, **values):
    """Interpret one row without errors."""
    interpretation = interpret([read(table, {index: row(table, **values)})])
    assert interpretation.errors == {}
    (entity,) = interpretation.entities
    return entity


# --- the ordinary -----------------------------------------------------------------------------------------------------


def test_a_tunnel():
    """The rows of the 3745 sample, in the words of the model: seconds, octets, labels, addresses."""
    assert one(
        "cipSecTunnelTable",
        cipSecTunIkeTunnelIndex=1,
        cipSecTunIkeTunnelAlive=1,
        cipSecTunLocalAddr=b"\x0a\x01\x01\x02",
        cipSecTunRemoteAddr=b"\x0a\x01\x01\x01",
        cipSecTunKeyType=1,
        cipSecTunLifeSize=99000,
        cipSecTunLifeTime=5000,
        cipSecTunActiveTime=13749,
        cipSecTunInSaEncryptAlgo=2,
        cipSecTunInOctets=400,
        cipSecTunHcInOctets=400,
        cipSecTunInOctWraps=0,
        cipSecTunInPkts=4,
        cipSecTunStatus=1,
    ) == ChildSa(
        index="1",
        ike_index=1,
        ike_alive=True,
        local_address="10.1.1.2",
        remote_address="10.1.1.1",
        key_type="ike",
        lifetime_bytes=99000 * 1024,
        lifetime_seconds=5000,
        active_seconds=137.49,
        receive_encryption="des",
        receive_bytes=400,
        receive_packets=4,
        status="active",
    )


def test_an_index_that_fills_fields():
    """What the index says is in the entity."""
    spi = one(
        "cipSecSpiTable",
        (7, 3),
        cipSecSpiDirection=1,
        cipSecSpiValue=(GAUGE32, b"\xe7\xfa\x61\xb2"),
        cipSecSpiProtocol=1,
    )
    assert spi == Spi(index="7.3", child_index=7, sequence=3, direction="in", spi=0xE7FA61B2, protocol="ah")


def test_constants():
    """A table says what its rows do not."""
    assert one("cipsDynamicCryptomapSetTable", (3, *b"vpn"), cipsDynamicCryptomapSetSize=2) == CryptoMapSet(
        index="3.118.112.110", name="vpn", kind="dynamic", entries=2
    )


def test_scalars():
    """A group of scalars is one entity, whose index is 0."""
    gateway = one("cipSecGlobalStats", 0, cipSecGlobalActiveTunnels=10, cipSecGlobalHcInOctets=135207102311)
    assert gateway == IpsecGateway(index="0", active_tunnels=10, receive_bytes=135207102311)


def test_scalars_of_one_kind_in_several_places():
    """The settings of the monitor lie far apart in the MIB, and are one entity."""
    assert one("cipSecMonitorSettings", 0, cipSecMibLevel=1, cipSecHistTableSize=200, cipSecFailTableSize=200) == (
        MonitorSettings(index="0", mib="CISCO-IPSEC-FLOW-MONITOR-MIB", mib_level=1, history_rows=200, failure_rows=200)
    )


def test_scalars_that_are_an_entity_each():
    """A switch per notification: those that are absent make none."""
    switches = read(
        "cipSecTrapCntl",
        {
            0: row(
                "cipSecTrapCntl",
                cipSecTrapCntlIkeTunnelStart=1,
                cipSecTrapCntlIkeTunnelStop=2,
                cipSecTrapCntlIkeNoSa=(NO_SUCH_INSTANCE, b""),
            )
        },
    )
    assert interpret([switches]).entities == (
        NotificationSwitch(index="0", notification="cikeTunnelStart", enabled=True),
        NotificationSwitch(index="0", notification="cikeTunnelStop", enabled=False),
    )


@pytest.mark.parametrize("table", ["cipSecGlobalStats", "cipSecTrapCntl"])
@pytest.mark.parametrize("index", [5, (0, 0), ()])
def test_an_instance_that_is_not_a_scalars(table, index):
    """A scalar has the instance 0: anything else is garbage and counted."""
    interpretation = interpret([read(table, {index: {1: (GAUGE32, b"\x01")}})])
    assert interpretation.entities == ()
    assert interpretation.errors == {table: 1}


def test_versions_and_octets():
    """A bgpVersion is a string of bits; the 7206 of the recording says 0x10."""
    assert one("bgp", 0, bgpVersion=b"\x10", bgpLocalAs=0, bgpIdentifier=b"\0\0\0\0") == RoutingSpeaker(
        index="0", versions="4", local_as=0, router_id="0.0.0.0"
    )


# --- absence ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tag", [NULL, NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW])
def test_values_that_are_not_there(tag):
    """Exceptions in a row are absent values, not errors, and not zeros."""
    tunnel = one("cipSecTunnelTable", cipSecTunInPkts=(tag, b""), cipSecTunStatus=1, cipSecTunHcOutOctets=(tag, b""))
    assert tunnel == ChildSa(index="1", status="active")


@pytest.mark.parametrize("cells", [{}, {32: (NO_SUCH_INSTANCE, b""), 51: (NO_SUCH_OBJECT, b"")}])
def test_a_row_without_any_value(cells):
    """A row that vanished while it was read has no value at all: it is no row, and no error."""
    interpretation = interpret([read("cipSecTunnelTable", {1: cells})])
    assert (interpretation.entities, interpretation.errors) == ((), {})


def test_a_context_without_the_system_group():
    """Reported to check_nwc_health (#207): the context of a VRF has no sysUpTime. No System, then, and no error."""
    cells = row("system", sysUpTime=(NO_SUCH_OBJECT, b""), sysDescr=(NO_SUCH_OBJECT, b""))
    interpretation = interpret([read("system", {0: cells})])
    assert (interpretation.entities, interpretation.errors) == ((), {})


def test_a_row_of_empty_strings():
    """LibreNMS #667, Checkmk: the device has a row and nothing in it. It is a row."""
    empty = dict.fromkeys(("cikeTunLocalValue", "cikeTunLocalAddr", "cikeTunLocalName", "cikeTunRemoteAddr"), b"")
    assert one("cikeTunnelTable", **empty) == IkeSa(index="1")


def test_a_row_without_status():
    """check_nwc_health: rows of cikeTunnelTable whose other columns end earlier. What is there is kept."""
    assert one("cikeTunnelTable", 479558, cikeTunLocalValue="10.1.1.2") == IkeSa(
        index="479558", local_identity="10.1.1.2", local_address="10.1.1.2"
    )


def test_an_empty_string_for_an_address():
    """LibreNMS #15073 (FTD, ASA): an address that is an empty string is absent."""
    tunnel = one("cipSecTunnelTable", cipSecTunLocalAddr=b"", cipSecTunRemoteAddr=b"", cipSecTunStatus=1)
    assert (tunnel.local_address, tunnel.remote_address) == (None, None)


def test_phase_2_without_phase_1():
    """Cisco bug CSCvb16714, centreon #2096: the index of an IKE SA that is not there is kept as it is."""
    tunnels = read("cipSecTunnelTable", {9: row("cipSecTunnelTable", cipSecTunIkeTunnelIndex=77)})
    endpoints = read("cipSecEndPtTable", {(9, 1): row("cipSecEndPtTable", cipSecEndPtLocalType=1)})
    assert interpret([read("cikeTunnelTable", {}), tunnels, endpoints]).entities == (
        ChildSa(index="9", ike_index=77),
        Endpoint(index="9.1", child_index=9, endpoint=1, local_type="singleIpAddr"),
    )


def test_no_ike_tunnel_ever_alive():
    """LibreNMS #12393 (FTD): cipSecTunIkeTunnelAlive is false on every row, and the rows are tunnels."""
    rows = {index: row("cipSecTunnelTable", cipSecTunIkeTunnelAlive=2, cipSecTunStatus=1) for index in (1, 2)}
    entities = interpret([read("cipSecTunnelTable", rows)]).entities
    assert [tunnel.ike_alive for tunnel in entities] == [False, False]


def test_a_failure_without_time_or_addresses():
    """check_nwc_health: cikeFailTable rows without LocalAddr and cikeFailTime; the address is in the value."""
    assert one(
        "cikeFailTable",
        cikeFailReason=10,
        cikeFailLocalType=1,
        cikeFailLocalValue="010.001.001.002",
        cikeFailRemoteType=2,
        cikeFailRemoteValue="client.example.org",
    ) == IkeFailure(
        index="1",
        reason="proposalFailure",
        local_identity_type="ipAddrPeer",
        local_identity="10.1.1.2",
        local_address="10.1.1.2",
        remote_identity_type="namePeer",
        remote_identity="client.example.org",
    )


def test_an_address_is_only_derived_where_it_is_absent():
    """What the device says the address is stands, whatever the identity."""
    sa = one("cikeTunnelTable", cikeTunLocalValue="10.9.9.9", cikeTunLocalAddr=b"\x0a\x01\x01\x02", cikeTunLocalType=1)
    assert (sa.local_identity, sa.local_address) == ("10.9.9.9", "10.1.1.2")


def test_the_recurring_other_failure():
    """check_nwc_health: cipSecFailReason other(1) every hour is a failure like any."""
    assert one("cipSecFailTable", cipSecFailReason=1, cipSecFailTime=(TICKS, b"\x03\xe8")) == IpsecFailure(
        index="1", reason="other", uptime_seconds=10.0
    )


# --- identities and addresses -----------------------------------------------------------------------------------------


def test_a_peer_of_zero_padded_text():
    """The 3745 writes the addresses of its peers as 010.001.001.002."""
    index = (1, 15, *b"010.001.001.002", 1, 15, *b"010.001.001.001", 1)
    peer = one("cikePeerTable", index, cikePeerActiveTime=13743, cikePeerActiveTunnelIndex=1)
    assert peer == IkePeer(
        index=".".join(map(str, index)),
        local_identity_type="ipAddrPeer",
        local_identity="10.1.1.2",
        remote_identity_type="ipAddrPeer",
        remote_identity="10.1.1.1",
        internal_index=1,
        local_address="10.1.1.2",
        remote_address="10.1.1.1",
        active_seconds=137.43,
        active_ike_index=1,
    )


def test_a_peer_of_raw_octets():
    """Observium saw four raw octets in the index of cikePeerCorrTable."""
    tunnel = one("cikePeerCorrTable", (1, 4, 217, 79, 6, 156, 1, 4, 80, 93, 52, 3, 2, 2), cikePeerCorrIpSecTunIndex=8)
    assert isinstance(tunnel, IkePeerTunnel)
    assert (tunnel.local_identity, tunnel.remote_identity) == ("217.79.6.156", "80.93.52.3")
    assert (tunnel.internal_index, tunnel.sequence, tunnel.child_index) == (2, 2, 8)


def test_a_peer_of_raw_ipv6():
    """Sixteen raw octets are an IPv6 address, whatever the declared type."""
    raw = bytes.fromhex("20010db885a30000341a8a2e03e1000e")
    peer = one("cikePeerTable", (2, 16, *raw, 1, 16, *raw, 1), cikePeerActiveTime=1)
    assert peer.local_identity == peer.remote_identity == "2001:db8:85a3:0:341a:8a2e:3e1:e"


def test_a_peer_of_an_unknown_type():
    """A Zabbix script met type 9 with 24 characters: the type is shown, the text is the identity."""
    peer = one("cikePeerTable", (1, 4, 194, 84, 250, 77, 9, 24, *b"vpn-client-1@example.org", 3), cikePeerActiveTime=1)
    assert (peer.local_identity, peer.local_address) == ("194.84.250.77", "194.84.250.77")
    assert (peer.remote_identity_type, peer.remote_identity) == ("unknown(9)", "vpn-client-1@example.org")
    assert peer.remote_address is None


def test_a_peer_with_empty_identities():
    """Empty values in an index are absent."""
    peer = one("cikePeerTable", (1, 0, 1, 0, 1), cikePeerActiveTime=1)
    assert (peer.local_identity, peer.local_address, peer.internal_index) == (None, None, 1)


def test_a_distinguished_name():
    """LibreNMS #19817 (ASA 9.18): cikeTunLocalValue is a long X.500 name."""
    name = "cn=asa.example.org,ou=VPN,o=Example GmbH,l=Berlin,st=Berlin,c=DE,ea=noc@example.org," + "x" * 150
    sa = one("cikeTunnelTable", cikeTunLocalType=2, cikeTunLocalValue=name, cikeTunRemoteType=(INTEGER, b"\x09"))
    assert (sa.local_identity, sa.local_address, sa.remote_identity_type) == (name, None, "unknown(9)")


def test_printable_octets():
    """Observium: four octets of an address that happen to be printable are an address."""
    tunnel = one("cipSecTunnelTable", cipSecTunRemoteAddr=b"AB12")
    assert tunnel.remote_address == "65.66.49.50"


def test_four_characters_by_their_type():
    """Four printable octets of an identity are an address if the type says so, and a name if it does not."""
    sa = one(
        "cikeTunnelTable", cikeTunLocalType=1, cikeTunLocalValue="hub1", cikeTunRemoteType=2, cikeTunRemoteValue="hub1"
    )
    assert (sa.local_identity, sa.remote_identity) == ("104.117.98.49", "hub1")


def test_trailing_nuls():
    """Text that a device pads with NULs is the text without them."""
    sa = one("cikeTunnelTable", cikeTunLocalName=b"ipsecf-3745b\0\0\0", cikeTunLocalAddr=b"10.1.1.2\0")
    assert (sa.local_name, sa.local_address) == ("ipsecf-3745b", "10.1.1.2")


def test_inet_address_by_its_type():
    """An InetAddress is read as the InetAddressType beside it says, by its length where that is missing."""
    typed = one(
        "ceipSecTunnelTable",
        ceipSecTunLocalAddressType=4,
        ceipSecTunLocalAddress=bytes.fromhex("fe80000000000000000000000000000100000007"),
        ceipSecTunRemoteAddressType=16,
        ceipSecTunRemoteAddress="hub1",
    )
    assert (typed.local_address, typed.remote_address) == ("fe80::1%7", "hub1")
    bare = one("ceipSecTunnelTable", ceipSecTunLocalAddress=b"\x0a\x01\x01\x02", ceipSecTunRemoteAddress=b"")
    assert (bare.local_address, bare.remote_address) == ("10.1.1.2", None)


def test_inet_address_in_an_index():
    """The address of a BGP peer is in its index, read as the part before it says."""
    v6 = bytes.fromhex("20010db885a30000341a8a2e03e1000d")
    session = one("cbgpPeer2Table", (2, 16, *v6), cbgpPeer2State=6, cbgpPeer2LocalAddr=v6[:-1] + b"\x0e")
    assert session == RoutingSession(
        index="2.16." + ".".join(map(str, v6)),
        remote_address="2001:db8:85a3:0:341a:8a2e:3e1:d",
        local_address="2001:db8:85a3:0:341a:8a2e:3e1:e",
        state="established",
    )


def test_labels_outside_the_list():
    """DH group 14 and AES are not in the MIB of 2007: real devices say them all the same."""
    tunnel = one("cipSecTunnelTable", cipSecTunInSaDiffHellmanGrp=14, cipSecTunInSaEncryptAlgo=(GAUGE32, b"\x04"))
    assert (tunnel.receive_dh_group, tunnel.receive_encryption) == ("unknown(14)", "unknown(4)")


# --- 64 bits from 32 --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("octets", "high", "wraps", "expected"),
    [
        (2063116135, 135207102311, 31, 135207102311),  # the 3925 of the captures: all three agree
        (2063116135, None, 31, 135207102311),
        (2063116135, 0, 31, 135207102311),  # a 64-bit column that stays 0 ("seems buggy", centreon)
        (400, None, None, 400),
        (400, 0, None, 400),
        (400, 0, 0, 400),
        (0, 0, 0, 0),
        (0, None, 1, 2**32),  # exactly at the wrap
        (0, 0, 3, 0),  # wraps that count while nothing else does are not believed
        (None, 0, 3, 0),
        (None, None, 3, None),
        (None, 5, None, 5),
        (1000, 5, 0, 5),  # the 64-bit column counts: it is believed
    ],
)
def test_octets_and_wraps(octets, high, wraps, expected):
    """The 64-bit column counts where it counts; else the 32-bit one and its wraps are put together."""
    values = {"cipSecTunInOctets": octets, "cipSecTunHcInOctets": high, "cipSecTunInOctWraps": wraps}
    given = {name: value for name, value in values.items() if value is not None}
    assert one("cipSecTunnelTable", cipSecTunStatus=1, **given).receive_bytes == expected


def test_wraps_where_there_is_no_64_bit_column():
    """cipSecPhase2GWStatsTable has only octets and wraps."""
    gateway = one("cipSecPhase2GWStatsTable", 4, cipSecPhase2GWInOctets=7, cipSecPhase2GWInOctWraps=2)
    assert gateway == IpsecGateway(index="4", gateway="4", receive_bytes=2 * 2**32 + 7)


# --- rows that complete others ----------------------------------------------------------------------------------------


def test_augmented_rows():
    """The table cbgpPeerTable augments bgpPeerTable: one session; a row that finds none stands for itself."""
    peers = read("bgpPeerTable", {(10, 0, 0, 1): row("bgpPeerTable", bgpPeerState=6)})
    more = read(
        "cbgpPeerTable",
        {
            (10, 0, 0, 1): row("cbgpPeerTable", cbgpPeerLastErrorTxt="hold time expired"),
            (10, 0, 0, 2): row("cbgpPeerTable", cbgpPeerPrevState=3),
        },
    )
    expected = (
        RoutingSession(
            index="10.0.0.1", remote_address="10.0.0.1", state="established", last_error_text="hold time expired"
        ),
        RoutingSession(index="10.0.0.2", remote_address="10.0.0.2", previous_state="active"),
    )
    assert interpret([peers, more]).entities == expected
    assert interpret([more, peers]).entities == expected


def test_an_augmenting_table_alone():
    """Without the table that they complete, the rows are entities of their own."""
    more = read("cbgpPeerTable", {(10, 0, 0, 2): row("cbgpPeerTable", cbgpPeerPrevState=3)})
    assert interpret([more]).entities == (
        RoutingSession(index="10.0.0.2", remote_address="10.0.0.2", previous_state="active"),
    )


def test_what_both_tables_say():
    """Where two tables say the same field, the one that is augmented is believed."""
    stats = read("cisgIpsSgTunnelTable", {(5, 1): row("cisgIpsSgTunnelTable", cisgIpsSgTunInOctets=10)})
    more = read("cifIkeTunnelTable", {(5, 1): row("cifIkeTunnelTable", cifIkeTunNegoMode=1, cifIkeTunTotalRefreshes=3)})
    assert interpret([stats, more]).entities == (
        IkeSa(index="5.1", protocol="cpIkev1", receive_bytes=10, negotiation_mode="mainMode", refreshes=3),
    )


def test_scalars_that_complete_others():
    """The engine's boots complete the system group."""
    system = read(
        "system", {0: row("system", sysName="hub1", sysUpTime=(TICKS, b"\x64"), sysObjectID=(OID, b"\x2b\x06"))}
    )
    engine = read(
        "snmpEngine", {0: row("snmpEngine", snmpEngineID=b"\x80\0\0\x09", snmpEngineBoots=4, snmpEngineTime=9)}
    )
    assert interpret([system, engine]).entities == (
        System(
            index="0",
            name="hub1",
            uptime_seconds=1.0,
            object_id="1.3.6",
            engine_id="80000009",
            engine_boots=4,
            engine_seconds=9,
        ),
    )


def test_families_and_prefixes():
    """The prefix counts of a BGP peer complete its address family; the recording's family has safi 128."""
    index = (10, 44, 32, 13, 1, 128)
    reads = [
        read(
            "cbgpPeerAddrFamilyTable", {index: row("cbgpPeerAddrFamilyTable", cbgpPeerAddrFamilyName="VPNv4 Unicast")}
        ),
        read(
            "cbgpPeerAddrFamilyPrefixTable",
            {index: row("cbgpPeerAddrFamilyPrefixTable", cbgpPeerAcceptedPrefixes=1, cbgpPeerPrefixThreshold=75)},
        ),
        read(
            "cbgpPeerCapsTable", {(10, 44, 32, 13, 65, 1): row("cbgpPeerCapsTable", cbgpPeerCapValue=b"\0\0\xfe\x3b")}
        ),
    ]
    assert interpret(reads).entities == (
        RoutingChannel(
            index="10.44.32.13.1.128",
            remote_address="10.44.32.13",
            afi="ipv4",
            safi="vpn",
            name="VPNv4 Unicast",
            accepted_prefixes=1,
            threshold_ratio=0.75,
        ),
        RoutingCapability(
            index="10.44.32.13.65.1", remote_address="10.44.32.13", code="unknown(65)", sequence=1, value="0000fe3b"
        ),
    )


# --- what cannot be decoded -------------------------------------------------------------------------------------------


def test_a_value_that_cannot_be_decoded():
    """It costs that value, whatever kind it is, and is counted by its name."""
    interpretation = interpret(
        [
            read(
                "cipSecTunnelTable",
                {
                    1: row(
                        "cipSecTunnelTable",
                        cipSecTunInPkts=(OCTETS, b"4"),
                        cipSecTunIkeTunnelAlive=(INTEGER, b"\x07"),
                        cipSecTunStatus=(OCTETS, b"active"),
                        cipSecTunLocalAddr=b"\x0a\x01\x01",
                        cipSecTunActiveTime=(INTEGER, b""),
                        cipSecTunOutOctets=(OID, b"\x2b"),
                        cipSecTunOutPkts=4,
                    ),
                    2: row("cipSecTunnelTable", cipSecTunInPkts=(COUNTER32, b"\x01" * 12)),
                },
            )
        ]
    )
    assert interpretation.entities == (ChildSa(index="1", transmit_packets=4), ChildSa(index="2"))
    assert interpretation.errors == {
        "cipSecTunInPkts": 2,
        "cipSecTunIkeTunnelAlive": 1,
        "cipSecTunStatus": 1,
        "cipSecTunLocalAddr": 1,
        "cipSecTunActiveTime": 1,
        "cipSecTunOutOctets": 1,
    }
    assert interpretation.decode_errors == 7


def test_typed_values_that_cannot_be_decoded():
    """An InetAddress that is none costs itself, an InetAddressType that is none does not cost the address."""
    interpretation = interpret(
        [
            read(
                "ceipSecTunnelTable",
                {
                    1: row(
                        "ceipSecTunnelTable",
                        ceipSecTunLocalAddressType=(OCTETS, b"ipv4"),
                        ceipSecTunLocalAddress=b"\x0a\x01\x01\x02",
                        ceipSecTunRemoteAddress=b"\x0a\x01\x01",
                        ceipSecTunStatus=4,
                    )
                },
            )
        ]
    )
    assert interpretation.entities == (ChildSa(index="1", local_address="10.1.1.2", status="active"),)
    assert interpretation.errors == {"ceipSecTunLocalAddressType": 1, "ceipSecTunRemoteAddress": 1}


@pytest.mark.parametrize("index", [(), (1, 2), (1, 3, 1)])
def test_an_index_that_cannot_be_decoded(index):
    """It costs the row, counted by the name of the table; the rows beside it stand."""
    rows = {index: row("cikeTunnelTable", cikeTunStatus=1), 7: row("cikeTunnelTable", cikeTunStatus=1)}
    interpretation = interpret([read("cikeTunnelTable", rows)])
    assert interpretation.entities == (IkeSa(index="7", status="active"),)
    assert interpretation.errors == {"cikeTunnelTable": 1}


@pytest.mark.parametrize("suffix", [b"\x81", b"\xff\xff\xff\xff\xff\x7f", bytes([1, 15, 48])])
def test_an_index_of_garbage(suffix):
    """Sub-identifiers that are cut off or too big, and strings that end early, cost the row."""
    cells = row("cikePeerTable", cikePeerActiveTime=1)
    interpretation = interpret([Read(TABLES["cikePeerTable"], {suffix: cells})])
    assert (interpretation.entities, interpretation.errors) == ((), {"cikePeerTable": 1})


def test_an_odd_value_in_an_index():
    """An address that is none, within an index that comes apart, costs that value and not the row."""
    interpretation = interpret([read("cbgpPeer2Table", {(1, 3, 10, 0, 0): row("cbgpPeer2Table", cbgpPeer2State=6)})])
    assert interpretation.entities == (RoutingSession(index="1.3.10.0.0", state="established"),)
    assert interpretation.errors == {"cbgpPeer2RemoteAddr": 1}


def test_a_merged_row_that_cannot_be_decoded():
    """A garbage index among rows that are merged costs its row, in either table."""
    peers = read("bgpPeerTable", {(10, 0, 0): row("bgpPeerTable", bgpPeerState=6)})
    more = read("cbgpPeerTable", {(10, 0, 0, 2): row("cbgpPeerTable", cbgpPeerPrevState=3), (10, 0, 0): {}})
    interpretation = interpret([peers, more])
    assert [session.index for session in interpretation.entities] == ["10.0.0.2"]
    assert interpretation.errors == {"bgpPeerTable": 1, "cbgpPeerTable": 1}


def test_history():
    """A closed tunnel keeps the reason, and the copies of live ones keep theirs (cipSecHistCheckPoint)."""
    assert one(
        "cipSecTunnelHistTable",
        cipSecTunHistTermReason=7,
        cipSecTunHistStartTime=(TICKS, b"\x27\x10"),
        cipSecTunHistHcInOctets=9,
        cipSecTunHistActiveTime=100,
    ) == ClosedChildSa(
        index="1", reason="checkPointReq", start_uptime_seconds=100.0, active_seconds=1.0, receive_bytes=9
    )


def test_certificate():
    """A text that is no text is shown in hex, losing nothing."""
    assert one("ceipSecCert", 0, ceipSecCertSerialNumber=b"\x01\xff", ceipSecCertExpiryStatus=2) == Certificate(
        index="0", serial_number="0x01ff", expiry_status="certGoingExpired"
    )


# --- in steps ---------------------------------------------------------------------------------------------------------


def test_steps():
    """In steps, the same entities and the same counts come in the same order, so many at a time."""
    rows = {index: row("cikeTunnelTable", cikeTunStatus=1, cikeTunInPkts=(OCTETS, b"")) for index in range(1, 6)}
    reads = [read("cikeTunnelTable", rows), read("cipSecTunnelTable", {1: row("cipSecTunnelTable", cipSecTunStatus=1)})]
    whole = interpret(reads)
    steps = list(interpret_in_steps(reads, 4))
    assert [len(step.entities) for step in steps] == [4, 2]
    assert tuple(entity for step in steps for entity in step.entities) == whole.entities
    assert sum(step.decode_errors for step in steps) == whole.decode_errors == 5


def test_steps_of_garbage():
    """Rows that make no entity are counted all the same."""
    reads = [read("cikeTunnelTable", {(1, 2): row("cikeTunnelTable", cikeTunStatus=1)})]
    (step,) = interpret_in_steps(reads, 4)
    assert (step.entities, step.errors) == ((), {"cikeTunnelTable": 1})
    assert list(interpret_in_steps([], 4)) == []


def test_rows_of_any_mapping():
    """Rows may be any mapping: a view that cannot be written serves as well as a dict."""
    cells = MappingProxyType(row("cikeTunnelTable", cikeTunStatus=1))
    assert interpret([Read(TABLES["cikeTunnelTable"], {b"\x01": cells})]).entities == (
        IkeSa(index="1", status="active"),
    )
