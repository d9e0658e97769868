"""The whole of a configuration, as the daemon sees it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    PrivateAttr,
    Tag,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
)

from collector.config.addresses import Address, Listen, ListenAddress
from collector.config.grammar import (
    MAX_LABELS,
    Choice,
    Duration,
    Flag,
    LabelName,
    LabelValue,
    Percent,
    Text,
    Whole,
)
from collector.config.notifications import NotificationsConfig, TargetNotificationsConfig, unsettled_users
from collector.config.problems import Below, NestedProblemsError, Problem
from collector.config.section import Section, validate_with
from collector.config.snmp import CommunityConfig, ContextConfig, DiscoveryConfig, SnmpConfig, UsmConfig
from collector.config.state import StateConfig
from collector.config.tunnels import LearningConfig, TunnelConfig, doubled, misplaced
from collector.model import GLOBAL_VRF

Interval = Annotated[float, Duration(1, 86_400)]
FullEvery = Annotated[int, Whole(1, 1000)]
ModuleName = Annotated[str, Text("the name of a module", r"[A-Za-z][A-Za-z0-9_.-]*", 64)]

RESERVED_LABELS = frozenset({"target", "vrf", "tunnel", "peer"})
"""The labels that every tunnel series carries."""


class HttpConfig(Section):
    """What the daemon serves."""

    listen: Annotated[
        tuple[Annotated[ListenAddress, Listen()], ...],
        Field(min_length=1),
        BeforeValidator(
            lambda value: [value] if isinstance(value, str) else value,
            json_schema_input_type=str | Annotated[list[str], Field(min_length=1)],
        ),
    ] = (ListenAddress("127.0.0.1", 9171),)
    """Where /metrics is served: one address or a list of them. Port 0 lets the system choose."""


class LogConfig(Section):
    """What the daemon says, on standard error."""

    format: Annotated[str, Choice(("console", "json"))] = "console"
    """`console` for people, `json` for log collectors."""
    level: Annotated[str, Choice(("debug", "info", "warning", "error"))] = "info"
    """The least level that is logged."""


class PollingConfig(Section):
    """How targets are polled; in a target's own `polling` only the keys that are written count."""

    # Code that polls asks Config.effective: the fields of a target's own `polling` hold defaults where it says nothing.

    interval: Interval = 60.0
    """The time from one poll of a context to the next."""
    jitter: Annotated[float, Percent(50)] = 0.1
    """How much of the interval a poll may come early or late by chance, so that targets are not asked all at once."""
    timeout: Annotated[float, Duration(0.1, 60)] = 2.0
    """How long to wait for the answer to one request."""
    retries: Annotated[int, Whole(0, 10)] = 2
    """How often a request is sent again before the poll fails."""
    max_repetitions: Annotated[int, Whole(1, 1000)] = 40
    """Rows asked for in one GETBULK; halved by itself on timeouts and tooBig."""
    outstanding: Annotated[int, Whole(1, 32)] = 2
    """Requests in flight to one target."""
    full_every: FullEvery = 10
    """Every how many polls the static columns are read again too."""
    max_rows: Annotated[int, Whole(1, 10_000_000)] = 50_000
    """Rows read of one table; what is beyond is left and reported."""
    max_tunnels: Annotated[int, Whole(1, 1_000_000)] = 20_000
    """Tunnels of one target that are shown; what is beyond is counted and logged once."""


class ModuleConfig(Section):
    """What is different for one module."""

    enabled: Annotated[bool, Flag()] = True
    """Whether targets that list no modules poll this one."""
    interval: Interval | None = None
    """As in `polling`, for this module."""
    full_every: FullEvery | None = None
    """As in `polling`, for this module."""


Contexts = Annotated[
    Annotated[tuple[ContextConfig, ...], Field(min_length=1), Tag("<list>")]
    | Annotated[DiscoveryConfig, Tag("<discovery>")],
    Discriminator(lambda value: "<list>" if isinstance(value, list | tuple) else "<discovery>"),
    BeforeValidator(
        lambda value: {"discover": "true"} if value == "discover" else value,
        json_schema_input_type=Literal["discover"]
        | DiscoveryConfig
        | Annotated[list[ContextConfig], Field(min_length=1)],
    ),
]


