"""What the configuration says of tunnels is what tracking is told."""

from collector.config import parse
from collector.daemon.rules import rules_of
from collector.tunnels import Identity
from collector.tunnels.rules import Learning, Named

CONFIG = """
learning: {expected: always, forget_after: 1d}
tunnels:
- name: "paris-{lane}"
  match:
    target: [hub1]
    vrf: vrf1
    peer: 192.0.2.0/24
    identity: '/paris-(?P<lane>[ab])/'
  expected: on-demand
  expected_ike: always
  description: Paris
  site: par1
  labels: {customer: acme}
- match: {selectors: "10.1.0.0/16-*"}
  description: data centre
- {name: lyon, match: {target: hub1}, expected_ike: always}
targets:
- {name: hub1, address: 192.0.2.1, snmp: {version: 3, user: u}, contexts: [{vrf: vrf1, context_name: c}]}
- {name: hub2, address: 192.0.2.2, snmp: {version: 3, user: u}, learning: {enabled: no}}
"""
RULES = rules_of(parse(CONFIG, environment={}))
SAID = {"configured": True, "description": "Paris", "labels": (("site", "par1"), ("customer", "acme"))}


def test_each_key_becomes_a_rule():
    """Matches, names, expectations of both levels, description and labels arrive."""
    ike = Identity("hub1", "vrf1", "ike", "10.0.0.1", "192.0.2.7", ("", "paris-b"))
    child = Identity("hub1", "vrf1", "child", "10.0.0.1", "192.0.2.7", ())
    assert RULES.name(ike) == Named("paris-b", "paris-b", "always", **SAID)
    assert RULES.name(child, ike) == Named("paris-b", "paris-b", "on-demand", **SAID)
    other = Identity("hub1", "vrf1", "child", "10.0.0.1", "192.0.2.8", ("10.1.0.0/16-10.2.0.0/16",))
    assert RULES.name(other).description == "data centre"


def test_each_target_learns_in_its_own_way():
    """A target's own keys, and the common ones for the rest."""
    assert RULES.learning_of("hub1") == Learning(expected="always", forget_after_seconds=86_400)
    assert RULES.learning_of("hub2") == Learning(enabled=False, expected="always", forget_after_seconds=86_400)


def test_expected_tunnels_are_known_before_they_are_seen():
    """Only those that have one name."""
    assert [(each.level, each.named.name) for each in RULES.expected("hub1", "vrf1")] == [("ike", "lyon")]
