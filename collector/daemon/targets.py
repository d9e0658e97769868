"""From the configuration to whom the SNMP engine asks: targets, credentials and contexts."""

from collector.config import (
    CommunityConfig,
    ContextConfig,
    DiscoveryConfig,
    PollingConfig,
    SnmpConfig,
    TargetConfig,
)
from collector.model import GLOBAL_VRF
from collector.sources.snmp import Community, SnmpContext, SnmpTarget
from collector.wire.snmp import VERSION_1, VERSION_2C
from collector.wire.usm import AuthProtocol, PrivProtocol, UsmUser

DEFAULT_CONTEXT = SnmpContext()


def snmp_target(target: TargetConfig, polling: PollingConfig) -> SnmpTarget:
    """Return the agent that a configured target names, asked as `polling` says."""
    return SnmpTarget(
        name=target.name,
        address=target.address,
        port=target.port,
        credentials=_credentials(target.snmp),
        context_engine_id=None if isinstance(target.snmp, CommunityConfig) else target.snmp.context_engine_id,
        timeout=polling.timeout,
        retries=polling.retries,
        max_repetitions=polling.max_repetitions,
        outstanding=polling.outstanding,
        max_rows=polling.max_rows,
    )


def _credentials(snmp: SnmpConfig) -> Community | UsmUser:
    if isinstance(snmp, CommunityConfig):
        version = VERSION_1 if snmp.version == "1" else VERSION_2C
        return Community(version=version, community=snmp.community.reveal())
    return UsmUser(
        name=snmp.user,
        auth=AuthProtocol[snmp.auth.protocol.name] if snmp.auth else None,
        auth_secret=snmp.auth.secret.reveal() if snmp.auth else None,
        priv=PrivProtocol[snmp.priv.protocol.name] if snmp.priv else None,
        priv_secret=snmp.priv.secret.reveal() if snmp.priv else None,
    )


def configured_contexts(target: TargetConfig) -> tuple[SnmpContext, ...] | None:
    """Return the contexts that the configuration lists, or None if they are to be discovered."""
    if isinstance(target.contexts, DiscoveryConfig):
        return None
    return tuple(_configured(context) for context in target.contexts)


def _configured(context: ContextConfig) -> SnmpContext:
    return SnmpContext(
        vrf=context.vrf,
        community=context.community.reveal() if context.community else None,
        context_name=context.context_name or "",
    )


def discovered_contexts(target: TargetConfig, found: tuple[tuple[str, str], ...]) -> tuple[SnmpContext, ...]:
    """Return the default context and those of `found`, pairs of context name and VRF, that the configuration wants.

    A VRF that several contexts show is polled in the first of them: a second one would only repeat its series.
    """
    discovery = target.contexts
    if not isinstance(discovery, DiscoveryConfig):
        raise TypeError(f"the contexts of {target.name} are listed, not discovered")
    contexts = {GLOBAL_VRF: DEFAULT_CONTEXT}
    for name, vrf in found:
        if name and vrf not in contexts and discovery.selects(vrf):
            contexts[vrf] = _discovered(target.snmp, discovery, name, vrf)
    if not discovery.selects(GLOBAL_VRF):
        del contexts[GLOBAL_VRF]
    return tuple(contexts.values())


def _discovered(snmp: SnmpConfig, discovery: DiscoveryConfig, name: str, vrf: str) -> SnmpContext:
    if isinstance(snmp, CommunityConfig):
        community = discovery.community_of(community=snmp.community, context=name, vrf=vrf)
        return SnmpContext(vrf=vrf, community=community.reveal())
    return SnmpContext(vrf=vrf, context_name=name)
