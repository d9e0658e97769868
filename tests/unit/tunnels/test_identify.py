import dataclasses

import pytest

from collector.model import (
    ChildSa,
    Endpoint,
    IkeIdentity,
    IkePeerTunnel,
    IkePolicyMap,
    IkeSa,
    InterfaceTunnel,
    IpsecPolicyMap,
    Origin,
    Snapshot,
    Spi,
)
from collector.tunnels import Named, SaCounts, Tunnels, run, sort_rows
from collector.tunnels.identify import identifying_children
from tests.agents.identified import identify, identifying

HUB = {"local_address": "10.1.1.2", "remote_address": "10.1.1.1"}


def snapshot(*entities, module="ipsec", vrf="vrf1"):
    origin = Origin(target="hub1", vrf=vrf, source="snmp", module=module)
    return Snapshot(origin=origin, taken_at=0, duration_seconds=1, entities=entities)


def endpoint(child_index, number=1, remote="20.1.1.1"):
    return Endpoint(
        index=f"{child_index}.{number}",
        child_index=child_index,
        endpoint=number,
        local_first_address="22.1.1.1",
        remote_first_address=remote,
    )


def test_a_context_without_snapshots_has_no_tunnels():
    """Nothing polled, nothing seen."""
    assert identify([]) == Tunnels()


def test_rows_join_by_index():
    """A tunnel has the selectors, SPIs, policy, interface and peer association that name its row."""
    policy = IpsecPolicyMap(index="7", child_index=7, crypto_map="VPN", crypto_map_sequence=10)
    interface = InterfaceTunnel(index="3.7", child_index=7, interface_index=3, status="active")
    association = IkePeerTunnel(index="x", child_index=7, remote_identity="10.1.1.1")
    inward = Spi(index="7.1", child_index=7, direction="in", protocol="esp", status="active", spi=0xE7FB3F32)
    (tunnel,) = identify(
        [snapshot(ChildSa(index="7", **HUB), endpoint(7), policy, interface, association, inward)]
    ).children
    assert (tunnel.name, tunnel.peer, tunnel.rows) == ("22.1.1.1-20.1.1.1 via 10.1.1.2", "10.1.1.1", 1)
    assert (tunnel.policy, tunnel.interface, tunnel.association) == (policy, interface, association)
    assert tunnel.endpoints == (endpoint(7),)
    assert tunnel.spis == (inward,)


def test_two_rows_of_one_identity_are_one_tunnel_with_two_sas():
    """Counters are summed; what describes is told by the newest row, whatever its place in the table."""
    old = ChildSa(index="8", **HUB, active_seconds=3600.0, receive_bytes=1000, refreshes=3, transmit_encryption="des")
    new = ChildSa(index="7", **HUB, active_seconds=5.0, receive_bytes=10, transmit_bytes=1, transmit_encryption="aes")
    for rows in ((old, new), (new, old)):
        (tunnel,) = identify([snapshot(*rows, endpoint(7), endpoint(8))]).children
        assert tunnel.rows == 2
        assert (tunnel.sa.receive_bytes, tunnel.sa.transmit_bytes, tunnel.sa.refreshes) == (1010, 1, 3)
        assert (tunnel.sa.index, tunnel.sa.active_seconds, tunnel.sa.transmit_encryption) == ("7", 5.0, "aes")


def test_what_the_newest_row_does_not_say_an_older_one_says():
    """A row that was read half while it appeared hides nothing."""
    rows = ChildSa(index="1", **HUB, active_seconds=9.0, status="active"), ChildSa(index="2", **HUB, active_seconds=1.0)
    (tunnel,) = identify([snapshot(*rows)]).children
    assert tunnel.sa.status == "active"
    assert tunnel.sa.transmit_packets is None


def test_of_rows_of_unknown_age_the_highest_index_is_newest():
    """Rows of known age come before those of unknown age."""
    unknown = [ChildSa(index=str(number), **HUB) for number in (1, 3, 2)]
    (tunnel,) = identify([snapshot(*unknown)]).children
    assert tunnel.sa.index == "3"
    (tunnel,) = identify([snapshot(*unknown, ChildSa(index="0", **HUB, active_seconds=9.0))]).children
    assert tunnel.sa.index == "0"


def test_rows_to_which_the_configuration_gives_one_name_are_one_tunnel():
    """Whatever selectors a peer has negotiated; what describes is told by the newest row."""
    rows = ChildSa(index="7", **HUB, active_seconds=9.0, receive_bytes=1), endpoint(7)
    more = ChildSa(index="8", **HUB, active_seconds=5.0, receive_bytes=2), endpoint(8, remote="20.1.1.2")
    tables = [run(sort_rows(snapshot(*rows, *more)))]
    found = run(identifying_children("hub1", "vrf1", tables, naming=lambda *_: Named("site", "10.1.1.1")))
    (tunnel,) = found.children
    assert (tunnel.name, tunnel.rows, tunnel.sa.receive_bytes, tunnel.sa.index) == ("site", 2, 3, "8")