class TargetConfig(Section):
    """A device to poll."""

    foreign_keys: ClassVar[Mapping[str, str]] = {
        "version": "belongs under 'snmp'",
        "community": "belongs under 'snmp'",
        "user": "belongs under 'snmp'",
        "vrf": "belongs under 'contexts'",
    }

    name: Annotated[str, Text("a name of letters, digits and . _ : / @ + -", r"[\w.:/@+-]+", 128)]
    """The `target` label; unique."""
    address: Annotated[str, Address()]
    """Where its agent answers."""
    port: Annotated[int, Whole(1, 65_535)] = 161
    """The UDP port of its agent."""
    snmp: SnmpConfig
    """Version and credentials."""
    contexts: Contexts = (ContextConfig(vrf=GLOBAL_VRF),)
    """The contexts to poll: a list, a mapping, or just `discover`. Absent: the default context only, as `global`."""
    modules: Annotated[tuple[ModuleName, ...], Field(min_length=1)] | None = None
    """The modules to poll, even those that are not enabled. Absent: all that are enabled."""
    labels: Annotated[dict[LabelName, LabelValue], Field(max_length=MAX_LABELS)] = Field(default_factory=dict)
    """What else to say about the target, such as its site; shown on info metrics only."""
    polling: PollingConfig = PollingConfig()
    """What is different for this target, keys as in `polling`."""
    learning: LearningConfig = LearningConfig()
    """What is different for this target, keys as in `learning`."""
    notifications: TargetNotificationsConfig = TargetNotificationsConfig()
    """How its notifications are told from others'."""

    @property
    def vrfs(self) -> tuple[str, ...] | None:
        """The VRFs that are polled; None if they are to be discovered."""
        listed = None if isinstance(self.contexts, DiscoveryConfig) else self.contexts
        return None if listed is None else tuple(context.vrf for context in listed)

    @field_validator("contexts", mode="wrap")
    @classmethod
    def _context_fits_version(cls, value: object, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:  # noqa: ANN401
        contexts = validate_with(repeated(value, "vrf"), value, handler)
        snmp = info.data.get("snmp")
        problems = list(_misfits(contexts, snmp)) if snmp else []
        if problems:
            raise NestedProblemsError(problems)
        return contexts

    @field_validator("labels")
    @classmethod
    def _labels_are_not_ours(cls, labels: dict[str, str]) -> dict[str, str]:
        if taken := RESERVED_LABELS.intersection(labels):
            text = "is a label that every series has already"
            raise NestedProblemsError([Below((label,), text) for label in sorted(taken)])
        return labels


def _misfits(
    contexts: tuple[ContextConfig, ...] | DiscoveryConfig, snmp: CommunityConfig | UsmConfig
) -> Iterator[Below]:
    """Find what contexts say that their SNMP version cannot do, and contexts that are one and the same."""
    usm = isinstance(snmp, UsmConfig)
    if isinstance(contexts, DiscoveryConfig):
        if usm and contexts.community_template:
            yield Below(("community_template",), "belongs to versions 1 and 2c; version 3 needs none")
        if not usm and not contexts.community_template:
            yield Below((), "with versions 1 and 2c, discovery needs 'community_template'")
        return
    seen: dict[object, int] = {}
    for place, context in enumerate(contexts):
        if usm and context.community:
            yield Below((place, "community"), "belongs to versions 1 and 2c; with version 3 use 'context_name'")
        if not usm and context.context_name:
            yield Below((place, "context_name"), "belongs to version 3; with versions 1 and 2c use 'community'")
        first = seen.setdefault(_addressing(context, snmp), place)
        if first != place:
            yield Below((place,), f"polls the same context as item [{first}]")


def _addressing(context: ContextConfig, snmp: CommunityConfig | UsmConfig) -> object:
    if isinstance(snmp, UsmConfig):
        return context.context_name or ""
    return (context.community or snmp.community).reveal()


def repeated(items: object, key: str) -> list[Below]:
    """Find items, mappings or sections, that say the same under a key as one before."""
    problems: list[Below] = []
    seen: dict[str, int] = {}
    for place, item in enumerate(items if isinstance(items, list | tuple) else ()):
        value = item.get(key) if isinstance(item, dict) else getattr(item, key, None)
        if isinstance(value, str) and (first := seen.setdefault(value, place)) != place:
            problems.append(Below((place, key), f"the same as in item [{first}]"))
    return problems


class Config(Section):
    """A whole configuration."""

    http: HttpConfig = HttpConfig()
    """What the daemon serves."""
    log: LogConfig = LogConfig()
    """What the daemon says."""
    polling: PollingConfig = PollingConfig()
    """How targets are polled, unless a target or module says otherwise."""
    modules: dict[ModuleName, ModuleConfig] = Field(default_factory=dict)
    """What is different for single modules, by their names in mibs/modules.yaml."""
    notifications: NotificationsConfig = NotificationsConfig()
    """What devices say by themselves: traps, informs, syslog."""
    targets: Annotated[tuple[TargetConfig, ...], Field(min_length=1)]
    """The devices to poll."""
    state: StateConfig = Field(default_factory=dict, validate_default=True)
    """What is remembered across restarts."""
    learning: LearningConfig = LearningConfig()
    """What becomes of tunnels that no entry of `tunnels` matches."""
    tunnels: tuple[TunnelConfig, ...] = ()
    """What is known of tunnels: names, expectations, labels."""

    _warnings: tuple[Problem, ...] = PrivateAttr(default=())

    @field_validator("targets", mode="wrap")
    @classmethod
    def _names_are_unique(cls, value: object, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:  # noqa: ANN401 - as handed
        targets = validate_with(repeated(value, "name"), value, handler)
        notifications = info.data.get("notifications", NotificationsConfig())
        if problems := list(unsettled_users(notifications.traps, [target.snmp for target in targets])):
            raise NestedProblemsError(problems)
        return targets

    @field_validator("tunnels")
    @classmethod
    def _tunnels_have_places(cls, tunnels: tuple[TunnelConfig, ...], info: ValidationInfo) -> tuple[TunnelConfig, ...]:
        vrfs = {target.name: target.vrfs for target in info.data.get("targets", ())}
        problems = [*(misplaced(tunnels, vrfs) if vrfs else ()), *doubled(tunnels)]
        if problems:
            raise NestedProblemsError(problems)
        return tunnels

    def with_warnings(self, warnings: Iterable[Problem]) -> Self:
        """Give the same configuration with its warnings set."""
        config = self.model_copy()
        config._warnings = tuple(sorted(warnings))  # noqa: SLF001 - its own class
        return config

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What is allowed but weak: to be logged at start and shown by check-config."""
        return self._warnings

    def effective(self, target: TargetConfig, module: str, *, shipped_interval: float | None = None) -> PollingConfig:
        """Settle how one module of one target is polled; `shipped_interval` is what mibs/modules.yaml says of it.

        What the target says counts first, then `modules`, then `polling`. A module that is shipped with an interval of
        its own is polled no more often than that unless `modules` gives it one.
        """
        settled = self.polling.model_dump()
        settled |= self.modules.get(module, ModuleConfig()).model_dump(
            include={"interval", "full_every"}, exclude_none=True
        )
        settled |= target.polling.model_dump(exclude_unset=True)
        if shipped_interval and not self._paces(module):
            settled["interval"] = max(settled["interval"], shipped_interval)
        return PollingConfig.model_construct(**settled)

    def learns(self, target: TargetConfig) -> LearningConfig:
        """Settle what becomes of a target's tunnels that no entry matches: its own `learning`, then the common one."""
        settled = self.learning.model_dump() | target.learning.model_dump(exclude_unset=True)
        return LearningConfig.model_construct(**settled)

    def _paces(self, module: str) -> bool:
        return module in self.modules and self.modules[module].interval is not None

    def modules_of(self, target: TargetConfig, shipped: Sequence[str]) -> tuple[str, ...]:
        """Give the modules to poll of a target: its own list, or all shipped ones that are not disabled."""
        if target.modules is not None:
            return tuple(dict.fromkeys(target.modules))
        return tuple(name for name in shipped if self.modules.get(name, ModuleConfig()).enabled)
