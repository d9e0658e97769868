"""What merely goes on: rows whose counters advanced and nothing else, which are most of them at most polls.

This is what tracking costs per poll. So such rows are compared with what they were, and nothing is made of them: what
is known of their tunnels stays as it was when something last happened in them, and is brought up to date when needed.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias, cast

from collector.model import COUNTED, Endpoint, Level
from collector.tunnels.counting import read
from collector.tunnels.join import ROWS_PER_STEP, Steps
from collector.tunnels.merge import last_arc
from collector.tunnels.names import selectors_told
from collector.tunnels.track_rows import TOLERANCE, Poll, is_nobody
from collector.tunnels.track_state import LIVE, Followed, Key, Selectors
from collector.tunnels.track_work import Work
from collector.tunnels.tunnel import ChildTunnel, IkeTunnel

_GoesOn: TypeAlias = Callable[[Any, Any, float], bool]

_IDENTIFYING: dict[Level, tuple[str, ...]] = {
    "child": ("local_address", "remote_address", "ike_index"),
    "ike": ("local_address", "remote_address", "local_identity", "remote_identity"),
}
"""What a row says of whose it is."""


def _written(level: Level) -> _GoesOn:
    """Write out what compares two rows, as dataclasses write out their methods: a loop over names takes twice as long.

    It tells whether a row is the session that it was, and no counter fell, came or went. Most clocks agree to the
    second; whatever does not is looked at closely.
    """
    same = (f" if before.{name} != now.{name}: return False" for name in _IDENTIFYING[level])
    rising = (
        f" b = before.{name}; n = now.{name}\n if b is not n and (b is None or n is None or n < b): return False"
        for name in COUNTED[level]
    )
    active = (
        " b = before.active_seconds; n = now.active_seconds",
        " if b is None or n is None: return b is n",
        f" return {-TOLERANCE} <= b + elapsed - n <= {TOLERANCE}",
    )
    scope: dict[str, object] = {}
    exec("\n".join(("def goes_on(before, now, elapsed):", *same, *rising, *active)), scope)  # noqa: S102 - our own names
    return cast("_GoesOn", scope["goes_on"])


_GOES_ON: dict[Level, _GoesOn] = {level: _written(level) for level in COUNTED}


class News(NamedTuple):
    """How rows are now."""

    kept: dict[str, Any]
    """Those that merely went on, by index."""
    rest: list[Any]
    """Those in which something may have happened."""
    touched: set[Key]
    """Tunnels whose row is among the rest, or is gone."""
    selectors: tuple[Selectors, ...]
    """What all modules tell of them."""

    def move(self, followed: Followed, indexes: Iterable[str]) -> None:
        """Look closely at rows that were kept, too."""
        for index in indexes:
            self.rest.append(self.kept.pop(index))
            if owner := followed.owners[index]:
                self.touched.add(owner)


def can_go_by(followed: Followed, poll: Poll) -> bool:
    """Whether rows may be compared with what was followed: the same tables tell of them, since the same start."""
    there = (followed.module, followed.answering) == (poll.module, poll.answering)
    return there and (poll.boot_at is None or followed.taken_at >= poll.boot_at)


def look_for_news(work: Work, level: Level, followed: Followed, poll: Poll) -> Steps[News]:
    """Compare the rows that a poll lists with what they were."""
    rows = work.modules[poll.module].rows.get(LIVE[level], ())
    before, goes_on, elapsed = followed.rows, _GOES_ON[level], poll.taken_at - followed.taken_at
    kept: dict[str, Any] = {}
    rest: list[Any] = []
    for start in range(0, len(rows), ROWS_PER_STEP):
        for row in rows[start : start + ROWS_PER_STEP]:
            index = row.index
            was = before.get(index)
            if was is not None and goes_on(was, row, elapsed):
                kept[index] = row
            else:
                rest.append(row)
        yield
    selectors = yield from read_selectors(work, level, poll, followed.selectors)
    touched = set[Key]()
    if len(kept) < len(before):
        touched = {owner for index, owner in followed.owners.items() if owner and index not in kept}
    news = News(kept, rest, touched, selectors)
    if level == "child":
        news.move(followed, _otherwise_joined(work, followed, news))
    return news


def _otherwise_joined(work: Work, followed: Followed, news: News) -> set[str]:
    """Return the rows that are as they were, but whose selectors or whose IKE SA are others now."""
    arcs: set[int | None] = set()
    for before, now in zip(followed.selectors, news.selectors, strict=True):
        if before.told != now.told:
            arcs |= {one[0] for one in set(before.told) ^ set(now.told)}
    found = {index for index in news.kept if last_arc(index) in arcs} if arcs else set[str]()
    if remade := work.remade:
        found |= {
            index
            for index, row in news.kept.items()
            if row.ike_index in remade or (row.local_address, row.remote_address) in remade
        }
    return found


def read_selectors(
    work: Work, level: Level, poll: Poll, before: Sequence[Selectors] = ()
) -> Steps[tuple[Selectors, ...]]:
    """Return the selectors that modules tell; IKE SAs have none."""
    if level == "ike":
        return ()
    read_now: list[Selectors] = []
    for at, key in enumerate(poll.answering):
        rows = work.modules[key].rows.get(Endpoint, ())
        if before and before[at].rows is rows:
            read_now.append(before[at])
            continue
        told: list[tuple[Any, ...]] = []
        for start in range(0, len(rows), ROWS_PER_STEP * 4):
            told += map(selectors_told, rows[start : start + ROWS_PER_STEP * 4])
            yield
        read_now.append(Selectors(rows, told))
    return tuple(read_now)


def note_remade(work: Work, followed: Followed, news: News) -> None:
    """Note the IKE SAs that came, went or changed: CHILD SAs may be named after them."""
    gone = (row for index, row in followed.rows.items() if index not in news.kept)
    for row in (*news.rest, *gone):
        work.remade |= {last_arc(row.index), (row.local_address, row.remote_address)}


def follow_on(
    work: Work,
    level: Level,
    found: Sequence[ChildTunnel | IkeTunnel],
    poll: Poll,
    news: News,
) -> Steps[None]:
    """Follow from now on what was kept, and those of the tunnels that were `found` in which all is settled."""
    before, rows = work.followed_of(level), news.kept
    if before and not found and before.rows.keys() == rows.keys():
        work.follow(level, before._replace(taken_at=poll.taken_at, rows=rows, selectors=news.selectors))
        return
    owners = {index: owner for index, owner in before.owners.items() if index in rows} if before else {}
    rows = {index: row for index, row in rows.items() if index in owners}
    for number, tunnel in enumerate(found, 1):
        if _is_settled(work, level, tunnel, poll):
            key, row = (tunnel.name, tunnel.peer), tunnel.members[0].row
            rows[row.index], owners[row.index] = row, key if key in work.tunnels[level] else None
        if not number % ROWS_PER_STEP:
            yield
    indexes = {owner: index for index, owner in owners.items() if owner}
    work.follow(level, Followed(poll.module, poll.answering, poll.taken_at, rows, owners, indexes, news.selectors))


def _is_settled(work: Work, level: Level, tunnel: ChildTunnel | IkeTunnel, poll: Poll) -> bool:
    """Whether a tunnel is what its only row says, as of this poll; or is only shown while that row is there."""
    table, arc, row = tunnel.members[0]
    if len(tunnel.members) > 1 or poll.answering[table] != poll.module or is_nobody(tunnel.identity):
        return False
    tracked = work.tunnels[level].get((tunnel.name, tunnel.peer))
    if tracked is None:
        return not tunnel.named.tracked
    if len(tracked.live) != 1 or tracked.known.state != "up":
        return False
    (one,) = tracked.live
    there = (one.module, one.arc, one.seen_at, one.active) == (poll.module, arc, poll.taken_at, row.active_seconds)
    return there and one.reading == read(level, row)
