"""The daemon: sources on one side, exporters on the other, the store between them."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict
from hashlib import sha256
from random import Random

import structlog

from collector import __version__
from collector.config import Config, ListenAddress
from collector.daemon.fleet import Fleet, Key
from collector.daemon.garbage import keep_garbage_small
from collector.daemon.hearing import Hearing
from collector.daemon.listening import default_vrfs, senders_of
from collector.daemon.lookout import Lookout
from collector.daemon.notifying import Notifying
from collector.daemon.record import Record, keeping, ledger_place, retention_of
from collector.daemon.rules import rules_of
from collector.daemon.tracking import Tracking, plan_of
from collector.errors import SourceError
from collector.ledger import Request
from collector.ledger.query_answers import Questions
from collector.model import GLOBAL_VRF, Origin
from collector.schedule import Punctuality, Schedule
from collector.sources.snmp import SnmpEngine
from collector.store import Store
from collector.tables import Tables
from collector.tunnels import ModuleKey, Wanted
from exporters.families.daemon import SHOWN
from exporters.http import create_app, serve
from exporters.own import OwnMetrics
from exporters.views import Views

_log = structlog.stdlib.get_logger()

HIDDEN_EVERY_SECONDS = 5.0
"""How often it is looked whether rows are over a target's limit."""

Addresses = Sequence[tuple[str, int]]


class Daemon:
    """Polls what a configuration names and answers for it, until it is told to stop."""

    def __init__(self, config: Config, tables: Tables) -> None:
        self.config = config
        self.tables = tables
        self.store = Store()

    async def run(self, stop: asyncio.Event, *, on_listening: Callable[[Addresses], None] = lambda _: None) -> None:
        """Poll and answer until `stop` is set, then leave no task, socket or timer behind.

        Args:
            stop: what ends it.
            on_listening: told once where it answers.

        Raises: SourceError if it cannot listen where it should.
        """
        try:
            await self._run(stop, on_listening)
        except BaseExceptionGroup as group:
            # Nothing but the daemon's own tasks is in its task group, and those that it expects to fail fail alone.
            if isinstance(only := group.exceptions[0], SourceError) and len(group.exceptions) == 1:
                raise only from None
            raise

    async def _run(self, stop: asyncio.Event, on_listening: Callable[[Addresses], None]) -> None:
        requests: asyncio.Queue[Request] = asyncio.Queue()
        async with (
            keeping(ledger_place(self.config), retention_of(self.config), requests.put_nowait) as record,
            asyncio.TaskGroup() as tasks,
            SnmpEngine() as engine,
            AsyncExitStack() as stack,
        ):
            schedule: Schedule[Key] = Schedule(tasks, random=Random())  # noqa: S311 - spreads load, guards nothing
            tracking = self._tracking(record)
            fleet = Fleet(self.config, self.tables, engine, self.store, schedule, tracking)
            tracking.look, tracking.on_restart = fleet.look, fleet.read_all_of
            own = self._own(engine, record)
            hearing = self._hearing(fleet, tasks, own, record)
            views = self._views(schedule, tracking)
            addresses = await self._listen(stack, views, own, fleet, record)
            ports = await hearing.open(stack)
            chores = [
                tasks.create_task(chore)
                for chore in (
                    own.watch_loop_lag(),
                    keep_garbage_small(),
                    say_what_is_hidden(views),
                    tracking.keep_time(),
                    hearing.keep_addresses(),
                    answer_requests(requests, tracking, record),
                )
            ]
            schedule.start()
            fleet.watch_all()
            _log.info(
                "watching",
                targets=len(self.config.targets),
                polls=len(fleet.watches),
                listen=_shown(addresses),
                notifications=[str(each) for each in ports],
                ledger=record.ledger.name,
            )
            on_listening(addresses)
            try:
                await stop.wait()
            finally:
                _log.info("stopping")
                hearing.notifying.lookout.close()
                for chore in chores:
                    chore.cancel()
                await schedule.stop()
                await tracking.checkpoint()

    def _tracking(self, record: Record) -> Tracking:
        polled: dict[tuple[str, str], frozenset[ModuleKey]] = {}
        plan = plan_of(
            self.tables, rules_of(self.config), polled=polled, checkpoint_seconds=self.config.state.checkpoint
        )
        tracking = Tracking(plan, polled, record.writer.submit)
        tracking.recall(record.memories, (target.name for target in self.config.targets), time.time())
        return tracking

    def _hearing(self, fleet: Fleet, tasks: asyncio.TaskGroup, own: OwnMetrics, record: Record) -> Hearing:
        notifying = Notifying(
            tables=self.tables,
            fleet=fleet,
            tracking=fleet.tracking,
            lookout=Lookout(fleet, tasks, own.notification_to_state.observe),
            senders=senders_of(self.config, {}, {}),
            default_vrfs=default_vrfs(self.config, {}),
            submit=record.writer.submit_events,
        )
        hearing = Hearing(config=self.config, notifying=notifying)
        fleet.on_watched = hearing.refresh
        fleet.tracking.on_step = notifying.compare
        own.tell_notifications(hearing.heard)
        return hearing

    def _own(self, engine: SnmpEngine, record: Record) -> OwnMetrics:
        own = OwnMetrics(
            version=__version__,
            datagrams=lambda: asdict(engine.stats),
            refused=lambda: self.store.refused,
            ledger=lambda: asdict(record.writer.stats),
        )
        own.note_configuration(_digest(self.config), time.time())
        return own

    def _views(self, schedule: Schedule[Key], tracking: Tracking) -> Views:
        views = Views(self.store, tracking.source, lambda: _punctualities(schedule))
        targets = self.config.targets
        views.configure(
            target_labels={target.name: target.labels for target in targets},
            max_rows={target.name: self.config.effective(target, "").max_tunnels for target in targets},
        )
        return views

    async def _listen(
        self, stack: AsyncExitStack, views: Views, own: OwnMetrics, fleet: Fleet, record: Record
    ) -> Addresses:
        app = create_app(self.store, views, own, ledger=Questions(record.ledger), waiting=fleet.waiting)
        wanted = [(address.host, address.port) for address in self.config.http.listen]
        try:
            return await stack.enter_async_context(serve(app, wanted))
        except OSError as error:
            raise SourceError(f"listening on {_shown(wanted)}: {error.strerror or error}") from None


