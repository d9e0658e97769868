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
from collector.errors import SourceError
from collector.model import Origin
from collector.schedule import Punctuality, Schedule
from collector.sources.snmp import SnmpEngine
from collector.store import Store
from collector.tables import Tables
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
        async with asyncio.TaskGroup() as tasks, SnmpEngine() as engine, AsyncExitStack() as stack:
            schedule: Schedule[Key] = Schedule(tasks, random=Random())  # noqa: S311 - spreads load, guards nothing
            own = OwnMetrics(
                version=__version__, datagrams=lambda: asdict(engine.stats), refused=lambda: self.store.refused
            )
            own.note_configuration(_digest(self.config), time.time())
            fleet = Fleet(self.config, self.tables, engine, self.store, schedule)
            views = self._views(schedule)
            addresses = await self._listen(stack, views, own, fleet)
            chores = [
                tasks.create_task(chore)
                for chore in (own.watch_loop_lag(), keep_garbage_small(), say_what_is_hidden(views))
            ]
            schedule.start()
            fleet.watch_all()
            _log.info("watching", targets=len(self.config.targets), polls=len(fleet.watches), listen=_shown(addresses))
            on_listening(addresses)
            try:
                await stop.wait()
            finally:
                _log.info("stopping")
                for chore in chores:
                    chore.cancel()
                await schedule.stop()

    def _views(self, schedule: Schedule[Key]) -> Views:
        views = Views(self.store, lambda: _punctualities(schedule))
        targets = self.config.targets
        views.configure(
            target_labels={target.name: target.labels for target in targets},
            max_rows={target.name: self.config.effective(target, "").max_tunnels for target in targets},
        )
        return views

    async def _listen(self, stack: AsyncExitStack, views: Views, own: OwnMetrics, fleet: Fleet) -> Addresses:
        app = create_app(self.store, views, own, waiting=fleet.waiting)
        wanted = [(address.host, address.port) for address in self.config.http.listen]
        try:
            return await stack.enter_async_context(serve(app, wanted))
        except OSError as error:
            raise SourceError(f"listening on {_shown(wanted)}: {error.strerror or error}") from None


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
