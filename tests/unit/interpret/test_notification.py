"""Traps and informs as they should not be: varbinds out of order, without instance, undecodable, too many, too long."""

from collections import Counter

import pytest

from collector.interpret.notification import MAX_CHARACTERS, MAX_VARBINDS, NotificationReader
from collector.tables import load
from collector.wire.ber import encode_arcs, oid

TABLES = load()
READER = NotificationReader(TABLES)
NAMES = {each.name: each.oid for each in TABLES.notified.values() if each.mib != "CISCO-IPSEC-PROVISIONING-MIB"}
INTEGER, OCTETS, NULL, OID, ADDRESS, COUNTER, NO_INSTANCE = 0x02, 0x04, 0x05, 0x06, 0x40, 0x41, 0x81


def varbind(name, instance, tag, content):
    """A varbind of an object by its name, or of any OID; the instance is in dots, and may be empty."""
    stem = NAMES[name] if name in NAMES else oid(name)
    return stem + encode_arcs([int(arc) for arc in instance.split(".") if arc]), tag, content


def read(notification, *varbinds, errors=None):
    known = TABLES.notifications.get(notification)
    return READER.read(
        known.oid if known else oid(notification),
        [varbind(*each) for each in varbinds],
        Counter() if errors is None else errors,
        source="inform",
        received_at=1700000000.25,
        sender="2001:db8::1",
    )


STOP = [
    ("cipSecTunActiveTime", "4711", INTEGER, b"\x64"),
    ("cipSecTunHistTermReason", "812", INTEGER, b"\x03"),
    ("cipSecEndPtHistLocalAddr1", "812", OCTETS, b"\x0a\0\0\0"),
]


# --- the row ----------------------------------------------------------------------------------------------------------


def test_how_it_came():
    """Source, time and sender are what the listener says; target and VRF are left to it."""
    found = read("cipSecTunnelStop", *STOP)
    assert (found.source, found.received_at, found.sender) == ("inform", 1700000000.25, "2001:db8::1")
    assert (found.target, found.vrf, found.description) == (None, None, None)


def test_any_order():
    """The order of the varbinds changes the order of the values, and nothing else."""
    straight, reverse = read("cipSecTunnelStop", *STOP), read("cipSecTunnelStop", *reversed(STOP))
    assert straight.index == reverse.index == "4711"
    assert straight.reason == reverse.reason == "operRequest"
    assert straight.values == tuple(reversed(reverse.values))


def test_nothing_at_all():
    """Without varbinds there is still a name, a module and a state."""
    found = read("cipSecTunnelStop")
    assert (found.name, found.module, found.up, found.index, found.values) == (
        "cipSecTunnelStop", "ipsec", False, None, (),
    )  # fmt: skip


@pytest.mark.parametrize("instance", ["", "0"])
def test_no_instance(instance):
    """A varbind without instance, or with the one of a scalar, has a value but no row."""
    found = read("cipSecTunnelStop", ("cipSecTunActiveTime", instance, INTEGER, b"\x64"))
    assert found.index is None
    assert found.values == ((f"cipSecTunActiveTime.{instance}".rstrip("."), "1"),)


def test_the_first_instance_counts():
    """Of two rows the first is taken; one that is none does not stand in the way."""
    zero, first, second = (("cipSecTunActiveTime", row, INTEGER, b"\x64") for row in ("0", "7", "8"))
    assert read("cipSecTunnelStop", zero, first, second).index == "7"


def test_a_row_beneath():
    """An endpoint's instance begins with the index of its tunnel."""
    found = read("cipSecTunnelStart", ("cipSecEndPtLocalAddr1", "4711.2", OCTETS, b"\x0a\0\0\0"))
    assert found.index == "4711"


@pytest.mark.parametrize(
    ("notification", "name", "instance"),
    [
        ("cikeTunnelStart", "cipSecTunLifeTime", "4711"),
        ("cipSecTunnelStart", "cikeTunLifeTime", "17"),
        ("cipSecTunnelStop", "cipSecTunHistTermReason", "812"),
        ("cikeTunnelStop", "cikeTunHistTermReason", "812"),
        ("ciscoEnhIpsecFlowTunnelStop", "ceipSecTunHistTermReason", "812"),
        ("ciscoIpsSgTunnelStop", "cisgIpsSgTunHistTermReason", "2.812"),
        ("coldStart", "cikeTunLifeTime", "17"),
    ],
)
def test_instances_of_other_tables(notification, name, instance):
    """The index of phase 1 is none of phase 2, and that of a history is none of a live tunnel."""
    assert read(notification, (name, instance, INTEGER, b"\x01")).index is None


