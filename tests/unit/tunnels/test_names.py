import pytest

from collector.model import ChildSa, Endpoint, IkeSa
from collector.tunnels.names import (
    MAX_NAME,
    Identity,
    address_text,
    child_identity,
    ike_identity,
    name_of,
    peer_of,
)


def child(local="10.1.1.2", remote="10.1.1.1", endpoints=()):
    return child_identity("hub1", "vrf1", ChildSa(local_address=local, remote_address=remote), endpoints)


def ike(**fields):
    return ike_identity("hub1", "vrf1", IkeSa(**fields))


def pair(local, remote, **fields):
    single = {"local_second_address": local, "remote_second_address": remote}
    return Endpoint(local_first_address=local, remote_first_address=remote, **{**single, **fields})


def side(kind, first, second, **fields):
    """The text of a remote selector."""
    endpoint = Endpoint(
        local_first_address="1.1.1.1",
        remote_type=kind,
        remote_first_address=first,
        remote_second_address=second,
        **fields,
    )
    return child(endpoints=[endpoint]).selectors[0].removeprefix("1.1.1.1-")


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("10.1.1.1", "10.1.1.1"),
        ("010.001.001.002", "10.1.1.2"),
        (" 10.1.1.1 ", "10.1.1.1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("999.1.1.1", "999.1.1.1"),
        ("hub.example.net", "hub.example.net"),
        ("", None),
        ("  ", None),
        (None, None),
    ],
)
def test_addresses_are_written_canonically(text, canonical):
    """Zero-padded and empty addresses are seen in the field; what is no address is kept as it is."""
    assert address_text(text) == canonical


def test_the_recorded_tunnel_is_named_after_its_selectors_and_its_own_address():
    """The tunnel of the IOS 12.4 recording: selectors of single hosts, without their masks."""
    identity = child(endpoints=[pair("22.1.1.1", "20.1.1.1", local_type="singleIpAddr", remote_type="singleIpAddr")])
    assert name_of(identity) == "22.1.1.1-20.1.1.1 via 10.1.1.2"
    assert peer_of(identity) == "10.1.1.1"


def test_a_tunnel_without_selectors_is_named_after_its_addresses():
    """No endpoint rows: local and remote address."""
    assert name_of(child()) == "10.1.1.2-10.1.1.1"


def test_a_row_that_tells_nothing_is_a_tunnel_called_unknown():
    """Devices have one all-empty row; it counts as one."""
    identity = child(local="", remote=None, endpoints=[Endpoint(local_name="", remote_port=0)])
    assert identity == Identity("hub1", "vrf1", "child", None, None, ())
    assert (name_of(identity), peer_of(identity)) == ("unknown", "unknown")


@pytest.mark.parametrize(
    ("local", "remote", "name"), [(None, "1.1.1.1", "unknown-1.1.1.1"), ("1.1.1.1", None, "1.1.1.1-unknown")]
)
def test_one_address_is_enough_for_a_name(local, remote, name):
    """What is unknown is called so."""
    assert name_of(child(local, remote)) == name


@pytest.mark.parametrize(
    ("kind", "first", "second", "text"),
    [
        ("singleIpAddr", "20.1.1.1", "20.1.1.1", "20.1.1.1"),
        ("singleIpAddr", "20.1.1.1", None, "20.1.1.1"),
        ("singleIpAddr", "20.1.1.1", "0.0.0.0", "20.1.1.1"),
        ("ipSubnet", "192.168.3.0", "255.255.255.0", "192.168.3.0/24"),
        ("ipSubnet", "192.168.3.7", "255.255.255.0", "192.168.3.0/24"),
        ("ipSubnet", "192.168.3.7", "255.255.255.255", "192.168.3.7"),
        ("ipSubnet", "0.0.0.0", "0.0.0.0", "0.0.0.0/0"),
        ("ipSubnet", "10.0.0.0", "0.0.0.0", "0.0.0.0/0"),
        ("ipSubnet", "10.0.0.0", "255.0.255.0", "10.0.0.0..255.0.255.0"),
        ("idIpv6AddrSubnet", "2001:db8::7", "ffff:ffff::", "2001:db8::/32"),
        ("ipAddrRange", "10.0.0.1", "10.0.0.9", "10.0.0.1..10.0.0.9"),
        ("ipAddrRange", "10.0.0.1", "10.0.0.1", "10.0.0.1"),
        ("ipAddrRange", "0.0.0.0", "255.255.255.255", "0.0.0.0..255.255.255.255"),
        (None, "0.0.0.0", "0.0.0.0", "0.0.0.0/0"),
        (None, "10.0.0.0", "255.0.0.0", "10.0.0.0/8"),
        (None, "10.0.0.1", "10.0.0.9", "10.0.0.1..10.0.0.9"),
        (None, "10.0.0.1", "::1", "10.0.0.1..::1"),
        ("idFqdn", "spoke1", "spoke1", "spoke1"),
        ("idFqdn", "spoke1", "10.0.0.1", "spoke1..10.0.0.1"),
        ("singleIpAddr", None, "10.0.0.1", "10.0.0.1"),
        ("singleIpAddr", None, None, "?"),
    ],
)
def test_selectors_are_written_as_hosts_subnets_and_ranges(kind, first, second, text):
    """Host masks are dropped, subnets are in CIDR, ranges have two dots."""
    assert side(kind, first, second) == text


