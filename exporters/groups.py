"""Rows of one subject with their label blocks: all that writing their samples needs."""

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

from collector.store import ContextKey
from collector.tunnels import Steps
from exporters.families import FAMILIES, Family, Subject
from exporters.families.daemon import TARGET
from exporters.labels import LabelBlocks, label_pairs, reader

ROWS_PER_STEP = 100
"""Rows between two steps: a few milliseconds at most, even if all labels of all infos are new."""
ALWAYS_SHOWN = ("tunnel", "ike")
"""Subjects whose number of rows is told even when none is left out."""

_INFOS: dict[str, list[Family]] = {}
for _family in FAMILIES:
    if _family.type == "info" and _family.subject is not TARGET:
        _INFOS.setdefault(_family.subject.name, []).append(_family)


class Group(NamedTuple):
    """The rows of one subject in one context."""

    blocks: Sequence[str]
    """Label block of each row."""
    rows: Sequence[Any]
    infos: Mapping[str, Sequence[str]]
    """By the name of an info, the label block of each row in it; empty where the row has no sample of it."""
    over: int = 0
    """Rows that are left out."""

    def clipped(self, room: int) -> "Group":
        """Leave out what is beyond some rows."""
        if len(self.rows) <= room:
            return self
        infos = {name: blocks[:room] for name, blocks in self.infos.items()}
        return Group(self.blocks[:room], self.rows[:room], infos, self.over + len(self.rows[room:]))


Groups = Mapping[str, Group]
"""By the name of their subject."""


class Shown(NamedTuple):
    """How many rows of one kind are exposed, and how many are not."""

    kind: str
    shown: int
    over: int


def make_group(
    subject: Subject, rows: Sequence[Any], blocks: LabelBlocks, *, limit: int, over: int = 0
) -> Steps[Group]:
    """Render the labels of a subject's rows, at most `limit` of them; `over` more are known to be left out already.

    Rows that the labels do not tell apart (of a device that sends more than fits in a label) are left out too.
    """
    names = [label.name for label in subject.labels]
    read = reader([label.path for label in subject.labels])
    told: dict[str, Any] = {}
    for number, row in enumerate(rows[:limit], 1):
        told.setdefault(blocks.block(subject.name, names, read(row)), row)
        if not number % ROWS_PER_STEP:
            yield
    infos: dict[str, Sequence[str]] = {}
    for family in _INFOS.get(subject.name, ()):
        infos[family.name] = yield from _info_blocks(family, told.values(), blocks)
    return Group(list(told), list(told.values()), infos, over + len(rows) - len(told))


def _info_blocks(family: Family, rows: Iterable[Any], blocks: LabelBlocks) -> Steps[list[str]]:
    labels = (*family.subject.labels, *family.labels)
    names = tuple(label.name for label in labels)
    read = reader([label.path for label in labels])
    has_sample = attrgetter(family.needs) if family.needs else None
    more = attrgetter(family.further_labels) if family.further_labels else None
    rendered: list[str] = []
    for row in rows:
        if has_sample and not has_sample(row):
            rendered.append("")
        elif more and (pairs := more(row)):
            further = tuple(name for name, _ in pairs)
            values = *read(row), *(value for _, value in pairs)
            rendered.append(blocks.block((family.name, further), (*names, *further), values))
        else:
            rendered.append(blocks.block(family.name, names, read(row)))
        if not len(rendered) % ROWS_PER_STEP:
            yield
    return rendered


def shown_group(key: ContextKey, groups: Groups) -> Group:
    """Tell how many rows of each kind are exposed and not: of tunnels always, of others where some are not."""
    rows = [
        Shown(name, len(group.rows), group.over) for name, group in groups.items() if group.over or name in ALWAYS_SHOWN
    ]
    context = key._asdict().items()
    return Group([f"{{{label_pairs((*context, ('kind', row.kind)))}}} " for row in rows], rows, {})


def target_group(target: str, labels: Mapping[str, str]) -> Group:
    """Tell the labels that the configuration gives a target."""
    block = f"{{{label_pairs([('target', target), *labels.items()])}}} "
    return Group([block], [target], {"tunnelwatch_target_info": [block]})
