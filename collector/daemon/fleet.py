"""Which origins are watched: configured contexts and modules of every target, and discovered ones as they come."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import structlog

from collector.config import Config, PollingConfig, TargetConfig
from collector.daemon.discovery import discover_contexts
from collector.daemon.targets import DEFAULT_CONTEXT, configured_contexts, discovered_contexts, snmp_target
from collector.daemon.tracking import Tracking
from collector.daemon.watch import Watch
from collector.errors import SourceError
from collector.interpret.plan import PollMemory
from collector.model import GLOBAL_VRF, Origin
from collector.schedule import Schedule
from collector.sources.snmp import SnmpContext, SnmpEngine
from collector.store import Store
from collector.tables import Module, Tables
from collector.tunnels import ModuleKey

_log = structlog.stdlib.get_logger()

DISCOVERY_EVERY = 10
"""How many polling intervals lie between two discoveries of contexts, once one has succeeded."""


@dataclass(frozen=True, slots=True)
class Discovery:
    """The key under which the discovery of a target's contexts is scheduled."""

    target: str


Key: TypeAlias = Origin | Discovery


@dataclass(slots=True)
class Fleet:
    """Everything that is scheduled, by origin."""

    config: Config
    tables: Tables
    engine: SnmpEngine
    store: Store
    schedule: Schedule[Key]
    tracking: Tracking
    watches: dict[Origin, Watch] = field(default_factory=dict)
    on_watched: Callable[[], None] = lambda: None
    """Is told when other contexts are watched than before."""
    _origins: dict[str, dict[str, list[Origin]]] = field(default_factory=dict)
    """Those of `watches` by target and module."""
    _countdowns: dict[str, int] = field(default_factory=dict)
    _undiscovered: set[str] = field(default_factory=set)
    _unasked: set[str] = field(default_factory=set)

    def watch_all(self) -> None:
        """Schedule every target of the configuration."""
        for target in self.config.targets:
            contexts = configured_contexts(target)
            if contexts is None:
                self._schedule_discovery(target)
            else:
                self._watch(target, contexts)
        self.store.configure(self.watches)

    def waiting(self) -> str | None:
        """Return whose contexts nobody has asked for yet; None once each was asked at least once."""
        waiting = self._unasked
        return f"waiting to discover the contexts of {', '.join(sorted(waiting))}" if waiting else None

    def _watch(self, target: TargetConfig, contexts: Iterable[SnmpContext]) -> None:
        """Watch these contexts of a target, all of its modules in each, and no others."""
        wanted = {
            Origin(target=target.name, vrf=context.vrf, source="snmp", module=module.name): (context, module)
            for module in self._modules(target)
            for context in _contexts_of(module, contexts)
        }
        for origin, watch in list(self.watches.items()):
            if origin.target == target.name and (origin not in wanted or wanted[origin][0] != watch.context):
                self.schedule.remove(origin)
                del self.watches[origin]
        added = {origin: place for origin, place in wanted.items() if origin not in self.watches}
        self.watches |= {origin: self._watch_of(target, origin, *place) for origin, place in added.items()}
        self._origins[target.name] = _by_module(each for each in self.watches if each.target == target.name)
        self._tell_what_is_polled(target.name)
        self.on_watched()
        for origin in added:
            polling = self._polling(target, self.watches[origin].module)
            self.schedule.add(origin, self.watches[origin].poll, **_rhythm(polling))

    def _tell_what_is_polled(self, target: str) -> None:
        """Tell tracking which modules it may wait for."""
        polled: dict[tuple[str, str], set[ModuleKey]] = {}
        for origin in self.watches:
            if origin.target == target:
                polled.setdefault((target, origin.vrf), set()).add((origin.source, origin.module))
        for key in [key for key in self.tracking.polled if key[0] == target]:
            del self.tracking.polled[key]
        self.tracking.polled.update({key: frozenset(modules) for key, modules in polled.items()})

    def contexts(self) -> dict[str, set[SnmpContext]]:
        """Return the contexts that are watched, by target."""
        found: dict[str, set[SnmpContext]] = {}
        for origin, watch in self.watches.items():
            found.setdefault(origin.target, set()).add(watch.context)
        return found

    def origins_of(self, target: str, module: str) -> Sequence[Origin]:
        """Return where a module of a target is watched."""
        return self._origins.get(target, {}).get(module, ())

    def look(self, origin: Origin) -> None:
        """Poll an origin now, if it is watched."""
        if origin in self.schedule:
            self.schedule.poll_now(origin)

    def read_all_of(self, target: str) -> None:
        """Read everything of a target at the next polls: it has restarted."""
        for origin, watch in self.watches.items():
            if origin.target == target:
                watch.forget()

    def _modules(self, target: TargetConfig) -> list[Module]:
        names = self.config.modules_of(target, self.tables.scheduled())
        return [self.tables.modules[name] for name in names]

    def _polling(self, target: TargetConfig, module: Module) -> PollingConfig:
        return self.config.effective(target, module.name, shipped_interval=module.interval_seconds)

    def _watch_of(self, target: TargetConfig, origin: Origin, context: SnmpContext, module: Module) -> Watch:
        polling = self._polling(target, module)
        return Watch(
            origin=origin,
            target=snmp_target(target, polling),
            context=context,
            module=module,
            memory=PollMemory(full_every=polling.full_every),
            engine=self.engine,
            store=self.store,
            take_in=self.tracking.take_in,
            take_in_rows=self.tracking.take_in_rows,
            tells_of_tunnels=self.tracking.goes_by((origin.source, origin.module)),
        )

    def _schedule_discovery(self, target: TargetConfig) -> None:
        self._watch(target, discovered_contexts(target, ()))
        self._unasked.add(target.name)
        polling = self.config.effective(target, "")
        self.schedule.add(Discovery(target.name), lambda: self._discover(target), **_rhythm(polling))

    async def _discover(self, target: TargetConfig) -> None:
        """Ask a target for its contexts, soon again while that fails, rarely once it has succeeded."""
        if (countdown := self._countdowns.get(target.name, 0)) > 0:
            self._countdowns[target.name] = countdown - 1
            return
        agent = snmp_target(target, self.config.effective(target, ""))
        try:
            found = await discover_contexts(self.engine, agent, self.tables)
        except SourceError as error:
            self._unasked.discard(target.name)
            if target.name not in self._undiscovered:
                _log.warning("discovery_failed", target=target.name, error=str(error))
            self._undiscovered.add(target.name)
            return
        except Exception:  # noqa: BLE001 - as in Watch.poll: a defect in one target must not stop the others
            self._unasked.discard(target.name)
            _log.exception("discovery_defect", target=target.name)
            return
        self._undiscovered.discard(target.name)
        contexts = discovered_contexts(target, found)
        self._countdowns[target.name] = DISCOVERY_EVERY - 1
        _log.info("contexts_discovered", target=target.name, vrfs=[context.vrf for context in contexts])
        self._watch(target, contexts)
        self.store.configure(self.watches)
        self._unasked.discard(target.name)


def _by_module(origins: Iterable[Origin]) -> dict[str, list[Origin]]:
    found: dict[str, list[Origin]] = {}
    for origin in origins:
        found.setdefault(origin.module, []).append(origin)
    return found


def _contexts_of(module: Module, contexts: Iterable[SnmpContext]) -> Sequence[SnmpContext]:
    """Return the contexts that a module is polled in: only the default one if it is about the whole device."""
    if module.contexts == "each":
        return tuple(contexts)
    listed = next((context for context in contexts if context.vrf == GLOBAL_VRF), DEFAULT_CONTEXT)
    return (listed,)


def _rhythm(polling: PollingConfig) -> dict[str, float]:
    return {"interval": polling.interval, "jitter": polling.jitter * polling.interval}