def test_overlapping_ike_sas_are_one_tunnel():
    """IKE SAs are told apart by addresses and identities, not by index."""
    rows = [IkeSa(index=index, **HUB, receive_packets=1, active_seconds=float(index)) for index in ("1", "2")]
    (tunnel,) = identify([snapshot(*rows)]).ikes
    assert (tunnel.name, tunnel.peer, tunnel.rows) == ("10.1.1.2-10.1.1.1", "10.1.1.1", 2)
    assert (tunnel.sa.receive_packets, tunnel.sa.index) == (2, "1")


def test_an_ike_tunnel_has_its_policy_and_identities():
    """Both join by the index of the IKE SA; that of CISCO-IKE-FLOW-MIB begins with the protocol."""
    policy = IkePolicyMap(index="5", ike_index=5, policy=10)
    identification = IkeIdentity(index="3.6.5", ike_index=5, doi="isakmpDoiIPsec")
    (tunnel,) = identify([snapshot(IkeSa(index="6.5", **HUB), policy, identification)]).ikes
    assert (tunnel.policy, tunnel.identification) == (policy, identification)


def test_a_tunnel_knows_the_ike_tunnel_whose_index_it_names():
    """Also where that was polled by another module."""
    ike = IkeSa(index="4", **HUB, remote_identity="spoke1")
    child = ChildSa(index="7", ike_index=4, **HUB)
    (tunnel,) = identify([snapshot(child), snapshot(ike, module="ike")]).children
    assert tunnel.ike_tunnel == "10.1.1.2-10.1.1.1 (spoke1)"


@pytest.mark.parametrize("ike_index", [99, None])
def test_a_tunnel_whose_ike_index_matches_nothing_finds_its_ike_tunnel_by_addresses(ike_index):
    """Cisco bug CSCvb16714."""
    (tunnel,) = identify([snapshot(ChildSa(index="7", ike_index=ike_index, **HUB), IkeSa(index="4", **HUB))]).children
    assert tunnel.ike_tunnel == "10.1.1.2-10.1.1.1"


def test_an_ike_tunnel_of_other_addresses_is_not_believed_while_one_fits():
    """The index of one MIB's table may be that of another row in the other MIB's."""
    stranger = IkeSa(index="4", local_address="10.1.1.2", remote_address="10.9.9.9")
    child = ChildSa(index="7", ike_index=4, **HUB)
    (tunnel,) = identify([snapshot(child, stranger, IkeSa(index="5", **HUB))]).children
    assert tunnel.ike_tunnel == "10.1.1.2-10.1.1.1"
    (tunnel,) = identify([snapshot(child, stranger)]).children
    assert tunnel.ike_tunnel == "10.1.1.2-10.9.9.9"


def test_unknown_addresses_contradict_no_index():
    """An IKE SA whose row is half empty still made its tunnel."""
    (tunnel,) = identify([snapshot(ChildSa(index="7", ike_index=4, **HUB), IkeSa(index="4"))]).children
    assert tunnel.ike_tunnel == "unknown"


def test_a_tunnel_without_ike_tunnels_has_none():
    """Firewalls with phase-2 rows and no phase-1 rows: seen in the field."""
    (tunnel,) = identify([snapshot(ChildSa(index="7", ike_index=4, **HUB))]).children
    assert tunnel.ike_tunnel is None
    (tunnel,) = identify([snapshot(ChildSa(index="7"), IkeSa(index="4", **HUB))]).children
    assert tunnel.ike_tunnel is None


def test_an_all_empty_row_is_a_tunnel():
    """It counts as a row, under a name of its own."""
    tunnels = identify([snapshot(ChildSa(index="1"), ChildSa(), IkeSa(index=""))])
    assert [(tunnel.name, tunnel.peer, tunnel.rows) for tunnel in tunnels.children] == [("unknown", "unknown", 2)]
    assert [(tunnel.name, tunnel.peer) for tunnel in tunnels.ikes] == [("unknown", "unknown")]


def test_two_mibs_that_tell_of_one_tunnel_are_not_summed():
    """A device with both flow MIBs counts the same octets twice: one account counts, the other fills in."""
    enhanced = ChildSa(index="1", **HUB, receive_bytes=100, path_mtu_bytes=1400)
    monitor = ChildSa(index="9", **HUB, receive_bytes=100, key_type="ike")
    (tunnel,) = identify([snapshot(monitor), snapshot(enhanced, module="enhanced")]).children
    assert (tunnel.rows, tunnel.sa.receive_bytes) == (1, 100)
    assert (tunnel.sa.path_mtu_bytes, tunnel.sa.key_type, tunnel.sa.index) == (1400, "ike", "1")


def test_rows_belong_to_the_tunnels_of_their_own_module():
    """Row 1 of one MIB is not row 1 of the other."""
    first = snapshot(ChildSa(index="1", **HUB), endpoint(1, remote="30.0.0.1"), module="enhanced")
    second = snapshot(ChildSa(index="1", **HUB), endpoint(1, remote="40.0.0.1"), module="ipsec")
    names = [tunnel.name for tunnel in identify([first, second]).children]
    assert names == ["22.1.1.1-30.0.0.1 via 10.1.1.2", "22.1.1.1-40.0.0.1 via 10.1.1.2"]