@pytest.mark.parametrize(
    ("notification", "name", "instance", "table", "index"),
    [
        ("ciscoEnhIpsecFlowTunnelStop", "ceipSecTunActiveTime", "5", "ceipSecTunnelTable", "5"),
        ("ciscoIpsSgTunnelStart", "cisgIpsSgTunLifeTime", "2.99", "cisgIpsSgTunnelTable", "2.99"),
        ("cbgpPrefixThresholdExceeded", "cbgpPeerPrefixThreshold", "10.0.0.2.1.128", "bgpPeerTable", "10.0.0.2"),
        (
            "cbgpPeer2PrefixThresholdClear", "cbgpPeer2PrefixClearThreshold", "1.4.10.0.0.2.1.1",
            "cbgpPeer2Table", "1.4.10.0.0.2",
        ),
    ],
)  # fmt: skip
def test_rows_of_other_kinds(notification, name, instance, table, index):
    """A row's index is as long as that of its table, whatever comes behind it."""
    found = read(notification, (name, instance, INTEGER, b"\x01"))
    assert (found.table, found.index) == (table, index)


@pytest.mark.parametrize("instance", ["10.0.0", "10.0.0.256", "0.0.0.0"])
def test_an_instance_that_is_no_address(instance):
    """An instance that is too short, beyond octets or empty names no peer."""
    found = read("bgpEstablishedNotification", ("bgpPeerState", instance, INTEGER, b"\x06"))
    assert (found.index, found.remote_address) == (None, None)
    assert found.values == ((f"bgpPeerState.{instance}", "established"),)


def test_an_instance_that_is_garbage():
    """An instance that is cut off is not shown; the value is."""
    cut = (NAMES["cipSecTunActiveTime"] + b"\x81", INTEGER, b"\x64")
    found = READER.read(
        TABLES.notifications["cipSecTunnelStop"].oid, [cut], Counter(), source="trap", received_at=0.0, sender="::1"
    )
    assert (found.index, found.values) == (None, (("cipSecTunActiveTime", "1"),))


def test_a_value_that_is_not_there_has_an_instance():
    """A noSuchInstance says nothing, but its instance names the row."""
    found = read("cipSecTunnelStop", ("cipSecTunActiveTime", "4711", NO_INSTANCE, b""))
    assert (found.index, found.values) == ("4711", ())


# --- what the varbinds say --------------------------------------------------------------------------------------------


def test_addresses_of_the_peers():
    """Addresses come as octets or as text; the first one that is an address counts."""
    found = read(
        "cikeProtocolFailure",
        ("cikePeerLocalAddr", "1", OCTETS, b"not one"),
        ("cikeTunLocalAddr", "1", OCTETS, b"010.001.001.002\0"),
        ("cikePeerRemoteAddr", "1", OCTETS, bytes.fromhex("20010db8000000000000000000000001")),
        ("cikeTunRemoteAddr", "1", OCTETS, b"\x0a\0\0\1"),
    )
    assert (found.happening, found.level, found.module) == ("negotiation-failed", "ike", "failures")
    assert (found.local_address, found.remote_address) == ("10.1.1.2", "2001:db8::1")


def test_an_identity_is_no_address():
    """A name stands among the values, and is no address."""
    found = read(
        "ciscoIpsSgTunnelStart",
        ("cisgIpsSgTunRemoteAddressType", "2.9", INTEGER, b"\x03"),
        ("cisgIpsSgTunRemoteAddress", "2.9", OCTETS, b"hub.example.net"),
    )
    assert found.remote_address is None
    assert found.values[1] == ("cisgIpsSgTunRemoteAddress.2.9", "hub.example.net")


@pytest.mark.parametrize(
    ("kind", "instance", "shown"),
    [
        ((INTEGER, b"\x10"), "3", "10.1"),
        ((INTEGER, b"\x01"), "3", "49.48.46.49"),
        ((INTEGER, b"\x01"), "4", "49.48.46.49"),
        ((OCTETS, b"\x01"), "3", "49.48.46.49"),
        ((NO_INSTANCE, b""), "3", "49.48.46.49"),
    ],
)
def test_addresses_with_a_type(kind, instance, shown):
    """An address is read as the varbind of its type says, if one of that instance says something."""
    found = read(
        "cneNotifNextHopPeerDown",
        ("nhrpCacheNbmaAddr", "3", OCTETS, b"10.1"),
        ("nhrpCacheNbmaAddrType", instance, *kind),
    )
    assert found.values[0] == ("nhrpCacheNbmaAddr.3", shown)


