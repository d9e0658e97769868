"""What a configuration may say but had better not: weak protocols, open secrets, timing that cannot work out."""

from collections.abc import Iterator

from collector.config.problems import Path
from collector.config.secret import Secret
from collector.config.settings import Config, PollingConfig, TargetConfig
from collector.config.snmp import AuthProtocol, CommunityConfig, DiscoveryConfig, PrivProtocol, UsmConfig

Weakness = tuple[Path, str]


def weaknesses(config: Config) -> Iterator[Weakness]:
    """Find weak choices, each once per target, with the path of what makes them."""
    for place, target in enumerate(config.targets):
        seen: set[str] = set()
        for path, text in _of_target(config, target):
            if text not in seen:
                seen.add(text)
                yield ("targets", place, *path), text


def _of_target(config: Config, target: TargetConfig) -> Iterator[Weakness]:
    yield from _of_community(target.snmp) if isinstance(target.snmp, CommunityConfig) else _of_usm(target.snmp)
    for path, secret in _secrets(target):
        if secret.source == "plain:":
            yield path, "a secret written in clear; better env:NAME or file:PATH"
        if secret.readable_by_all:
            yield path, f"every user can read {secret.source.removeprefix('file:')}; better mode 0400"
    yield from _of_timing(config, target)


def _of_community(snmp: CommunityConfig) -> Iterator[Weakness]:
    text = f"version {snmp.version} sends its community in clear; better version 3"
    if snmp.version == "1":
        text += ". It has neither GETBULK nor 64-bit counters"
    yield ("snmp", "version"), text


def _of_usm(snmp: UsmConfig) -> Iterator[Weakness]:
    if snmp.auth is None:
        yield (
            ("snmp",),
            "neither authenticated nor encrypted, so that anyone can answer; add 'auth' and 'priv'",
        )
    elif snmp.auth.protocol is AuthProtocol.MD5:
        yield ("snmp", "auth", "protocol"), "MD5 is weak; better SHA-256"
    if snmp.priv and snmp.priv.protocol is PrivProtocol.DES:
        yield ("snmp", "priv", "protocol"), "DES is weak; better AES"


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


def _of_timing(config: Config, target: TargetConfig) -> Iterator[Weakness]:
    for module in ("", *config.modules):
        polling = config.effective(target, module)
        if _patience(polling) >= polling.interval:
            whose = f"module {module}: " if module else ""
            yield ("polling",), f"{whose}an unanswered request takes as long as the interval: timeout x (retries + 1)"


def _patience(polling: PollingConfig) -> float:
    return polling.timeout * (polling.retries + 1)