async def answer_requests(requests: asyncio.Queue[Request], tracking: Tracking, record: Record) -> None:
    """Do what the command line asks for, one request after the other, until cancelled."""
    while True:
        request = await requests.get()
        _log.info("request", kind=request.kind, asked=dict(request.argument))
        try:
            answer = await _answered(request, tracking)
        except Exception:  # noqa: BLE001 - a defect in what is asked for seldom must not stop the polls
            _log.exception("request_defect", kind=request.kind)
            answer = "a defect of the daemon; its log tells more"
        record.writer.answer(request.id, answer)


async def _answered(request: Request, tracking: Tracking) -> str:
    # Whoever may write the ledger may write anything.
    asked = {name: said for name, said in request.argument.items() if isinstance(said, str)}
    if request.kind != "forget":
        return f"this daemon does not know the request {request.kind!r}"
    level = asked.get("level")
    wanted = Wanted(
        asked.get("vrf") or GLOBAL_VRF,
        asked.get("tunnel") or "",
        asked.get("peer"),
        None if level is None else "ike" if level == "ike" else "child",
    )
    return await tracking.forget(asked.get("target") or "", wanted)


async def say_what_is_hidden(views: Views) -> None:
    """Say once of each context and kind that rows of it are over the target's limit, until cancelled."""
    said: set[tuple[str, str, str]] = set()
    while True:
        for view in views.current:
            for row in view.rows(SHOWN):
                what = (*view.key, row.kind)
                if row.over and what not in said:
                    said.add(what)
                    _log.warning("rows_over_limit", target=what[0], vrf=what[1], kind=what[2], hidden=row.over)
        await asyncio.sleep(HIDDEN_EVERY_SECONDS)


def _punctualities(schedule: Schedule[Key]) -> Mapping[Origin, Punctuality]:
    return {key: schedule.punctuality(key) for key in schedule if isinstance(key, Origin)}


def _digest(config: Config) -> str:
    """Return a hash of what is configured; secrets are masked in it."""
    return sha256(config.model_dump_json().encode()).hexdigest()


def _shown(addresses: Addresses) -> str:
    return ", ".join(str(ListenAddress(*address)) for address in addresses)
