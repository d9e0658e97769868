import pytest

from collector.ledger.ledger import Ledger
from collector.ledger.query_reading import reading
from collector.ledger.query_tunnels import Known, known_as
from collector.model import Changes, KnownTunnel


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, [Known("blue", "q"), Known("red", "p"), Known("red", "p")]),
        ({"vrf": "blue"}, [Known("blue", "q")]),
        ({"peer": "p", "level": "ike"}, [Known("red", "p")]),
        ({"vrf": "green"}, []),
    ],
)
def test_tunnels_are_found_by_their_names(tmp_path, wanted, found):
    """In every VRF and with every peer, unless one is named."""
    ledger = Ledger.open(tmp_path / "ledger")
    for name, vrf, peer, level in (
        ("a", "red", "p", "child"),
        ("a", "red", "p", "ike"),
        ("a", "blue", "q", "child"),
        ("b", "red", "p", "child"),
    ):
        one = KnownTunnel(target="hub1", vrf=vrf, level=level, name=name, peer=peer, known_since=1.0)
        ledger.write([Changes(target="hub1", vrf=vrf, at=1.0, tunnels=(one,))])
    with reading(ledger, 60) as connection:
        assert (
            sorted(known_as(connection, "hub1", "a", **{"vrf": None, "peer": None, "level": None, **wanted})) == found
        )
        assert known_as(connection, "hub2", "a", vrf=None, peer=None, level=None) == []
    ledger.close()
