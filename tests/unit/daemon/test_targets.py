import pytest

from collector.config.loader import parse
from collector.daemon.targets import configured_contexts, discovered_contexts, snmp_target
from collector.model import GLOBAL_VRF
from collector.sources.snmp import Community, SnmpContext
from collector.wire.usm import AuthProtocol, PrivProtocol, UsmUser

ENVIRONMENT = {"HUB": "hub-secret", "VRF1": "vrf1-secret", "AUTH": "auth-secret", "PRIV": "priv-secret"}


def target_of(text):
    config = parse("targets:\n  - name: hub1\n    address: 192.0.2.1\n" + text, environment=ENVIRONMENT)
    return config, config.targets[0]


V2C = "    snmp: {version: 2c, community: env:HUB}\n"
V3 = (
    "    snmp: {version: 3, user: monitor, auth: {protocol: SHA-256, secret: env:AUTH},"
    " priv: {protocol: AES-256-C, secret: env:PRIV}, context_engine_id: 8000000001020304}\n"
)


@pytest.mark.parametrize(("version", "number"), [("1", 0), ("2c", 1)])
def test_communities_have_their_version(version, number):
    """Versions 1 and 2c are 0 and 1 on the wire."""
    config, target = target_of(V2C.replace("2c", version))
    agent = snmp_target(target, config.polling)
    assert agent.credentials == Community(version=number, community=b"hub-secret")
    assert (agent.name, agent.address, agent.port) == ("hub1", "192.0.2.1", 161)


def test_usm_credentials_are_handed_on_whole():
    """User, protocols, secrets and context engine reach the engine."""
    config, target = target_of(V3)
    agent = snmp_target(target, config.polling)
    assert agent.credentials == UsmUser(
        "monitor", AuthProtocol.SHA256, b"auth-secret", PrivProtocol.AES256C, b"priv-secret"
    )
    assert agent.context_engine_id == bytes.fromhex("8000000001020304")


def test_usm_without_security_has_no_secrets():
    """Without authentication there is a user and nothing else."""
    config, target = target_of("    snmp: {version: 3, user: monitor}\n")
    assert snmp_target(target, config.polling).credentials == UsmUser("monitor", None, None, None, None)


def test_limits_are_the_effective_ones():
    """What the target says about polling is what the engine is told."""
    config, target = target_of(
        V2C + "    polling: {timeout: 1s, retries: 5, max_repetitions: 10, outstanding: 7, max_rows: 99}\n"
    )
    agent = snmp_target(target, config.effective(target, "ipsec"))
    assert (agent.timeout, agent.retries, agent.max_repetitions, agent.outstanding, agent.max_rows) == (1, 5, 10, 7, 99)


def test_contexts_are_as_listed():
    """A listed context has its VRF and its community, or its name."""
    _, v2c = target_of(V2C + "    contexts: [{vrf: global}, {vrf: vrf1, community: env:VRF1}]\n")
    assert configured_contexts(v2c) == (SnmpContext(), SnmpContext(vrf="vrf1", community=b"vrf1-secret"))
    _, v3 = target_of(V3 + "    contexts: [{vrf: vrf2, context_name: vrf-vrf2-context}]\n")
    assert configured_contexts(v3) == (SnmpContext(vrf="vrf2", context_name="vrf-vrf2-context"),)


def test_contexts_to_be_discovered_are_not_known():
    """`discover` leaves the contexts to the device."""
    _, target = target_of(V3 + "    contexts: discover\n")
    assert configured_contexts(target) is None


def test_discovered_contexts_have_names_with_version_3():
    """The default context comes first, then the device's, the first of each VRF."""
    _, target = target_of(V3 + "    contexts: discover\n")
    found = (("", "default"), ("ctx1", "vrf1"), ("ctx1b", "vrf1"), ("ctx2", "vrf2"))
    assert discovered_contexts(target, found) == (
        SnmpContext(),
        SnmpContext(vrf="vrf1", context_name="ctx1"),
        SnmpContext(vrf="vrf2", context_name="ctx2"),
    )


def test_discovered_contexts_have_communities_with_version_2c():
    """The template makes each context's community."""
    _, target = target_of(V2C + "    contexts: {discover: true, community_template: '{community}@{context}'}\n")
    assert discovered_contexts(target, (("ctx1", "vrf1"),)) == (
        SnmpContext(),
        SnmpContext(vrf="vrf1", community=b"hub-secret@ctx1"),
    )


def test_discovered_contexts_are_selected():
    """Only VRFs that `include` and `exclude` want are polled, the default one too."""
    _, target = target_of(V3 + "    contexts: {discover: true, include: ['vrf*'], exclude: [vrf2]}\n")
    found = (("ctx1", "vrf1"), ("ctx2", "vrf2"), ("ctx3", "mgmt"))
    assert [context.vrf for context in discovered_contexts(target, found)] == ["vrf1"]


def test_listed_contexts_cannot_be_discovered():
    """Asking for discovered contexts of a target that lists them is a defect, not a poll."""
    _, target = target_of(V3)
    with pytest.raises(TypeError, match="the contexts of hub1 are listed"):
        discovered_contexts(target, ())


def test_no_secret_shows_in_a_repr():
    """What is handed to the engine can be logged."""
    config, target = target_of(V2C + "    contexts: [{vrf: vrf1, community: env:VRF1}]\n")
    shown = repr((snmp_target(target, config.polling), configured_contexts(target)))
    assert "secret" not in shown
    assert GLOBAL_VRF not in shown
