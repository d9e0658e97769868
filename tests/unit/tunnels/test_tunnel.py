from collector.model import ChildSa, Endpoint, Origin, Snapshot, Spi
from tests.agents.identified import identify


def tunnel(*rows):
    origin = Origin(target="hub1", source="snmp", module="ipsec")
    entities = (ChildSa(index="7", remote_address="10.1.1.1"), *rows)
    return identify([Snapshot(origin=origin, taken_at=0, duration_seconds=1, entities=entities)]).children[0]


def test_selectors_and_their_names_are_listed():
    """All pairs, sorted; names without repetitions."""
    rows = [
        Endpoint(
            child_index=7,
            local_first_address="1.1.1.1",
            remote_first_address=address,
            local_name="lan",
            remote_name=name,
        )
        for address, name in (("3.3.3.3", "b"), ("2.2.2.2", "a"))
    ]
    told = tunnel(*rows)
    assert told.selectors == "1.1.1.1-2.2.2.2,1.1.1.1-3.3.3.3"
    assert (told.local_endpoint_names, told.remote_endpoint_names, told.selector_pairs) == ("lan", "a,b", 2)


def test_spis_are_listed_by_direction_in_hex():
    """As IOS prints them; those of unknown direction or value are in neither list."""
    rows = [
        Spi(index="7.1", child_index=7, direction="in", protocol="esp", spi=0xE7FB3F32),
        Spi(index="7.2", child_index=7, direction="in", protocol="ah", spi=0x100),
        Spi(index="7.3", child_index=7, direction="out", spi=0x200),
        Spi(index="7.4", child_index=7, direction="out", protocol="esp"),
        Spi(index="7.5", child_index=7, protocol="esp", spi=5),
    ]
    told = tunnel(*rows)
    assert (told.receive_spis, told.transmit_spis) == ("ah:0x100,esp:0xe7fb3f32", "sa:0x200")


def test_what_a_tunnel_does_not_have_is_absent():
    """Absent is None."""
    told = tunnel()
    assert {told.selectors, told.selector_pairs, told.local_endpoint_names, told.remote_endpoint_names} == {None}
    assert {told.receive_spis, told.transmit_spis} == {None}
