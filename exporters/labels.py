"""Label blocks: rendered once per series, and kept for as long as the series lives."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

MAX_LABEL_VALUE = 256
"""Characters of a label's value; what a device says beyond them is cut."""

Values = tuple[Any, ...]


def escape(text: str) -> str:
    """Escape a label's value as text format 0.0.4 and OpenMetrics 1.0 both ask."""
    if "\\" in text or '"' in text or "\n" in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def label_text(value: object) -> str:
    """Write a value as a label's: what is absent is empty, and an empty label is none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = str(value)
    return text if len(text) <= MAX_LABEL_VALUE else f"{text[: MAX_LABEL_VALUE - 1]}…"


def label_pairs(pairs: Iterable[tuple[str, object]]) -> str:
    """Write labels as they stand between braces, empty ones left out."""
    return ",".join(f'{name}="{escape(text)}"' for name, value in pairs if (text := label_text(value)))


def reader(paths: Sequence[str]) -> Callable[[Any], Values]:
    """Return what reads the values at some dotted paths of a row, always as a tuple.

    What neighbouring paths lead through is looked up once.
    """
    runs = [_run(root, list(same)) for root, same in groupby(paths, lambda path: path.rpartition(".")[0])]
    if len(runs) == 1:
        return runs[0]

    def read(row: Any) -> Values:  # noqa: ANN401 - any row
        values: Values = ()
        for run in runs:
            values += run(row)
        return values

    return read


def _run(root: str, paths: list[str]) -> Callable[[Any], Values]:
    names = [path.rpartition(".")[2] for path in paths]
    if len(names) == 1:
        one = attrgetter(*paths)
        return lambda row: (one(row),)
    own = attrgetter(*names)
    if not root:
        return own
    part = attrgetter(root)
    return lambda row: own(part(row))


class _Block:
    """A rendered block, and the refresh that last asked for it."""

    __slots__ = ("asked_in", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.asked_in = -1


class LabelBlocks:
    """Label blocks of one context: those that a refresh does not ask for again are forgotten with it."""

    def __init__(self, context: Iterable[tuple[str, object]]) -> None:
        self._context = label_pairs(context)
        self._blocks: dict[tuple[Hashable, Values], _Block] = {}
        self._refresh = self._asked_for = 0

    def __len__(self) -> int:
        return len(self._blocks)

    def block(self, key: Hashable, names: Sequence[str], values: Values) -> str:
        """Return `{target="…",…} ` for the values of some labels; `key` tells sets of names apart."""
        identity = key, values
        block = self._blocks.get(identity)
        if block is None:
            own = label_pairs(zip(names, values, strict=True))
            block = self._blocks[identity] = _Block(f"{{{','.join(filter(None, (self._context, own)))}}} ")
        if block.asked_in != self._refresh:
            block.asked_in = self._refresh
            self._asked_for += 1
        return block.text

    def forget_unused(self) -> None:
        """End a refresh."""
        if self._asked_for < len(self._blocks):
            for identity in [key for key, block in self._blocks.items() if block.asked_in != self._refresh]:
                del self._blocks[identity]
        self._refresh += 1
        self._asked_for = 0
