"""From the configuration to what tunnels are called and what is expected of them."""

from collector.config import Config, LearningConfig, TunnelConfig
from collector.tunnels.rules import Learning, Rule, Rules


def rules_of(config: Config) -> Rules:
    """Return the rules of a configuration, and what each target learns."""
    return Rules(
        tuple(map(_rule, config.tunnels)),
        {target.name: _learning(config.learns(target)) for target in config.targets},
        _learning(config.learning),
    )


def _rule(tunnel: TunnelConfig) -> Rule:
    return Rule(
        name=tunnel.name,
        targets=tunnel.match.target or (),
        vrfs=tunnel.match.vrf or (),
        peers=tunnel.match.peer or (),
        identities=tunnel.match.identity or (),
        selectors=tunnel.match.selectors or (),
        expectation=tunnel.expected,
        ike_expectation=tunnel.expected_ike,
        description=tunnel.description or "",
        labels=tunnel.all_labels,
    )


def _learning(learning: LearningConfig) -> Learning:
    return Learning(enabled=learning.enabled, expected=learning.expected, forget_after_seconds=learning.forget_after)
