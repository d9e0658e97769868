"""From the configuration to open ports: where notifications arrive, from whom they may come, and whose they are."""

import asyncio
import secrets
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import TypeAlias

from collector.config import Config, TargetConfig, UsmConfig
from collector.config.notifications import SyslogListenerConfig, TrapUserConfig
from collector.config.trap_senders import trap_communities, trap_users
from collector.daemon.targets import DEFAULT_CONTEXT, configured_contexts
from collector.errors import SourceError
from collector.interpret.senders import Sender, Senders
from collector.model import GLOBAL_VRF
from collector.sources.listener import Listener
from collector.sources.snmp import SnmpContext
from collector.sources.syslog import SyslogPort
from collector.sources.tls import TlsFiles
from collector.wire.notification_engines import OwnEngine
from collector.wire.notification_receiver import Receiver
from collector.wire.notification_users import TrapUser
from collector.wire.usm import AuthProtocol, PrivProtocol, UsmUser

Discovered: TypeAlias = Mapping[str, Iterable[SnmpContext]]
"""The contexts that are watched, by target."""

ENGINE_FILE = "snmp-engine-id"
"""In the state directory: our own engine ID, in hexadecimal digits."""
_ENGINE_PREFIX = bytes.fromhex("8000000005")
"""RFC 3411 SnmpEngineID: the new form, no enterprise, octets that the administrator has chosen."""
_BOOTS_SINCE = 1_577_836_800
"""2020-01-01: seconds since then count how often we started, in place of a counter on disk that could be lost."""


async def engine_of(config: Config) -> OwnEngine:
    """Return our own engine, which informs are sent to.

    Raises: SourceError if its ID can neither be read nor kept.
    """
    engine_id = config.notifications.traps.engine_id
    if engine_id is None:
        engine_id = await asyncio.to_thread(kept_engine_id, config.state.directory or Path())
    return OwnEngine(engine_id, max(int(time.time()) - _BOOTS_SINCE, 1), time.monotonic())


def receiver_of(config: Config, engine: OwnEngine, communities: Iterable[bytes]) -> Receiver:
    """Return what judges traps and informs; `communities` are those of contexts that were found."""
    listed = {each.community.reveal() for each in trap_communities(config)}
    return Receiver(
        communities=listed | set(communities),
        users=[_user(each) for each in trap_users(config)],
        engine=engine,
        salt=secrets.randbits(64),
    )


def found_communities(config: Config, discovered: Discovered) -> frozenset[bytes]:
    """Return the communities of contexts that were found, which may send as well unless others are listed."""
    if config.notifications.traps.communities is not None:
        return frozenset()
    return frozenset(each.community for contexts in discovered.values() for each in contexts if each.community)


async def resolved(config: Config) -> dict[str, list[str]]:
    """Return the addresses of targets that are configured by name, as far as they can be resolved."""
    found: dict[str, list[str]] = {}
    for target in config.targets:
        if not _is_address(target.address):
            with suppress(OSError):
                infos = await asyncio.get_running_loop().getaddrinfo(target.address, None)
                found[target.name] = sorted({str(info[4][0]) for info in infos})
    return found


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def kept_engine_id(directory: Path) -> bytes:
    """Return our engine ID, which is made once.

    Raises: SourceError if it can neither be read nor kept.
    """
    path = directory / ENGINE_FILE
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if path.exists():
            return _read(path)
        engine_id = _ENGINE_PREFIX + secrets.token_bytes(8)
        path.write_text(engine_id.hex() + "\n")
    except OSError as error:
        raise SourceError(f"keeping our engine ID in {path}: {error.strerror or error}") from None
    return engine_id


def _read(path: Path) -> bytes:
    try:
        engine_id = bytes.fromhex(path.read_text().strip())
        OwnEngine(engine_id, 1, 0.0)
    except ValueError:
        raise SourceError(f"our engine ID in {path} is not 5 to 32 octets in hexadecimal digits") from None
    return engine_id


def _user(config: TrapUserConfig) -> TrapUser:
    auth, priv = config.auth, config.priv
    user = UsmUser(
        name=config.user,
        auth=AuthProtocol[auth.protocol.name] if auth else None,
        auth_secret=auth.secret.reveal() if auth else None,
        priv=PrivProtocol[priv.protocol.name] if priv else None,
        priv_secret=priv.secret.reveal() if priv else None,
    )
    return TrapUser(user, config.engine_id)


def trap_ports(config: Config) -> list[Listener]:
    """Return the ports where traps and informs arrive."""
    wanted = config.notifications.traps.listen
    return [Listener("udp", each.address.host, each.address.port, each.vrf) for each in wanted]


def syslog_ports(config: Config) -> list[SyslogPort]:
    """Return the ports where syslog messages arrive."""
    return [_syslog_port(each) for each in config.notifications.syslog.listen]


def _syslog_port(config: SyslogListenerConfig) -> SyslogPort:
    listener = Listener(config.protocol, config.address.host, config.address.port, config.vrf)
    if config.certificate is None or config.key is None:
        return SyslogPort(listener=listener, connections=config.connections)
    client_ca = config.client_ca.path if config.client_ca else None
    files = TlsFiles(config.certificate.path, config.key.path, client_ca)
    return SyslogPort(listener=listener, tls=files, connections=config.connections)


def senders_of(config: Config, discovered: Discovered, addresses: Mapping[str, Iterable[str]]) -> Senders:
    """Return whose notifications are whose.

    Args:
        config: the configuration.
        discovered: the contexts that are watched, by target.
        addresses: those of targets that are configured by name.
    """
    communities = {
        each.community.reveal(): each.vrf for each in config.notifications.traps.communities or () if each.vrf
    }
    senders = [
        _sender(target, discovered.get(target.name, ()), addresses.get(target.name, ())) for target in config.targets
    ]
    return Senders(senders, communities=communities, relays=config.notifications.syslog.relays)


def default_vrfs(config: Config, discovered: Discovered) -> dict[str, str]:
    """Return the VRF, by target, of what names none."""
    return {target.name: _sender(target, discovered.get(target.name, ())).default_vrf for target in config.targets}


def _sender(target: TargetConfig, discovered: Iterable[SnmpContext], addresses: Iterable[str] = ()) -> Sender:
    contexts = configured_contexts(target)
    known = tuple(discovered) or (DEFAULT_CONTEXT,) if contexts is None else contexts
    own: dict[bytes, str | None] = {}
    if not isinstance(target.snmp, UsmConfig):
        own = {target.snmp.community.reveal(): None}
        own |= {each.community: each.vrf for each in known if each.community and each.community not in own}
    names = {each.context_name: each.vrf for each in known if each.context_name}
    default = (each.vrf for each in known if not each.context_name and (each.community or b"") in {b"", *own})
    return Sender(
        target=target.name,
        addresses=[target.address, *addresses, *target.notifications.addresses],
        hostnames=[target.name, target.address, *target.notifications.hostnames],
        communities=own,
        contexts=names,
        default_vrf=next(default, GLOBAL_VRF),
    )
