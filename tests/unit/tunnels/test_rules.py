import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.tunnels import rules as module
from collector.tunnels.names import MAX_NAME, Identity, name_of, peer_of
from collector.tunnels.rule import CompiledRule, identity_text
from collector.tunnels.rules import Learning, Named, Placeholder, Rule, Rules

CHILD = Identity("hub1", "vrf1", "child", "10.0.0.1", "192.0.2.7", ("10.1.0.0/16-10.2.0.0/16", "a-b"))
IKE = Identity("hub1", "vrf1", "ike", "10.0.0.1", "192.0.2.7", ("", "vpn-paris.example.net"))


def name_under(identity=CHILD, ike=None, **rule):
    """The name that one rule gives."""
    return Rules([Rule(**{"name": "matched", **rule})]).name(identity, ike).name


@pytest.mark.parametrize(
    "match",
    [
        {},
        {"targets": ("hub1",)},
        {"targets": ("x", "h*1")},
        {"vrfs": ("global", "vrf1")},
        {"vrfs": ("*",)},
        {"peers": ("192.0.2.7",)},
        {"peers": ("2001:db8::/32", "192.0.0.0/16")},
        {"peers": ("0.0.0.0/0",)},
        {"selectors": ("a-b",)},
        {"selectors": ("x", "10.1.0.0/16-*")},
        {"identities": ("vpn-paris.example.net",)},
        {"identities": ("x", "/vpn-.*/")},
        {
            "targets": ("hub1",),
            "vrfs": ("vrf1",),
            "peers": ("192.0.2.7",),
            "identities": ("/.*/",),
            "selectors": ("a*",),
        },
    ],
)
def test_matches(match):
    """Of each list one item matches, and every list that there is."""
    assert name_under(ike=IKE, **match) == "matched"


@pytest.mark.parametrize(
    "match",
    [
        {"targets": ("hub2", "x*")},
        {"vrfs": ("global",)},
        {"peers": ("192.0.2.8", "10.0.0.0/8", "::/0")},
        {"selectors": ("10.1.0.0/16", "b*")},
        {"identities": ("vpn-paris", "/vpn/")},
        {"targets": ("hub1",), "peers": ("192.0.2.7",), "vrfs": ("x",)},
    ],
)
def test_does_not_match(match):
    """A single list without a match is enough; identities and selectors are matched as a whole."""
    assert name_under(ike=IKE, **match) == name_of(CHILD)


def test_a_rule_by_itself():
    """It does not lean on the index to know its peers."""
    rule = CompiledRule(Rule(peers=("192.0.2.0/24",)))
    assert rule.groups(CHILD, None) == {}
    assert rule.groups(CHILD._replace(remote="198.51.100.1"), None) is None
    assert rule.groups(CHILD._replace(remote=None), None) is None


def test_the_first_that_matches_counts():
    """Whatever each of them asks."""
    asked = [{"peers": ("192.0.2.0/24",)}, {"targets": ("hub1",)}, {"peers": ("192.0.2.7",)}, {"selectors": ("a-b",)}]
    for place in range(len(asked)):
        rules = [Rule(name=str(number), **one) for number, one in enumerate(asked)][place:]
        assert Rules(rules).name(CHILD).name == str(place)


def test_identities_of_children_are_those_of_their_ike_sa():
    """A CHILD SA knows none itself; without its IKE SA such a rule does not match."""
    rules = Rules([Rule(name="paris", identities=("vpn-paris.example.net",))])
    assert rules.asks_for_ike
    assert rules.name(CHILD).name == name_of(CHILD)
    assert rules.name(CHILD, IKE).name == rules.name(IKE).name == "paris"
    assert not Rules([Rule(name="paris")]).asks_for_ike


def test_an_ike_identity_that_is_the_address_is_matched_as_such():
    """Identities tell nothing beside the address where both are the same."""
    plain = IKE._replace(selectors=())
    assert identity_text(plain) == "192.0.2.7"
    assert identity_text(None) is None
    assert name_under(plain, identities=("192.0.2.7",)) == "matched"
    assert name_under(plain._replace(remote=None), identities=("/.*/",)) == "10.0.0.1-unknown"


def test_long_identities_are_not_tried():
    """An expression is tried on so many characters and no more."""
    long = IKE._replace(selectors=("", "a" * 256))
    assert name_under(long, identities=("/a*/",)) == name_of(long)
    assert name_under(long._replace(selectors=("", "a" * 255)), identities=("/a*/",)) == "matched"


