"""What devices may say by themselves: where traps, informs and syslog are listened for, and whose they are."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from collector.config.addresses import IpAddress, ListenAddress, ListenIp
from collector.config.files import NamedFile, ReadableFile
from collector.config.grammar import Choice, HexOctets, Text, Whole
from collector.config.problems import Below, NestedProblemsError
from collector.config.section import Section
from collector.config.snmp import AuthConfig, Community, CommunityConfig, PrivConfig, UsmConfig, Vrf

MAX_LISTENERS: Final = 256

EngineId = Annotated[bytes, HexOctets(5, 32)]
ReceiveBuffer = Annotated[int, Whole(4096, 1 << 30)]
_Hostname = Annotated[str, Text("a hostname as syslog messages give it", r"[^\s\x00-\x1f\x7f\ud800-\udfff]+")]
_LISTENERS = Field(max_length=MAX_LISTENERS)
_OR_ADDRESS = BeforeValidator(
    lambda value: {"address": value} if isinstance(value, str) else value,
    json_schema_input_type=str | dict[str, Any],
)


class TrapListenerConfig(Section):
    """A UDP port where traps and informs arrive; an address alone is short for a mapping with `address` alone."""

    address: Annotated[ListenAddress, ListenIp()]
    """An address of this host, or all of IPv4 or of IPv6, and a port. Port 0 lets the system choose."""
    vrf: Vrf | None = None
    """The VRF of what arrives here and names none (IOS: `snmp-server host … vrf vrf1 … udp-port 2001`)."""


class TrapCommunityConfig(Section):
    """A community that traps and informs of versions 1 and 2c may come with."""

    community: Community
    """The community. Anyone who has seen it can forge notifications, which is warned about."""
    vrf: Vrf | None = None
    """The VRF of what comes with it, unless the target's contexts say which one."""


class TrapUserConfig(Section):
    """A user of version 3 who may send traps and informs, from any engine."""

    foreign_keys: ClassVar[dict[str, str]] = {"community": "belongs under 'communities'"}

    version: Annotated[Literal["3"], Choice(("3",))] = "3"
    """Need not be written; so that `<<: *anchor` of a target's `snmp` can be."""
    user: Annotated[str, Text("a user name", octets=32)]
    """The user (RFC 3414 usmUserName)."""
    auth: AuthConfig | None = None
    """How notifications are authenticated; absent means not at all, which is warned about."""
    priv: PrivConfig | None = None
    """How notifications are encrypted; needs `auth`. What is protected more, or less, is dropped."""
    engine_id: EngineId | None = None
    """The only engine that it is believed from: a router's own for its traps, `engine_id` of `traps` for informs."""

    @field_validator("priv")
    @classmethod
    def _priv_needs_auth(cls, priv: PrivConfig | None, info: ValidationInfo) -> PrivConfig | None:
        if priv and info.data.get("auth", priv) is None:
            raise ValueError("encryption needs authentication: add 'auth' (RFC 3414 section 1.4.3)")
        return priv


class TrapsConfig(Section):
    """Traps and informs of SNMP."""

    listen: Annotated[tuple[Annotated[TrapListenerConfig, _OR_ADDRESS], ...], _LISTENERS] = ()
    """Where they arrive. Absent: nowhere."""
    communities: Annotated[tuple[TrapCommunityConfig, ...], Field(max_length=10_000)] | None = None
    """Communities of versions 1 and 2c. Absent: those that the targets are polled with; `[]`: none."""
    users: Annotated[tuple[TrapUserConfig, ...], Field(max_length=10_000)] | None = None
    """Users of version 3. Absent: those that the targets are polled with; `[]`: none."""
    engine_id: EngineId | None = None
    """Our own engine, which informs are addressed to. Absent: made once, and kept in the directory of `state`."""
    receive_buffer: ReceiveBuffer = 8 << 20
    """Octets that the system should keep of each port while the daemon is busy, for bursts; what it grants is logged
    if it is less (sysctl net.core.rmem_max)."""

    @field_validator("communities")
    @classmethod
    def _communities_differ(
        cls, communities: tuple[TrapCommunityConfig, ...] | None
    ) -> tuple[TrapCommunityConfig, ...] | None:
        _refuse(_doubled([each.community.reveal() for each in communities or ()], "community"))
        return communities

    @field_validator("users")
    @classmethod
    def _users_differ(cls, users: tuple[TrapUserConfig, ...] | None) -> tuple[TrapUserConfig, ...] | None:
        _refuse(_doubled([(each.user, each.engine_id) for each in users or ()], "user"))
        return users


def _doubled(values: Sequence[object], key: str) -> Iterator[Below]:
    seen: dict[object, int] = {}
    for place, value in enumerate(values):
        if (first := seen.setdefault(value, place)) != place:
            yield Below((place, key), f"the same as in item [{first}]")