def test_next_hops():
    """The NBMA addresses of a next hop are those of the tunnel, and why it is gone is told."""
    found = read(
        "cneNotifNextHopRegClientDown",
        ("nhrpServerNhcInternetworkAddr", "1.1", OCTETS, b"\xac\x10\0\2"),
        ("nhrpServerNbmaAddr", "1", OCTETS, b"\xc0\0\2\1"),
        ("nhrpServerNhcNbmaAddr", "1.1", OCTETS, b"\xc6\x33\x64\7"),
        ("cneNextHopDownReason", "0", INTEGER, b"\x04"),
    )
    assert (found.happening, found.up, found.module) == ("routing", False, "ipsec")
    assert (found.local_address, found.remote_address) == ("192.0.2.1", "198.51.100.7")
    assert found.reason == "purgeReceived"


@pytest.mark.parametrize(("state", "up"), [(b"\x06", True), (b"\x01", False), (b"\x2a", False)])
def test_a_state_that_is_told(state, up):
    """Where the notification alone says neither up nor down, its state does."""
    assert read("cbgpFsmStateChange", ("bgpPeerState", "10.0.0.2", INTEGER, state)).up is up


def test_a_state_that_is_not_told():
    """Without its state a change says neither up nor down."""
    assert read("cbgpFsmStateChange", ("bgpPeerLastError", "10.0.0.2", OCTETS, b"\4\0")).up is None


def test_reasons():
    """The first reason counts; what a speaker says of its last error is one."""
    first = ("ceipSecFailReason", "1", INTEGER, b"\x04")
    again = ("ceipSecFailReason", "2", INTEGER, b"\x05")
    assert read("ciscoEnhIpsecFlowSetupFail", first, again).reason == "proposalFailure"
    text = ("cbgpPeerLastErrorTxt", "10.0.0.2", OCTETS, b"hold time expired")
    assert read("cbgpBackwardTransition", text).reason == "hold time expired"


# --- what is shown ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "instance", "tag", "content", "shown"),
    [
        ("cipSecTunLifeSize", "1", INTEGER, b"\x02", ("cipSecTunLifeSize.1", "2048")),
        ("cicIkeEnabled", "0", INTEGER, b"\x01", ("cicIkeEnabled.0", "true")),
        ("cicIkeEnabled", "0", INTEGER, b"\x02", ("cicIkeEnabled.0", "false")),
        ("ifOperStatus", "3", INTEGER, b"\x2a", ("ifOperStatus.3", "unknown(42)")),
        ("bgpPeerLastError", "10.0.0.2", OCTETS, b"\x04\0", ("bgpPeerLastError.10.0.0.2", "0400")),
        ("ifDescr", "3", OCTETS, b"Gi0/1\r\nroot: \tx\xe2\x80\xae", ("ifDescr.3", "Gi0/1  root:  x ")),
        ("ifDescr", "3", OCTETS, b"\x1b[2J", ("ifDescr.3", "0x1b5b324a")),
        ("ifDescr", "3", OCTETS, b"x" * 300, ("ifDescr.3", "x" * 254 + "…")),
        ("1.3.6.1.4.1.99999.1", "7", INTEGER, b"\xff", ("1.3.6.1.4.1.99999.1.7", "-1")),
        ("1.3.6.1.4.1.99999.1", "7", COUNTER, b"\xff", ("1.3.6.1.4.1.99999.1.7", "255")),
        ("1.3.6.1.4.1.99999.1", "7", INTEGER, b"", ("1.3.6.1.4.1.99999.1.7", "0x")),
        ("1.3.6.1.4.1.99999.1", "7", OCTETS, b"text", ("1.3.6.1.4.1.99999.1.7", "0x74657874")),
        ("1.3.6.1.4.1.99999.1", "7", ADDRESS, b"\x0a\0\0\2", ("1.3.6.1.4.1.99999.1.7", "10.0.0.2")),
        ("1.3.6.1.4.1.99999.1", "7", ADDRESS, b"\x0a", ("1.3.6.1.4.1.99999.1.7", "0x0a")),
        ("1.3.6.1.4.1.99999.1", "7", OID, b"\x2b\x06", ("1.3.6.1.4.1.99999.1.7", "1.3.6")),
        ("1.3.6.1.4.1.99999.1", "7", OID, b"\x2b\x86", ("1.3.6.1.4.1.99999.1.7", "0x2b86")),
        ("1.3.6.1.4.1.99999.1", "7", OCTETS, b"\xff" * 200, ("1.3.6.1.4.1.99999.1.7", "0x" + "f" * 252 + "…")),
    ],
)
def test_values(name, instance, tag, content, shown):
    """Known values are shown as their tables have them, others by their tag; octets are text if their MIB says so."""
    assert read("linkUp", (name, instance, tag, content)).values == (shown,)


