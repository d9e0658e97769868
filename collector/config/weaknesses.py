"""What a configuration may say but had better not: weak protocols, open secrets, timing that cannot work out."""

from collections.abc import Iterator

from collector.config.notifications import TrapsConfig, TrapUserConfig
from collector.config.problems import Path
from collector.config.secret import Secret
from collector.config.settings import Config, PollingConfig, TargetConfig
from collector.config.snmp import AuthProtocol, CommunityConfig, DiscoveryConfig, PrivProtocol, UsmConfig
from collector.tunnels.patterns import is_exact

Weakness = tuple[Path, str]

_LATE = "a request that nobody answers takes as long as the interval: timeout x (retries + 1) should be less"


def weaknesses(config: Config) -> Iterator[Weakness]:
    """Find weak choices, each once per target, with the path of what makes them."""
    yield from _of_timing(config)
    yield from (
        ((("state", "ledger"), text) for text in _of_secret(config.state.ledger)) if config.state.ledger else ()
    )
    yield from _of_tunnels(config)
    yield from _of_notifications(config)
    for place, target in enumerate(config.targets):
        found: dict[str, Path] = {}
        for path, text in _of_target(config, target):
            found.setdefault(text, ("targets", place, *path))
        yield from ((path, text) for text, path in found.items())


def _of_target(config: Config, target: TargetConfig) -> Iterator[Weakness]:
    yield from _of_community(target.snmp) if isinstance(target.snmp, CommunityConfig) else _of_usm(target.snmp)
    for path, secret in _secrets(target):
        yield from ((path, text) for text in _of_secret(secret))
    if target.polling.model_fields_set & {"interval", "timeout", "retries"}:
        settled = [config.effective(target, module) for module in ("", *config.modules)]
        if any(_gives_up_late(polling) for polling in settled):
            yield ("polling",), _LATE


def _of_secret(secret: Secret) -> Iterator[str]:
    if secret.source == "plain:":
        yield "a secret written in clear; better env:NAME or file:PATH"
    if secret.readable_by_all:
        yield f"every user can read {secret.source.removeprefix('file:')}; better mode 0400"


def _of_notifications(config: Config) -> Iterator[Weakness]:
    """Find what is weak in what is listened for; of users and communities of targets, the targets tell."""
    traps = config.notifications.traps
    if traps.listen and traps.communities:
        text = "communities go in clear, so that whoever hears one can forge notifications; better 'users'"
        yield ("notifications", "traps", "communities"), text
    for path, text in (*_of_trap_users(traps), *_of_trap_communities(traps)):
        yield ("notifications", "traps", *path), text
    for place, listener in enumerate(config.notifications.syslog.listen):
        if listener.key and listener.key.readable_by_all:
            path = ("notifications", "syslog", "listen", place, "key")
            yield path, f"every user can read {listener.key}; better mode 0400"


def _of_trap_users(traps: TrapsConfig) -> Iterator[Weakness]:
    for place, user in enumerate(traps.users or ()):
        if user.auth is None:
            yield (
                ("users", place),
                "not authenticated, so that anyone can forge notifications; add 'auth', 'priv'",
            )
        for path, text in _of_algorithms(user):
            yield ("users", place, *path), text
        for name, part in (("auth", user.auth), ("priv", user.priv)):
            yield from ((("users", place, name, "secret"), text) for text in (_of_secret(part.secret) if part else ()))


def _of_trap_communities(traps: TrapsConfig) -> Iterator[Weakness]:
    for place, each in enumerate(traps.communities or ()):
        yield from ((("communities", place, "community"), text) for text in _of_secret(each.community))


def _of_tunnels(config: Config) -> Iterator[Weakness]:
    """Find tunnels that are named and expected, but missed only once they have been seen."""
    for place, tunnel in enumerate(config.tunnels):
        exact = [one is not None and all(map(is_exact, one)) for one in (tunnel.match.target, tunnel.match.vrf or ())]
        if tunnel.named_exactly and tunnel.is_expected and not all(exact):
            yield (
                ("tunnels", place, "match"),
                "expected, but not missed until it is seen: name its 'target' and 'vrf'",
            )


def _of_community(snmp: CommunityConfig) -> Iterator[Weakness]:
    also = "has no 64-bit counters and " if snmp.version == "1" else ""
    yield ("snmp", "version"), f"version {snmp.version} {also}sends its community in clear; better version 3"


def _of_usm(snmp: UsmConfig) -> Iterator[Weakness]:
    if snmp.auth is None:
        yield ("snmp",), "neither authenticated nor encrypted, so that anyone can answer; add 'auth' and 'priv'"
    yield from ((("snmp", *path), text) for path, text in _of_algorithms(snmp))


def _of_algorithms(user: UsmConfig | TrapUserConfig) -> Iterator[Weakness]:
    if user.auth and user.auth.protocol is AuthProtocol.MD5:
        yield ("auth", "protocol"), "MD5 is weak; better SHA-256"
    if user.priv and user.priv.protocol is PrivProtocol.DES:
        yield ("priv", "protocol"), "DES is weak; better AES"


def _secrets(target: TargetConfig) -> Iterator[tuple[Path, Secret]]:
    if isinstance(target.snmp, CommunityConfig):
        yield ("snmp", "community"), target.snmp.community
    else:
        for name, part in (("auth", target.snmp.auth), ("priv", target.snmp.priv)):
            if part:
                yield ("snmp", name, "secret"), part.secret
    if isinstance(target.contexts, DiscoveryConfig):
        if target.contexts.community_template:
            yield ("contexts", "community_template"), target.contexts.community_template
    else:
        for place, context in enumerate(target.contexts):
            if context.community:
                yield ("contexts", place, "community"), context.community


def _of_timing(config: Config) -> Iterator[Weakness]:
    if _gives_up_late(config.polling):
        yield ("polling",), _LATE
    for name, module in config.modules.items():
        if module.interval and _gives_up_late(config.polling, module.interval):
            yield ("modules", name, "interval"), _LATE


def _gives_up_late(polling: PollingConfig, interval: float | None = None) -> bool:
    return polling.timeout * (polling.retries + 1) >= (interval or polling.interval)
