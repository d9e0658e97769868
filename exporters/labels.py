"""Label blocks: rendered once per series, and kept for as long as the series lives."""

from collections.abc import Callable, Hashable, Iterable, Sequence
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
    """Return what reads the values at some dotted paths of a row, always as a tuple."""
    if not paths:
        return lambda _: ()
    read = attrgetter(*paths)
    return read if len(paths) > 1 else lambda row: (read(row),)


class LabelBlocks:
    """Label blocks of one context: those that a refresh does not ask for again are forgotten with it."""

    def __init__(self, context: Iterable[tuple[str, object]]) -> None:
        self._context = label_pairs(context)
        self._kept: dict[tuple[Hashable, Values], str] = {}
        self._used: dict[tuple[Hashable, Values], str] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def block(self, key: Hashable, names: Sequence[str], values: Values) -> str:
        """Return `{target="…",…} ` for the values of some labels; `key` tells sets of names apart."""
        identity = key, values
        block = self._kept.get(identity) or self._used.get(identity)
        if block is None:
            own = label_pairs(zip(names, values, strict=True))
            block = f"{{{','.join(filter(None, (self._context, own)))}}} "
        self._used[identity] = block
        return block

    def forget_unused(self) -> None:
        """End a refresh."""
        self._kept, self._used = self._used, {}
