import pytest

from collector.config import CommunityConfig, DiscoveryConfig, UsmConfig
from collector.config.loader import parse
from collector.demo.access import COMMUNITIES
from collector.demo.lab import Lab
from collector.tables import load as load_tables


def configured(**options):
    lab = Lab(port=4161)
    text = lab.configuration(**options)
    return parse(text, environment=lab.environment, known_modules=load_tables().modules)


def test_one_target_with_three_contexts():
    """A newcomer's configuration is one hub, its VRFs asked for by community, polled every five seconds."""
    config = configured()
    (hub,) = config.targets
    assert (hub.name, hub.address, hub.port) == ("hub1", "127.0.0.1", 4161)
    assert config.effective(hub, "ipsec").interval == 5
    assert [context.vrf for context in hub.contexts] == ["global", "vrf1", "vrf2"]


def test_communities_lead_to_their_contexts():
    """The community of each VRF is the one that the agent maps to the VRF's context."""
    (hub,) = configured().targets
    assert isinstance(hub.snmp, CommunityConfig)
    communities = [(context.community or hub.snmp.community).reveal().decode() for context in hub.contexts]
    assert [COMMUNITIES[each] for each in communities] == ["", "vrf-vrf1-context", "vrf-vrf2-context"]


def test_traps_are_listened_for():
    """On loopback, at the port that the agent is told; each community has the VRF that its context has."""
    lab = Lab(port=4161)
    lab.trap_port = 4162
    config = parse(lab.configuration(), environment=lab.environment, known_modules=load_tables().modules)
    traps = config.notifications.traps
    assert [(each.address.host, each.address.port) for each in traps.listen] == [("127.0.0.1", 4162)]
    named = {each.community.reveal().decode(): each.vrf for each in traps.communities}
    assert named == {"global1": "global", "abc1": "vrf1", "abc2": "vrf2"}


def test_version_3_too():
    """On request the hub is polled once more, with SNMPv3 and the contexts that it names itself."""
    _, again = configured(version_3=True).targets
    assert again.name == "hub1-v3"
    assert isinstance(again.snmp, UsmConfig)
    assert again.snmp.level == "authPriv"
    assert isinstance(again.contexts, DiscoveryConfig)


def test_options():
    """Where the daemon listens and how often it polls can be chosen."""
    config = configured(listen="[::1]:0", interval=2)
    assert (config.http.listen[0].host, config.http.listen[0].port) == ("::1", 0)
    assert config.effective(config.targets[0], "ike").interval == 2


def test_no_secret_is_written_out():
    """The configuration refers to its secrets, as a real one would."""
    lab = Lab()
    text = lab.configuration(version_3=True)
    assert "plain:" not in text
    assert not [secret for secret in lab.environment.values() if f" {secret}\n" in text]


@pytest.mark.parametrize("context", ["-c abc1", "-n vrf-vrf2-context"])
def test_commands(context):
    """Both ways to ask net-snmp are shown, with the agent's port."""
    (command,) = [each for each in Lab(port=4161).commands() if context in each]
    assert "127.0.0.1:4161" in command


def test_story():
    """Whoever looks on is told who is in which VRF, at which address, and what to look for."""
    story = Lab().story()
    assert [vrf for vrf, *_ in story] == ["vrf1"] * 4 + ["vrf2"] * 3
    assert ("vrf1", "lisbon", "10.1.1.9", "a bad line: flaps, sometimes for longer than BGP waits") in story