def test_selectors_are_of_children_only():
    """An IKE SA's identities stand in the same place and are none."""
    assert name_under(IKE, selectors=("*",)) == name_of(IKE)


def test_a_fixed_name_makes_one_tunnel():
    """Its peer does not change with the address: addresses as written, else identities, else any."""
    for match, peer in (
        ({"peers": ("192.0.2.7",)}, "192.0.2.7"),
        ({"peers": ("192.0.2.0/24", "2001:db8::1")}, "192.0.2.0/24,2001:db8::1"),
        ({"peers": ("192.0.2.0/24",), "identities": ("/.*/",)}, "192.0.2.0/24"),
        ({"identities": ("vpn-paris.example.net",)}, "vpn-paris.example.net"),
        ({"targets": ("hub1",)}, "any"),
    ):
        named = Rules([Rule(name=" paris ", **match)]).name(CHILD, IKE)
        assert (named.name, named.peer) == ("paris", peer)


def test_a_name_with_fields():
    """Fields of the identity, and named groups; braces are doubled."""
    text = "{{{target} {vrf} {peer} {local} {remote} {selectors}}}"
    assert name_under(name=text) == "{hub1 vrf1 192.0.2.7 10.0.0.1 192.0.2.7 10.1.0.0/16-10.2.0.0/16,a-b}"
    bare = Identity("hub1", "vrf1", "child", None, None, ())
    assert name_under(bare, name="{local} {remote} {selectors} {identity}") == "unknown unknown ? unknown"
    assert name_under(IKE, name="oslo {selectors}") == "oslo"
    rules = Rules([Rule(name="{site}{lab}", identities=(r"/vpn-(?P<site>[a-z]+)(?P<lab>-lab)?\.example\.net/",))])
    assert rules.name(CHILD, IKE)[:2] == ("paris", "vpn-paris.example.net")


def test_a_name_that_comes_out_empty_is_not_used():
    """A name is never empty."""
    assert name_under(IKE, name="{x}", identities=("/vpn(?P<x>y?).*/",)) == name_of(IKE)


def test_long_names_are_cut():
    """With a hash, so that two that begin alike stay two."""
    rules = Rules([Rule(name="x" * 200 + "{remote}")])
    one, other = rules.name(CHILD).name, rules.name(CHILD._replace(remote="192.0.2.8")).name
    assert one != other
    assert {len(one), len(other)} == {MAX_NAME + len(" #12345678")}


def test_without_a_name_a_tunnel_keeps_its_own():
    """And gets the rest."""
    rule = Rule(expectation="always", ike_expectation="on-demand", description="d", labels=(("site", "par1"),))
    rules = Rules([rule])
    rest = {"configured": True, "description": "d", "labels": (("site", "par1"),)}
    assert rules.name(CHILD) == Named(name_of(CHILD), "192.0.2.7", "always", **rest)
    assert rules.name(IKE) == Named(name_of(IKE), "192.0.2.7", "on-demand", **rest)


def test_learning():
    """What no rule matches is learned, or shown only; by target."""
    rules = Rules(learning={"hub1": Learning(enabled=False, expected="always")}, default=Learning(expected="on-demand"))
    assert rules.name(CHILD) == Named(name_of(CHILD), "192.0.2.7", "no", tracked=False)
    elsewhere = CHILD._replace(target="hub2")
    assert rules.name(elsewhere) == Named(name_of(CHILD), "192.0.2.7", "on-demand")
    assert Rules().learning_of("hub1") == Learning(enabled=True, expected="no", forget_after_seconds=30 * 86_400)


