"""What is to be exposed, ready to be written: rows of every context with their label blocks.

A view is made once per poll of its context, in steps of a few milliseconds, and never changed: a scrape that holds
views writes one moment of each context, whatever is polled meanwhile.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from collector.model import Origin
from collector.store import ContextKey, PollRecord, Store
from collector.tunnels import Rows, Steps, TrackedTunnels, sort_rows
from exporters.families import Subject
from exporters.families.daemon import POLL, POLL_FAULT, SCHEDULE, SHOWN, TARGET
from exporters.families.tallies import GAPS, STATES, UNIDENTIFIED
from exporters.families.tunnel import IKE, TUNNEL
from exporters.groups import Group, Groups, make_group, shown_group, target_group
from exporters.labels import LabelBlocks
from exporters.routing_rows import routing_rows
from exporters.rows import Told, context_rows
from exporters.schedule_rows import Punctuality, schedule_rows

MAX_ROWS = 20_000
"""Rows of one subject and target that are exposed, unless the configuration says otherwise."""
ROWS_PER_STEP = 250
"""Rows that are forgotten between two steps."""
UNLIMITED = frozenset(
    subject.name for subject in (POLL, POLL_FAULT, SCHEDULE, SHOWN, TARGET, STATES, GAPS, UNIDENTIFIED)
)
"""Subjects whose number of rows is not up to the target."""


class TrackedSource(Protocol):
    """Tells what is known of the tunnels of one context."""

    @property
    def version(self) -> object:
        """Another object whenever anything in it has changed."""

    def steps(self, limit: int) -> Steps[TrackedTunnels]:
        """Return the tunnels, at most `limit` on either level, in steps."""


Tracking = Callable[[ContextKey], TrackedSource | None]
"""Gives what is known of the tunnels of a context; None where nobody follows them."""


def nothing_tracked(_: ContextKey) -> None:
    """Know of no tunnel."""


class View(NamedTuple):
    """What is exposed of one context, or of the routing sessions of one VRF, or of a target."""

    key: ContextKey
    groups: Groups

    def rows(self, subject: Subject) -> Sequence[Any]:
        """Return the exposed rows of a subject."""
        group = self.groups.get(subject.name)
        return group.rows if group else ()


class _Made(NamedTuple):
    """A view as it was made, and what to make the next one of."""

    made_of: tuple[object, ...]
    """While these are the same objects, so is the view."""
    view: View
    blocks: LabelBlocks
    tables: Sequence[Rows]
    largest: int
    """Rows of its largest group."""
    records: Sequence[PollRecord] = ()
    """What `tables` are the rows of."""


class Views:
    """Keeps a view of everything in a store; `refresh` brings them up to date.

    Args:
        store: what was polled.
        tracked: what is known of tunnels; of contexts that the store knows.
        punctualities: gives how punctual polls are.
    """

    def __init__(
        self,
        store: Store,
        tracked: Tracking = nothing_tracked,
        punctualities: Callable[[], Mapping[Origin, Punctuality]] = dict[Origin, Punctuality],
    ) -> None:
        self._store = store
        self._tracked = tracked
        self._punctualities = punctualities
        self._schedule_blocks = LabelBlocks(())
        self._contexts: dict[ContextKey, _Made] = {}
        self._routing: dict[str, dict[ContextKey, _Made]] = {}
        self._target_labels: Mapping[str, Mapping[str, str]] = {}
        self._max_rows: Mapping[str, int] = {}
        self.current: tuple[View, ...] = ()
        """All views as of the last refresh."""

    def configure(self, *, target_labels: Mapping[str, Mapping[str, str]], max_rows: Mapping[str, int]) -> None:
        """Take what a configuration says of targets.

        Args:
            target_labels: labels for each target's info.
            max_rows: most rows of one subject (tunnels, IKE tunnels, crypto maps, …) of a target, where not `MAX_ROWS`.
        """
        self._target_labels, self._max_rows = target_labels, max_rows

    def refresh(self) -> Iterator[None]:
        """Bring `current` up to date, pausing every few milliseconds; abandoned, it leaves `current` as it was."""
        records = self._store.contexts()
        contexts: dict[ContextKey, _Made] = {}
        routing: dict[str, dict[ContextKey, _Made]] = {}
        current: list[View] = []
        for target, keys in _by_target(records).items():
            limit = self._max_rows.get(target, MAX_ROWS)
            for key in keys:
                contexts[key] = self._contexts[key] = yield from self._refresh_context(key, records[key], limit)
            of_target = {key: contexts[key] for key in keys}
            routing[target] = yield from self._refresh_routing(target, of_target, limit)
            current += _within([*of_target.values(), *routing[target].values()], limit)
            labels = self._target_labels.get(target, {})
            current.append(View(ContextKey(target, ""), {TARGET.name: target_group(target, labels)}))
            yield
        rows = schedule_rows(self._punctualities())
        current.append((yield from _make_view(ContextKey("", ""), [(SCHEDULE, rows)], self._schedule_blocks, 0, {})))
        self._contexts, self._routing = contexts, routing
        still = set(map(id, current))
        gone = [view for view in self.current if id(view) not in still]
        self.current = tuple(current)
        yield from _let_go(gone)

    def _refresh_context(self, key: ContextKey, records: Iterable[PollRecord], limit: int) -> Steps[_Made]:
        known = self._contexts.get(key)
        tracked = self._tracked(key)
        made_of = (*records, limit, tracked and tracked.version)
        if known and _same(known.made_of, made_of):
            return known
        ordered = sorted(records, key=lambda record: (record.snapshot.origin.source, record.snapshot.origin.module))
        tables = yield from _sort_new(ordered, known)
        tunnels = (yield from tracked.steps(limit)) if tracked else None
        hidden = {TUNNEL.name: tunnels.children_over_limit, IKE.name: tunnels.ikes_over_limit} if tunnels else {}
        blocks = known.blocks if known else LabelBlocks(key._asdict().items())
        view = yield from _make_view(key, context_rows(tables, tunnels, ordered), blocks, limit, hidden)
        return _Made(made_of, view, blocks, tables, _largest(view), ordered)

    def _refresh_routing(
        self, target: str, contexts: Mapping[ContextKey, _Made], limit: int
    ) -> Steps[dict[ContextKey, _Made]]:
        known = self._routing.get(target, {})
        made_of = (*(made.tables for made in contexts.values()), limit)
        if known and all(_same(made.made_of, made_of) for made in known.values()):
            return known
        result: dict[ContextKey, _Made] = {}
        by_vrf = yield from routing_rows({key.vrf: made.tables for key, made in contexts.items()})
        for vrf, told in by_vrf.items():
            key = ContextKey(target, vrf)
            blocks = known[key].blocks if key in known else LabelBlocks(key._asdict().items())
            view = yield from _make_view(key, told, blocks, limit, {})
            result[key] = _Made(made_of, view, blocks, (), _largest(view))
        return result


def _sort_new(records: Sequence[PollRecord], known: _Made | None) -> Steps[Sequence[Rows]]:
    """Sort the rows of records by their kind, those that are not sorted yet; the same object if all are."""
    if known and _same(tuple(known.records), tuple(records)):
        return known.tables
    sorted_before = (
        {id(record): rows for record, rows in zip(known.records, known.tables, strict=True)} if known else {}
    )
    tables: list[Rows] = []
    for record in records:
        rows = sorted_before.get(id(record))
        tables.append((yield from sort_rows(record.snapshot)) if rows is None else rows)
    return tables


def _let_go(views: list[View]) -> Iterator[None]:
    """Forget views in steps: a hub of 10,000 tunnels is a million objects, and to free them at once would take long."""
    rows = [row for view in views for group in view.groups.values() for row in group.rows]
    views.clear()
    while rows:
        del rows[-ROWS_PER_STEP:]
        yield


def _by_target(records: Iterable[ContextKey]) -> dict[str, list[ContextKey]]:
    targets: dict[str, list[ContextKey]] = {}
    for key in sorted(records):
        targets.setdefault(key.target, []).append(key)
    return targets


def _same(before: tuple[object, ...], now: tuple[object, ...]) -> bool:
    """Whether nothing was replaced: by identity, because to compare whole snapshots would cost more than a view."""
    return len(before) == len(now) and all(
        a is b or (isinstance(a, int) and a == b) for a, b in zip(before, now, strict=True)
    )


def _make_view(
    key: ContextKey,
    told: Iterable[Told | None],
    blocks: LabelBlocks,
    limit: int,
    hidden: Mapping[str, int],
) -> Steps[View]:
    groups: dict[str, Group] = {}
    for each in told:
        yield
        if each is not None and each[1]:
            subject, rows = each
            most = len(rows) if subject.name in UNLIMITED else limit
            over = hidden.get(subject.name, 0)
            groups[subject.name] = yield from make_group(subject, rows, blocks, limit=most, over=over)
    blocks.forget_unused()
    return View(key, {**groups, SHOWN.name: shown_group(key, groups)})


def _largest(view: View) -> int:
    return max(len(group.rows) for group in view.groups.values())


def _within(made: Sequence[_Made], limit: int) -> list[View]:
    """Leave out what the views of one target have beyond `limit` rows of one subject, and tell how many those are."""
    views = [one.view for one in made]
    if sum(one.largest for one in made) <= limit:
        return views
    room: dict[str, int] = {}
    return [_clipped(view, room, limit) for view in views]


def _clipped(view: View, room: dict[str, int], limit: int) -> View:
    groups = dict(view.groups)
    for name in groups.keys() - UNLIMITED:
        left = room.get(name, limit)
        room[name] = left - min(left, len(groups[name].rows))
        groups[name] = groups[name].clipped(left)
    return View(view.key, {**groups, SHOWN.name: shown_group(view.key, groups)})
