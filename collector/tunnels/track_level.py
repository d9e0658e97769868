"""From the rows that a poll lists to the tunnels of one level: all, or only those in which something happened."""

from collections.abc import Mapping, Sequence
from typing import Any

from collector.model import ChildSa, Endpoint, Entity, IkeSa, Level
from collector.tunnels.identify import identifying_children, identifying_ikes
from collector.tunnels.join import Rows, Steps
from collector.tunnels.merge import last_arc
from collector.tunnels.track_followed import News, can_go_by, follow_on, look_for_news, note_remade, read_selectors
from collector.tunnels.track_live import follow
from collector.tunnels.track_rows import Poll, recall_rows
from collector.tunnels.track_state import LIVE, Followed, Key
from collector.tunnels.track_work import Work
from collector.tunnels.tunnel import ChildTunnel, IkeTunnel

_MOST_REMADE = 5_000
"""IKE SAs that are remembered as others than before; with more, all CHILD SAs are looked at again."""


def follow_level(work: Work, level: Level, poll: Poll) -> Steps[None]:
    """Follow all tunnels of a level in what all modules list that answer."""
    listing = [key for key in poll.answering if LIVE[level] in work.modules[key].kinds]
    work.over_limit[level] = 0
    followed = work.followed_of(level)
    if followed and listing == [poll.module] and can_go_by(followed, poll):
        yield from _follow_news(work, level, followed, poll)
    else:
        yield from _follow_all(work, level, poll, alone=listing == [poll.module])
    if level == "child":
        work.remade = set()
    elif len(work.remade) > _MOST_REMADE:
        _look_at_all_children(work)


def _follow_all(work: Work, level: Level, poll: Poll, *, alone: bool) -> Steps[None]:
    """Look at all rows; if one module lists them `alone`, go by that from now on."""
    yield from work.refreshing(level)
    work.follow(level, None)
    selectors = yield from read_selectors(work, level, poll)
    live = frozenset(work.live[level])
    found = yield from _identified(work, level, poll, live, {})
    yield from follow(work, level, found, poll, live)
    if alone:
        yield from follow_on(work, level, found, poll, News({}, [], set(), selectors))
    if level == "ike" and work.plan.rules.asks_for_ike:
        _look_at_all_children(work)


def _look_at_all_children(work: Work) -> None:
    """Look at all CHILD SAs at the next poll: any may be named after another IKE SA."""
    work.remade = set()
    if followed := work.followed_of("child"):
        work.follow("child", followed._replace(answering=()))


def _follow_news(work: Work, level: Level, followed: Followed, poll: Poll) -> Steps[None]:
    """Look at the rows in which something may have happened, and at all others of their tunnels."""
    news = yield from look_for_news(work, level, followed, poll)
    found = yield from follow_closely(work, level, followed, poll, news)
    yield from follow_on(work, level, found, poll, news)


def follow_closely(
    work: Work, level: Level, followed: Followed, poll: Poll, news: News
) -> Steps[Sequence[ChildTunnel | IkeTunnel]]:
    """Follow the tunnels of the rows in which something may have happened; return them."""
    if level == "ike" and work.plan.rules.asks_for_ike:
        note_remade(work, followed, news)
    found: Sequence[ChildTunnel | IkeTunnel] = ()
    again = bool(news.rest)
    while again:
        yield from work.refreshing(level, news.touched)
        live = _left_over(work, level, followed, news)
        found = yield from _identified(work, level, poll, live, {LIVE[level]: news.rest})
        named = (followed.indexes.get((tunnel.name, tunnel.peer)) for tunnel in found)
        joined = {index for index in named if index in news.kept}
        news.move(followed, joined)
        again = bool(joined)
    yield from work.refreshing(level, news.touched)
    yield from follow(work, level, found, poll, _left_over(work, level, followed, news))
    return found


def _left_over(work: Work, level: Level, followed: Followed, news: News) -> frozenset[Key]:
    """Return the tunnels that had a live session whose row does not merely go on."""
    live = work.live[level]
    if len(live) == len(followed.indexes):
        # All that is followed lives: there is nothing else.
        return frozenset(news.touched)
    return frozenset(live - followed.indexes.keys() | news.touched)


def _identified(
    work: Work,
    level: Level,
    poll: Poll,
    live: frozenset[Key],
    only: Mapping[type[Entity], Sequence[Any]],
) -> Steps[Sequence[ChildTunnel | IkeTunnel]]:
    """Find tunnels in what identifies them; `only` are the rows of the poll to be looked at, if not all are."""
    rows = [work.modules[key].rows for key in poll.answering]
    tables = [_identifying(each, only, all_makers=sum(IkeSa in one for one in rows) > 1) for each in rows]
    if only:
        at = poll.answering.index(poll.module)
        tables[at] = {**tables[at], **only}
    recall = recall_rows(work.tunnels[level], live, poll.answering, poll)
    identifying = identifying_children if level == "child" else identifying_ikes
    found = yield from identifying(work.target, work.vrf, tables, naming=work.plan.rules.name, recall=recall)
    return found.children if level == "child" else found.ikes


def _identifying(rows: Rows, only: Mapping[type[Entity], Sequence[Any]], *, all_makers: bool) -> Rows:
    """Return the rows that tell which tunnels there are, of some rows alone.

    Where several modules list IKE SAs, one that is not among them counts, too: `all_makers`.
    """
    kinds: dict[type[Entity], Sequence[Any]] = {kind: rows[kind] for kind in (ChildSa, IkeSa, Endpoint) if kind in rows}
    children = only.get(ChildSa)
    if children is None:
        return kinds
    arcs = {last_arc(row.index) for row in children}
    makers = {str(row.ike_index) for row in children}
    addresses = {(row.local_address, row.remote_address) for row in children}
    return {
        ChildSa: kinds.get(ChildSa, ()),
        Endpoint: [row for row in kinds.get(Endpoint, ()) if row.child_index in arcs],
        IkeSa: [
            row
            for row in kinds.get(IkeSa, ())
            if all_makers
            or row.index.rpartition(".")[2] in makers
            or (row.local_address, row.remote_address) in addresses
        ],
    }