@pytest.mark.parametrize("name", ["ifDescr", "1.3.6.1.4.1.99999.1"])
@pytest.mark.parametrize("tag", [NULL, NO_INSTANCE])
def test_no_value(name, tag):
    """What the device has no value for is not shown."""
    assert read("linkUp", (name, "3", tag, b"")).values == ()


def test_a_value_that_cannot_be_decoded():
    """It costs that value, is counted by its name, and is shown as it came."""
    errors = Counter()
    found = read(
        "cipSecTunnelStop",
        ("cipSecTunActiveTime", "4711", OCTETS, b"\x01"),
        ("cipSecTunHistTermReason", "812", INTEGER, b"\x03"),
        errors=errors,
    )
    assert (found.index, found.reason) == ("4711", "operRequest")
    assert found.values[0] == ("cipSecTunActiveTime.4711", "0x01")
    assert errors == {"cipSecTunActiveTime": 1}


def test_an_address_that_cannot_be_decoded():
    """It is counted and shown as octets, and the notification has none."""
    errors = Counter()
    found = read("cikeNoSa", ("cikePeerRemoteAddr", "1", OCTETS, b"\1\2\3"), errors=errors)
    assert (found.remote_address, found.values) == (None, (("cikePeerRemoteAddr.1", "0x010203"),))
    assert errors == {"cikePeerRemoteAddr": 1}


def test_an_address_of_a_type_that_is_an_integer():
    """A typed address must be octets, whatever its type says."""
    errors = Counter()
    read(
        "cneNotifNextHopPeerDown",
        ("nhrpCacheNbmaAddr", "3", INTEGER, b"\1"),
        ("nhrpCacheNbmaAddr", "3", NULL, b""),
        ("nhrpCacheNbmaAddrType", "3", INTEGER, b"\1"),
        errors=errors,
    )
    assert errors == {"nhrpCacheNbmaAddr": 1}


def test_a_name_that_is_too_long():
    """Names are cut as values are."""
    instance = ".".join(["4294967295"] * 40)
    ((known, _), (unknown, _)) = read(
        "linkUp", ("ifDescr", instance, OCTETS, b"x"), ("1.3.6.1.4.1.99999", instance, OCTETS, b"x")
    ).values
    assert len(known) == len(unknown) == MAX_CHARACTERS
    assert known.endswith("…")


def test_a_name_that_is_no_oid():
    """The OID of an unknown varbind that cannot be read is shown as octets."""
    found = READER.read(
        b"\x2b\x86", [(b"\x2b\x86", INTEGER, b"\1")], Counter(), source="trap", received_at=0.0, sender=""
    )
    assert (found.name, found.values) == ("0x2b86", (("0x2b86", "1"),))


def test_too_many_varbinds():
    """What stands behind the limit is not looked at."""
    many = [("ifDescr", str(number), OCTETS, b"x") for number in range(1, MAX_VARBINDS + 9)]
    found = read("cipSecTunnelStop", *many, *STOP)
    assert (len(found.values), found.index) == (MAX_VARBINDS, None)


def test_the_envelope_and_the_secret():
    """Uptime, trap OID and a community that a proxy added are not among the values."""
    found = read(
        "linkUp",
        ("1.3.6.1.2.1.1.3", "0", 0x43, b"\1"),
        ("1.3.6.1.6.3.1.1.4.1", "0", OID, b"\x2b\x06"),
        ("1.3.6.1.6.3.18.1.4", "0", OCTETS, b"secret"),
        ("1.3.6.1.6.3.18.1.4", "", OCTETS, b"secret"),
    )
    assert found.values == ()


# --- what nobody knows ------------------------------------------------------------------------------------------------


def test_an_unknown_notification():
    """It keeps its OID as a name, and what it carries is shown all the same."""
    found = read(
        "1.3.6.1.4.1.9.9.43.2.0.1", ("ifIndex", "3", INTEGER, b"\3"), ("cipSecTunActiveTime", "7", INTEGER, b"\1")
    )
    assert (found.name, found.happening) == ("1.3.6.1.4.1.9.9.43.2.0.1", "other")
    assert (found.module, found.table, found.index, found.level, found.up) == (None, None, None, None, None)
    assert found.values == (("ifIndex.3", "3"), ("cipSecTunActiveTime.7", "0.01"))


def test_every_notification_is_read():
    """Each one that is known comes out under its name with what its file says, also after a way through v1."""
    for name, known in TABLES.notifications.items():
        found = read(name)
        assert (found.name, found.happening, found.level, found.module) == (
            name, known.happening, known.level, known.module,
        )  # fmt: skip
    assert read("1.3.6.1.2.1.15.7.0.1").name == "bgpEstablished"
    assert read("1.3.6.1.6.3.1.1.5.0.1").name == "1.3.6.1.6.3.1.1.5.0.1"
