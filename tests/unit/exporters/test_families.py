from collector.model import ChildSa, IkeFailure, IpsecFailure
from exporters.families import FAMILIES, LEFT_OUT, counts
from exporters.families.declare import Family, Label, Part, Subject, counter, counter_by, gauge, info, labels

SUBJECT = Subject(
    name="s", labels=(Label("tunnel", "name"),), entities={"sa": (ChildSa,), "": (IkeFailure, IpsecFailure)}
)


def test_a_path_covers_the_fields_that_it_leads_to():
    """Through a joined row, or the row itself, of all kinds that it stands for."""
    assert SUBJECT.covered_by("sa.receive_bytes") == {"ChildSa.receive_bytes"}
    assert SUBJECT.covered_by("reason") == {"IkeFailure.reason", "IpsecFailure.reason"}
    assert SUBJECT.covered_by("rows") == frozenset()
    assert SUBJECT.covered_by("other.receive_bytes") == frozenset()


def test_a_family_covers_what_its_value_and_labels_tell():
    """Paths speak for themselves; where they do not, the declaration does."""
    own = (Label("reason", "reason"), Label("spis", "spis", ("Spi.spi",)))
    assert info(SUBJECT, "x", own, "Text").covered == {"IkeFailure.reason", "IpsecFailure.reason", "Spi.spi"}
    assert gauge(SUBJECT, "x", "sa.status", "Text", covers="A.b C.d").covered == {"ChildSa.status", "A.b", "C.d"}


def test_help_ends_with_where_the_fact_is_from():
    """Only polled facts are from somewhere."""
    assert (
        counter(SUBJECT, "x", "sa.refreshes", "Rekeys", "cipSecA ceipSecB").help
        == "Rekeys (cipSecA, ceipSecB; polled)."
    )
    assert gauge(SUBJECT, "x", "rows", "Rows").help == "Rows."


def test_declarations_name_counters_and_infos_by_their_type():
    """`_total`, `_info`."""
    declared = counter(SUBJECT, "x", "a", "T"), gauge(SUBJECT, "y", "a", "T"), info(SUBJECT, "z", (), "T")
    assert [(family.name, family.type) for family in declared] == [
        ("x_total", "counter"),
        ("y", "gauge"),
        ("z_info", "info"),
    ]


def test_a_family_of_several_values_has_one_more_label():
    """Beside those of its subject and its own."""
    parts = Part("up", "ups"), Part("down", "downs")
    family = counter_by("to", *parts, subject=SUBJECT, name="x", text="T", sources="a b")
    assert (family.name, family.type, family.sources) == ("x_total", "counter", ("a", "b"))
    assert (family.by, family.parts) == ("to", parts)
    assert family.label_names == ("target", "vrf", "tunnel", "to")
    assert info(SUBJECT, "x", labels("reason"), "T").label_names == ("target", "vrf", "tunnel", "reason")


def test_labels_are_called_as_their_fields():
    """With a root they lead through it, with a prefix they are told apart."""
    assert labels("a", "b") == (Label("a", "a"), Label("b", "b"))
    assert labels("a", root="sa", prefix="p_") == (Label("p_a", "sa.a"),)


def test_scopes_come_before_own_labels():
    """Of a context, a target, or the daemon."""
    assert SUBJECT.label_names == ("target", "vrf", "tunnel")
    assert Subject(name="t", scope=("target",)).label_names == ("target",)


def test_counts_name_the_objects_of_their_level():
    """A star is the level's word; names of other levels are left out, and families without names too."""
    both = counts.Count("receive_bytes", "Octets", "cike*InOctets cikePhase1GWInOctets cisgIpsSgGlobalInOctets")
    tunnel_only = counts.Count("receive_configs", "Settings", "cifIkeTunInConfigs")
    sources = {
        level: [family.sources for family in counts.families((both, tunnel_only), SUBJECT, "x", level)]
        for level in ("Tun", "Global", "Phase")
    }
    assert sources == {
        "Tun": [("cikeTunInOctets",), ("cifIkeTunInConfigs",)],
        "Global": [("cikeGlobalInOctets", "cisgIpsSgGlobalInOctets")],
        "Phase": [("cikePhase1GWInOctets",)],
    }
    (family,) = counts.families((tunnel_only,), SUBJECT, "x", "Tun", root="sa")
    assert (family.name, family.path) == ("x_receive_configs_total", "sa.receive_configs")


def test_all_rooms_contribute():
    """Tunnels, gateways, records, policies, routing and the daemon are all in the list, and in that order."""
    names = [family.name for family in FAMILIES]
    order = [
        "ipsec_tunnel_up",
        "ipsec_ike_up",
        "ipsec_gateway_info",
        "ipsec_gateway_sas",
        "bgp_session_up",
        "tunnelwatch_polls_total",
    ]
    assert sorted(order, key=names.index) == order
    assert all(isinstance(family, Family) for family in FAMILIES)
    assert {name.partition(".")[0] for name in LEFT_OUT} >= {"Spi", "ClosedIkeSa", "CryptoMap", "RoutingChannel"}