def _refuse(problems: Iterable[Below]) -> None:
    if found := list(problems):
        raise NestedProblemsError(found)


class SyslogListenerConfig(Section):
    """A port where syslog messages arrive, by RFC 3164, RFC 5424 or as Cisco writes them."""

    protocol: Annotated[Literal["udp", "tcp", "tls"], Choice(("udp", "tcp", "tls"))]
    """RFC 5426, RFC 6587 or RFC 5425 (TLS 1.2 or later). Over udp anyone can forge a sender."""
    address: Annotated[ListenAddress, ListenIp()]
    """An address of this host, or all of IPv4 or of IPv6, and a port. Port 0 lets the system choose."""
    vrf: Vrf | None = None
    """The VRF of what arrives here and names none."""
    certificate: Annotated[NamedFile, ReadableFile("our certificate and those that it stands on, PEM")] | None = None
    """tls, which needs it: our own certificate, then those of the authorities between."""
    key: Annotated[NamedFile, ReadableFile("the certificate's private key, PEM, not encrypted")] | None = None
    """tls, which needs it: the private key of the certificate."""
    client_ca: Annotated[NamedFile, ReadableFile("certificates of authorities, PEM")] | None = None
    """tls: senders must show a certificate that one of these authorities has signed. Absent: they need none."""
    connections: Annotated[int, Whole(1, 10_000)] = 500
    """tcp and tls: how many may be open at once; what is beyond is closed and counted."""

    @model_validator(mode="after")
    def _protocol_fits(self) -> Self:
        named = [key for key in ("certificate", "key", "client_ca") if getattr(self, key)]
        if self.protocol != "tls":
            _refuse(Below((key,), "belongs to protocol tls") for key in named)
        else:
            missing = [key for key in ("certificate", "key") if key not in named]
            _refuse(Below((), f"missing key {key!r}, which protocol tls needs") for key in missing)
        if self.protocol == "udp" and "connections" in self.model_fields_set:
            _refuse([Below(("connections",), "belongs to protocols tcp and tls")])
        return self


class SyslogConfig(Section):
    """Syslog of Cisco devices."""

    listen: Annotated[tuple[SyslogListenerConfig, ...], _LISTENERS] = ()
    """Where it arrives. Absent: nowhere."""
    relays: Annotated[tuple[Annotated[str, IpAddress()], ...], Field(max_length=10_000)] = ()
    """Senders that are trusted to tell whose a message is: the hostname in it names the target."""
    receive_buffer: ReceiveBuffer = 8 << 20
    """As in `traps`, of each udp port."""


class NotificationsConfig(Section):
    """What devices say by themselves; a notification makes the daemon look at what it names, at once."""

    traps: TrapsConfig = TrapsConfig()
    """Traps and informs of SNMP."""
    syslog: SyslogConfig = SyslogConfig()
    """Syslog."""

    @model_validator(mode="after")
    def _ports_differ(self) -> Self:
        taken: dict[tuple[bool, ListenAddress], str] = {}
        problems = []
        for kind, place, address, udp in self._places():
            here = f"{kind}.listen[{place}]"
            first = taken.setdefault((udp, address), here) if address.port else here
            if first != here:
                problems.append(Below((kind, "listen", place, "address"), f"the same as that of {first}"))
        _refuse(problems)
        return self

    def _places(self) -> Iterator[tuple[str, int, ListenAddress, bool]]:
        for place, trap in enumerate(self.traps.listen):
            yield "traps", place, trap.address, True
        for place, syslog in enumerate(self.syslog.listen):
            yield "syslog", place, syslog.address, syslog.protocol == "udp"


class TargetNotificationsConfig(Section):
    """How a target's notifications are told from others'; those from its own `address` always are."""

    addresses: Annotated[tuple[Annotated[str, IpAddress()], ...], Field(max_length=1000)] = ()
    """Where else it sends from, such as another interface, or its address in another VRF."""
    hostnames: Annotated[tuple[_Hostname, ...], Field(max_length=1000)] = ()
    """What else messages of relays call it, besides its `name` and `address`; upper or lower case."""


def unsettled_users(traps: TrapsConfig, polled: Sequence[CommunityConfig | UsmConfig]) -> Iterator[Below]:
    """Find targets (by place) whose user is another target's too, with other credentials, where that matters."""
    if not traps.listen or traps.users is not None:
        return
    seen: dict[str, tuple[int, object]] = {}
    for place, snmp in enumerate(polled):
        if isinstance(snmp, UsmConfig):
            first, credentials = seen.setdefault(snmp.user, (place, (snmp.auth, snmp.priv)))
            if credentials != (snmp.auth, snmp.priv):
                text = f"the user of targets[{first}], with other credentials: write notifications.traps.users"
                yield Below((place, "snmp", "user"), text)
