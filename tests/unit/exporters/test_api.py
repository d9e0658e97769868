import json

import pytest

from collector.model import COUNTED, ChildSa, Endpoint, IkeSa, IpsecPolicyMap
from collector.store import Store
from collector.tunnels import Rule, Rules
from exporters.api import targets_json, tunnels_json


@pytest.fixture
def tunnels(viewed, snapshot):
    def told(*entities):
        return json.loads("".join(tunnels_json(viewed(snapshot(*entities)))))

    return told


def test_tunnels_of_both_levels_are_listed(tunnels):
    """In the words of the model, unknown facts as null."""
    told = tunnels(
        ChildSa(
            index="7", local_address="10.1.1.2", remote_address="10.1.1.1", receive_bytes=400, refreshes=2, ike_index=1
        ),
        Endpoint(child_index=7, local_first_address="22.1.1.1", remote_first_address="20.1.1.1"),
        IpsecPolicyMap(child_index=7, crypto_map="VPN"),
        IkeSa(index="1", local_address="10.1.1.2", remote_address="10.1.1.1", authentication="preSharedKey"),
    )
    (child,), (ike,) = told["tunnels"], told["ike_tunnels"]
    assert child == {
        "target": "hub1",
        "vrf": "vrf1",
        "tunnel": "22.1.1.1-20.1.1.1 via 10.1.1.2",
        "peer": "10.1.1.1",
        "up": True,
        "state": "up",
        "state_since": 1_700_000_000.0,
        "expected": "no",
        "configured": False,
        "description": "",
        "labels": {},
        "established_at": None,
        "sessions": 1,
        "last_end_at": None,
        "last_end_reason": None,
        "account": dict.fromkeys(COUNTED["child"]) | {"receive_bytes": 400, "refreshes": 2},
        "ike_tunnel": "10.1.1.2-10.1.1.1",
        "local_address": "10.1.1.2",
        "remote_address": "10.1.1.1",
        "selectors": ["22.1.1.1-20.1.1.1"],
        "status": None,
        "encryption": None,
        "crypto_map": "VPN",
        "active_seconds": None,
        "lifetime_seconds": None,
        "rekeys": 2,
        "rows": 1,
        "receive_bytes": 400,
        "receive_packets": None,
        "receive_dropped_packets": None,
        "transmit_bytes": None,
        "transmit_packets": None,
        "transmit_dropped_packets": None,
    }
    assert (ike["tunnel"], ike["peer"], ike["up"], ike["authentication"]) == (
        "10.1.1.2-10.1.1.1",
        "10.1.1.1",
        True,
        "preSharedKey",
    )


def test_tunnels_that_are_down_are_listed(viewed, snapshot):
    """With their state, their end and their account; of what only SAs have, nothing."""
    addresses = {"local_address": "10.1.1.2", "remote_address": "10.1.1.1"}
    entities = [ChildSa(index="7", **addresses, receive_bytes=400), IkeSa(index="1", **addresses, receive_bytes=7)]
    rule = Rule(
        name="branch-7",
        expectation="always",
        ike_expectation="always",
        description="Olten",
        labels=(("site", "Olten"),),
        peers=("10.1.1.1",),
        targets=("hub1",),
    )
    views = viewed(snapshot(*entities), snapshot(taken_at=1_700_000_060.0), rules=Rules([rule]))
    told = json.loads("".join(tunnels_json(views)))
    for level in ("tunnels", "ike_tunnels"):
        (one,) = told[level]
        assert (one["tunnel"], one["expected"], one["configured"]) == ("branch-7", "always", True)
        assert (one["description"], one["labels"]) == ("Olten", {"site": "Olten"})
        assert (one["up"], one["state"], one["state_since"]) == (False, "down", 1_700_000_060.0)
        assert (one["sessions"], one["last_end_at"], one["last_end_reason"]) == (1, 1_700_000_060.0, None)
        assert (one["local_address"], one["remote_address"]) == ("10.1.1.2", "10.1.1.1")
        assert (one["rows"], one["active_seconds"], one["receive_bytes"]) == (0, None, None)
    assert told["tunnels"][0]["account"]["receive_bytes"] == 400
    assert told["ike_tunnels"][0]["account"]["receive_bytes"] == 7


def test_no_tunnels_are_empty_lists(tunnels):
    """Of a daemon that has polled nothing yet, too."""
    assert tunnels() == {"tunnels": [], "ike_tunnels": []}
    assert json.loads("".join(tunnels_json([]))) == {"tunnels": [], "ike_tunnels": []}


def test_many_tunnels_come_in_pieces(viewed, snapshot):
    """All of them, valid JSON together."""
    views = viewed(
        snapshot(
            *(
                ChildSa(index=str(n), local_address="10.0.0.1", remote_address=f"10.0.{n >> 8}.{n & 255}")
                for n in range(450)
            )
        )
    )
    pieces = list(tunnels_json(views))
    assert len(pieces) > 5
    assert len(json.loads("".join(pieces))["tunnels"]) == 450


def test_targets_are_listed_with_their_latest_polls(snapshot):
    """One object per target, its contexts in order, errors as they were."""
    store = Store()
    store.publish(snapshot(vrf="vrf2", missing=("cipSecTunnelTable",)))
    store.publish(snapshot(vrf="vrf1"))
    store.publish(snapshot(vrf="vrf1", taken_at=1_700_000_060.0, error="timed out after 3 tries"))
    store.publish(snapshot(target="hub2"))
    told = json.loads("".join(targets_json(store.contexts())))["targets"]
    assert [(one["target"], [context["vrf"] for context in one["contexts"]]) for one in told] == [
        ("hub1", ["vrf1", "vrf2"]),
        ("hub2", ["vrf1"]),
    ]
    assert told[0]["contexts"][0]["polls"] == [
        {
            "source": "snmp",
            "module": "ipsec",
            "success": False,
            "error": "timed out after 3 tries",
            "taken_at": 1_700_000_060.0,
            "duration_seconds": 0.5,
            "last_success_at": 1_700_000_000.0,
            "polls": 2,
            "failures": 1,
            "missing": [],
        }
    ]
    assert told[0]["contexts"][1]["polls"][0]["missing"] == ["cipSecTunnelTable"]