def test_rows_of_a_module_without_tunnels_belong_to_all():
    """Policy maps are polled by a module of their own."""
    policy = IpsecPolicyMap(index="7", child_index=7, crypto_map="VPN")
    tunnels = identify([snapshot(ChildSa(index="7", **HUB)), snapshot(policy, module="policy")])
    assert tunnels.children[0].policy.crypto_map == "VPN"
    assert dict(tunnels.orphans)["IpsecPolicyMap"] == 0


def test_rows_that_name_no_tunnel_are_counted():
    """They are not shown, and not hidden."""
    known = ChildSa(index="7", **HUB), IkeSa(index="1", **HUB)
    lost = endpoint(8), endpoint(9), Spi(index="8.1"), IkePolicyMap(ike_index=2), IpsecPolicyMap(child_index=5)
    orphans = dict(identify([snapshot(*known, *lost), snapshot(endpoint(6), endpoint(7), module="x")]).orphans)
    assert {name: count for name, count in orphans.items() if count} == {
        "Endpoint": 3,
        "Spi": 1,
        "IkePolicyMap": 1,
        "IpsecPolicyMap": 1,
    }


def test_sas_are_counted_by_direction_and_status():
    """In the words of both MIBs; other words are in no count."""
    spis = [
        Spi(index="7.1", child_index=7, direction="in", status="active", spi=1),
        Spi(index="7.2", child_index=7, direction="saDirectionIn", status="expiring", spi=2),
        Spi(index="7.3", child_index=7, direction="out", status="active", spi=3),
        Spi(index="7.4", child_index=7, direction="saDirectionOut", status="active", spi=4),
        Spi(index="7.5", child_index=7, direction="out", status="expiring", spi=5),
        Spi(index="7.6", child_index=7, direction="unknown(9)", status="active", spi=6),
    ]
    (tunnel,) = identify([snapshot(ChildSa(index="7", **HUB), *spis)]).children
    assert tunnel.sas == SaCounts(receive_active=1, receive_expiring=1, transmit_active=2, transmit_expiring=1)


def test_an_sa_that_is_listed_twice_is_one():
    """CISCO-ENHANCED-IPSEC-FLOW-MIB has two tables of SAs; those without SPI are told apart by their rows."""
    twice = [Spi(index=index, child_index=7, direction="in", status="active", spi=1) for index in ("7.2.1", "7.2.1.2")]
    bare = [Spi(index=index, child_index=7, direction="in", status="active") for index in ("7.2.2", "7.2.3")]
    (tunnel,) = identify([snapshot(ChildSa(index="7", **HUB), *twice, *bare)]).children
    assert tunnel.sas.receive_active == 3


def test_the_sas_of_overlapping_rows_are_the_tunnels():
    """Both rows' SPIs count."""
    spis = [Spi(index=f"{child}.1", child_index=child, direction="in", status="active", spi=child) for child in (7, 8)]
    rows = ChildSa(index="7", **HUB), ChildSa(index="8", **HUB)
    (tunnel,) = identify([snapshot(*rows, *spis)]).children
    assert tunnel.sas.receive_active == 2


def test_without_a_table_of_spis_nothing_is_counted():
    """Absent is None, never 0."""
    (tunnel,) = identify([snapshot(ChildSa(index="7", **HUB))]).children
    assert tunnel.sas == SaCounts()


def test_large_contexts_are_identified_in_steps():
    """Whoever holds the event loop lets it go often, and the result is the same."""
    rows = [
        row
        for n in range(2_500)
        for row in (
            ChildSa(index=str(n), local_address="10.0.0.1", remote_address=f"10.1.{n >> 8}.{n & 255}"),
            IkeSa(index=str(n), local_address="10.0.0.1", remote_address=f"10.1.{n >> 8}.{n & 255}"),
            Endpoint(index=f"{n}.1", child_index=n, remote_first_address="10.9.9.9"),
        )
    ]
    whole = snapshot(*rows)
    steps = sort_rows(whole)
    assert sum(1 for _ in steps) >= 1
    tables = [run(sort_rows(whole))]
    assert sum(1 for _ in identifying("hub1", "vrf1", tables)) > 40
    assert run(identifying("hub1", "vrf1", tables)) == identify([whole])
    assert len(identify([whole]).children) == 2_500


def test_the_model_has_no_counter_that_is_not_summed():
    """Whatever the model counts per SA, two SAs of a tunnel have together."""
    for entity, row in ((ChildSa, ChildSa(**HUB)), (IkeSa, IkeSa(**HUB))):
        numbers = [field.name for field in dataclasses.fields(entity) if str(field.type) == "int | None"]
        names = [name for name in numbers if name.startswith(("receive_", "transmit_")) and not name.endswith("_bits")]
        rows = [dataclasses.replace(row, index=index, **dict.fromkeys(names, 2)) for index in ("1", "2")]
        tunnels = identify([snapshot(*rows)])
        (tunnel,) = tunnels.children or tunnels.ikes
        assert {getattr(tunnel.sa, name) for name in names} == {4}