@pytest.mark.parametrize(
    ("first", "protocol", "port", "text"),
    [
        ("20.1.1.1", 0, 0, "20.1.1.1"),
        ("20.1.1.1", 47, 0, "20.1.1.1:47"),
        ("20.1.1.1", 6, 443, "20.1.1.1:6/443"),
        ("20.1.1.1", 0, 443, "20.1.1.1:0/443"),
        ("2001:db8::1", 17, 500, "[2001:db8::1]:17/500"),
    ],
)
def test_protocol_and_port_are_written_where_they_are_not_zero(first, protocol, port, text):
    """IPv6 addresses are in brackets before them."""
    assert side("singleIpAddr", first, first, remote_protocol=protocol, remote_port=port) == text


def test_an_endpoint_without_addresses_is_named_by_its_name():
    """Identities that are no addresses have a name only."""
    endpoint = Endpoint(local_name="hub.example.net", remote_first_address="20.1.1.1")
    assert child(endpoints=[endpoint]).selectors == ("hub.example.net-20.1.1.1",)


def test_selectors_are_sorted_and_counted_once():
    """The order in which a device lists its selectors, and repetitions, make no other tunnel."""
    one, other = pair("1.1.1.1", "2.2.2.2"), pair("1.1.1.1", "3.3.3.3")
    assert child(endpoints=[one, other]) == child(endpoints=[other, one, other])
    assert name_of(child(endpoints=[other, one])) == "1.1.1.1-2.2.2.2,1.1.1.1-3.3.3.3 via 10.1.1.2"


def test_of_many_selectors_four_are_spelt_out_and_a_hash_tells_the_rest_apart():
    """A name stays readable, and stays unique."""
    endpoints = [pair("1.1.1.1", f"2.2.2.{number}") for number in range(1, 8)]
    name = name_of(child(endpoints=endpoints))
    assert name.startswith("1.1.1.1-2.2.2.1,1.1.1.1-2.2.2.2,1.1.1.1-2.2.2.3,1.1.1.1-2.2.2.4 +3 more via 10.1.1.2 #")
    others = [*endpoints[:6], pair("1.1.1.1", "9.9.9.9")]
    assert name_of(child(endpoints=others)) != name


def test_an_ike_tunnel_is_named_after_its_addresses():
    """Identities that only repeat the addresses, zero-padded as IOS 12.4 writes them, say no more."""
    identity = ike(
        local_address="10.1.1.2",
        local_identity="010.001.001.002",
        remote_address="10.1.1.1",
        remote_identity="010.001.001.001",
    )
    assert identity.selectors == ()
    assert (name_of(identity), peer_of(identity)) == ("10.1.1.2-10.1.1.1", "10.1.1.1")


@pytest.mark.parametrize(
    ("local", "remote", "name"),
    [
        ("hub", "spoke-1", "10.1.1.2-10.1.1.1 (hub - spoke-1)"),
        (None, "spoke-1", "10.1.1.2-10.1.1.1 (spoke-1)"),
        ("hub", None, "10.1.1.2-10.1.1.1 (hub -)"),
    ],
)
def test_identities_that_say_more_than_addresses_are_in_the_name(local, remote, name):
    """Several spokes behind one address are several tunnels."""
    identity = ike(local_address="10.1.1.2", local_identity=local, remote_address="10.1.1.1", remote_identity=remote)
    assert name_of(identity) == name


def test_an_ike_tunnel_without_addresses_is_named_after_its_identities():
    """The remote identity is then its peer."""
    identity = ike(local_identity="hub", remote_identity="spoke-1", local_address="", remote_address="")
    assert (name_of(identity), peer_of(identity)) == ("hub - spoke-1", "spoke-1")
    assert peer_of(ike(local_identity="hub")) == "unknown"


def test_an_empty_ike_row_is_a_tunnel_called_unknown():
    """Every column empty: seen in the field."""
    assert (name_of(ike()), peer_of(ike())) == ("unknown", "unknown")


@pytest.mark.parametrize(
    "identity",
    [
        ike(remote_identity="unknown"),
        ike(remote_identity="CN=spoke 1, O=Example"),
        ike(remote_identity="a#b"),
        ike(local_address="(x)", remote_address="10.1.1.1", remote_identity="spoke"),
        ike(local_address="here-or-there"),
        child("10.1.1.2", "unknown"),
        child("10.1.1.2", "10.1.1.1", [pair("spoke-1", "10.0.0.1")]),
        child("not an address", "10.1.1.1", [pair("10.0.0.2", "10.0.0.1")]),
    ],
)
def test_what_could_be_read_in_two_ways_ends_with_a_hash(identity):
    """A text with a separator in it could be that of another identity: the hash of the identity tells them apart."""
    text, _, digest = name_of(identity).rpartition(" #")
    assert text
    assert len(digest) == 8
    assert int(digest, 16) >= 0


def test_long_names_are_cut_and_stay_unique():
    """X.500 names have hundreds of characters."""
    one, other = ike(remote_identity="x" * 300), ike(remote_identity="x" * 301)
    assert len(name_of(one)) == MAX_NAME + len(" #01234567")
    assert name_of(one) != name_of(other)


def test_a_name_is_the_same_on_every_target():
    """It follows from the identity beside target and VRF: two hubs of a pair call their tunnel alike."""
    fields = {"remote_identity": "x" * 300}
    assert name_of(ike_identity("hub1", "a", IkeSa(**fields))) == name_of(ike_identity("hub2", "b", IkeSa(**fields)))
