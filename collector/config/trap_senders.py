"""Who may send traps and informs: those that are listed for it, else those that the targets are polled with."""

from collections.abc import Iterator

from collector.config.notifications import TrapCommunityConfig, TrapUserConfig
from collector.config.secret import Secret
from collector.config.settings import Config, TargetConfig
from collector.config.snmp import DiscoveryConfig, UsmConfig


def trap_users(config: Config) -> tuple[TrapUserConfig, ...]:
    """Settle who may send notifications of version 3."""
    listed = config.notifications.traps.users
    if listed is not None:
        return listed
    polled = {target.snmp.user: target.snmp for target in config.targets if isinstance(target.snmp, UsmConfig)}
    return tuple(TrapUserConfig(user=each.user, auth=each.auth, priv=each.priv) for each in polled.values())


def trap_communities(config: Config) -> tuple[TrapCommunityConfig, ...]:
    """Settle the communities of notifications of versions 1 and 2c.

    Those of discovered contexts are not among them: they are known once the contexts are.
    """
    listed = config.notifications.traps.communities
    if listed is not None:
        return listed
    polled = {each.reveal(): each for target in config.targets for each in _communities(target)}
    return tuple(TrapCommunityConfig(community=each) for each in polled.values())


def _communities(target: TargetConfig) -> Iterator[Secret]:
    if isinstance(target.snmp, UsmConfig):
        return
    yield target.snmp.community
    for context in () if isinstance(target.contexts, DiscoveryConfig) else target.contexts:
        if context.community:
            yield context.community