def test_placeholders():
    """Of exact targets and names without fields, on the levels where something is expected."""
    exact = Rule(
        name="paris",
        targets=("hub1", "hub1", "h*"),
        vrfs=("vrf1",),
        peers=("192.0.2.7",),
        selectors=("a-b", "c*"),
        expectation="always",
        ike_expectation="always",
    )
    both = Rule(name="lyon", targets=("hub1",), identities=("l",), expectation="on-demand", ike_expectation="always")
    others = [
        Rule(name="{peer}", targets=("hub1",), expectation="always"),
        Rule(targets=("hub1",), expectation="always"),
        Rule(name="nice", targets=("hub1",)),
        Rule(name="metz", targets=("*",), expectation="always"),
        Rule(name="caen", targets=("hub1",), vrfs=("v*",), expectation="always"),
    ]
    rules = Rules([exact, both, *others])
    lyon = [
        Placeholder("child", Named("lyon", "l", "on-demand", configured=True), None, None, ()),
        Placeholder("ike", Named("lyon", "l", "always", configured=True), None, None, ()),
    ]
    paris = Placeholder("child", Named("paris", "192.0.2.7", "always", configured=True), None, "192.0.2.7", ("a-b",))
    assert rules.expected("hub1", "vrf1") == (paris, *lyon)
    assert rules.expected("hub1", "global") == tuple(lyon)
    assert rules.expected("hub2", "vrf1") == ()
    assert CompiledRule(Rule(peers=("192.0.2.0/24",))).only_address is None


def test_a_placeholder_is_the_tunnel_that_is_seen_later():
    """Name and peer are those that its SA gets."""
    rules = Rules([Rule(name="paris", targets=("hub1",), peers=("192.0.2.0/24",), expectation="always")])
    (placeholder,) = rules.expected("hub1", "vrf1")
    assert placeholder.named == rules.name(CHILD)


@pytest.mark.parametrize(
    "rule", [{"peers": ("hub",)}, {"identities": ("/(/",)}, {"name": "{"}, {"name": "{site}"}, {"name": "{0}"}]
)
def test_rules_that_cannot_be_used(rule):
    """The configuration has found them before."""
    with pytest.raises(ValueError, match=r"^(expected|not a|a brace|a name)"):
        Rules([Rule(**rule)])


def test_what_is_remembered_is_bounded(monkeypatch):
    """Names are forgotten and found again."""
    monkeypatch.setattr(module, "MAX_REMEMBERED", 3)
    rules = Rules([Rule(name="{remote}")])
    for number in list(range(8)) * 2:
        assert rules.name(CHILD._replace(remote=f"192.0.2.{number}")).name == f"192.0.2.{number}"
        assert len(rules._names) <= 3


TEXTS = st.sampled_from(["hub1", "hub2", "vrf1", "192.0.2.7", "10.0.0.1", "2001:db8::1", "a-b", "{x}", " "]) | st.text(
    max_size=4
)
SOME = st.none() | TEXTS
IDENTITIES = st.builds(Identity, TEXTS, TEXTS, st.just("child"), SOME, SOME, st.lists(TEXTS, max_size=3).map(tuple)) | (
    st.builds(Identity, TEXTS, TEXTS, st.just("ike"), SOME, SOME, st.just(()) | st.tuples(TEXTS, TEXTS))
)
PATTERNS = st.lists(st.sampled_from(["hub1", "vrf1", "h*", "*", "a-b", "x"]), max_size=2).map(tuple)
RULES = st.builds(
    Rule,
    name=st.sampled_from([None, "fixed", "{peer}", "{selectors}", "{identity}-{vrf}", " "]),
    targets=PATTERNS,
    vrfs=PATTERNS,
    peers=st.lists(st.sampled_from(["192.0.2.7", "192.0.2.0/24", "::/0", "0.0.0.0/0", "10.0.0.1"]), max_size=2).map(
        tuple
    ),
    identities=st.lists(st.sampled_from(["hub1", "192.0.2.7", "/h.*/", "/.*/", "x"]), max_size=2).map(tuple),
    selectors=PATTERNS,
    expectation=st.sampled_from(["always", "on-demand", "no"]),
)


@given(st.lists(RULES, max_size=6), st.lists(st.tuples(IDENTITIES, st.none() | IDENTITIES), min_size=1, max_size=8))
@settings(max_examples=150, deadline=None)
def test_any_identity_has_a_name(rules, identities):
    """Total, stable, and the first rule that matches by itself is the one that counts."""
    all_rules = Rules(rules)
    alone = [Rules([rule]) for rule in rules]
    first = [all_rules.name(identity, ike) for identity, ike in identities]
    for (identity, ike), named in zip(identities, first, strict=True):
        assert named.name
        assert named.peer
        assert named == all_rules.name(identity, ike) == Rules(rules).name(identity, ike)
        each = [one.name(identity, ike) for one in alone]
        expected = next((one for one in each if one.configured), Named(name_of(identity), peer_of(identity)))
        assert named == expected
