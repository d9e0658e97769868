from collector.model import RoutingCapability, RoutingChannel, RoutingSession
from collector.tunnels import run
from exporters.routing_rows import STATES, routing_rows


def rows(**contexts):
    tables = {
        vrf: [{kind: [row for row in entities if isinstance(row, kind)] for kind in {type(row) for row in entities}}]
        for vrf, entities in contexts.items()
    }
    return {vrf: {subject.name: rows for subject, rows in found} for vrf, found in run(routing_rows(tables)).items()}


def test_a_session_that_several_tables_list_is_one():
    """BGP4-MIB and both of Cisco's tables tell of the same peer."""
    found = rows(
        vrf1=[
            RoutingSession(index="a", remote_address="10.0.0.1", state="established"),
            RoutingSession(index="b", remote_address="010.000.000.001", state="established", local_as=65000),
        ]
    )
    (session,) = found["vrf1"]["session"]
    assert (session.peer, session.up, session.row.local_as) == ("10.0.0.1", True, 65000)


def test_a_session_belongs_to_the_vrf_that_it_names():
    """The default context lists the sessions of all VRFs; another context lists its own again."""
    found = rows(
        **{
            "global": [
                RoutingSession(remote_address="10.0.0.1", vrf="default"),
                RoutingSession(remote_address="10.0.0.2", vrf=""),
                RoutingSession(remote_address="10.0.0.3", vrf="vrf1", state="idle"),
                RoutingSession(remote_address="10.0.0.4", vrf="elsewhere"),
            ],
            "vrf1": [RoutingSession(remote_address="10.0.0.3", local_as=65000)],
        }
    )
    assert [session.peer for session in found["global"]["session"]] == ["10.0.0.1", "10.0.0.2"]
    (session,) = found["vrf1"]["session"]
    assert (session.row.state, session.row.local_as) == ("idle", 65000)
    assert [session.peer for session in found["elsewhere"]["session"]] == ["10.0.0.4"]


def test_a_session_is_up_when_established_and_unknown_when_not_told():
    """So is whether it is enabled."""
    found = rows(
        vrf1=[
            RoutingSession(remote_address="1", state="established", admin_status="start"),
            RoutingSession(remote_address="2", state="active", admin_status="stop"),
            RoutingSession(),
        ]
    )
    sessions = [(session.peer, session.up, session.enabled) for session in found["vrf1"]["session"]]
    assert sessions == [("1", True, True), ("2", False, False), ("unknown", None, None)]


def test_a_session_is_in_one_of_its_states():
    """All states of RFC 4271 are told, and one that it does not know if the session is in it."""
    found = rows(
        vrf1=[
            RoutingSession(remote_address="1", state="active"),
            RoutingSession(remote_address="2", state="unknown(9)"),
            RoutingSession(remote_address="3"),
        ]
    )
    states = found["vrf1"]["session_state"]
    assert [row.state for row in states] == [*STATES, *STATES, "unknown(9)"]
    assert [(row.peer, row.state) for row in states if row.current] == [("1", "active"), ("2", "unknown(9)")]


def test_channels_and_capabilities_are_one_per_label_set():
    """Address families of Cisco's first and second table are the same."""
    found = rows(
        vrf1=[
            RoutingChannel(remote_address="1", afi="ipv4", safi="unicast", accepted_prefixes=5),
            RoutingChannel(remote_address="1", afi="ipv4", safi="unicast", name="IPv4 Unicast"),
            RoutingChannel(remote_address="1", afi="ipv4", safi="vpn"),
            RoutingCapability(remote_address="1", code="routeRefresh", sequence=1),
            RoutingCapability(remote_address="1", code="routeRefresh", sequence=1, value="00"),
        ]
    )
    channels, capabilities = found["vrf1"]["channel"], found["vrf1"]["capability"]
    assert [(row.peer, row.row.safi, row.row.accepted_prefixes, row.row.name) for row in channels] == [
        ("1", "unicast", 5, "IPv4 Unicast"),
        ("1", "vpn", None, None),
    ]
    assert [row.row.value for row in capabilities] == ["00"]


def test_thousands_of_sessions_are_told_in_steps():
    """One per spoke of a large hub."""
    rows = [RoutingSession(remote_address=f"10.0.{n >> 8}.{n & 255}", state="idle") for n in range(1_000)]
    assert sum(1 for _ in routing_rows({"vrf1": [{RoutingSession: rows}]})) > 12
