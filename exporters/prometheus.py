"""From views to exposition: text format 0.0.4 and OpenMetrics 1.0, in chunks.

Written by ourselves because prometheus_client takes 10 CPU-seconds for a million samples. A sample is the name of its
family, the label block of its row, and a value; everything but the value is kept from scrape to scrape.
Source: https://prometheus.io/docs/instrumenting/exposition_formats/, the OpenMetrics 1.0 specification.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from math import inf
from operator import attrgetter
from types import NoneType
from typing import Any

from exporters.families import FAMILIES, Family
from exporters.families.declare import Part
from exporters.groups import Group
from exporters.views import View

ROWS_PER_CHUNK = 1_000
"""Samples that are written at once: well under a millisecond's work."""
CHUNK = 64 * 1024
"""Characters that small groups are gathered to before they leave."""
ROWS_PER_PAUSE = 4_000
"""Rows that are looked at, with samples or without, before others have their turn."""
MAX_EXACT = 1 << 53
"""Where counters wrap: floats, which is what scrapers keep, count no further in ones."""

END_OF_OPENMETRICS = b"# EOF\n"

_UNITS = ("seconds", "bytes", "ratio")


class Format(Enum):
    """An exposition format, by its content type."""

    TEXT = "text/plain; version=0.0.4; charset=utf-8"
    OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


def negotiate(accept: str) -> Format:
    """Choose the format that an Accept header prefers; the text format where it says nothing that we know."""
    best, best_quality = Format.TEXT, 0.0
    for part in accept.split(","):
        media, *parameters = (piece.strip().lower() for piece in part.split(";"))
        given = dict(parameter.split("=", 1) for parameter in parameters if "=" in parameter)
        chosen = _format_of(media, given.get("version"))
        quality = _quality(given.get("q", "1"))
        if chosen and quality > best_quality:
            best, best_quality = chosen, quality
    return best


def _format_of(media: str, version: str | None) -> Format | None:
    if media == "application/openmetrics-text" and version in {None, "1.0.0", "0.0.1"}:
        return Format.OPENMETRICS
    if media in {"text/plain", "text/*", "*/*"} and version in {None, "0.0.4"}:
        return Format.TEXT
    return None


def _quality(text: str) -> float:
    return float(text) if re.fullmatch(r"[01](\.\d{0,3})?", text) else 0.0


def exposition(views: Iterable[View], own: bytes, exposition_format: Format) -> Iterator[bytes]:
    """Write all samples of views, family by family, in chunks that take a millisecond or so each.

    Args:
        views: what to write; not changed by later refreshes.
        own: what follows, the families that prometheus_client wrote, in the same format and without an end mark.
        exposition_format: how to write.
    """
    yield from _gathered(_families(_by_subject(views), exposition_format))
    yield own
    if exposition_format is Format.OPENMETRICS:
        yield END_OF_OPENMETRICS


def _by_subject(views: Iterable[View]) -> dict[str, list[Group]]:
    subjects: dict[str, list[Group]] = {}
    for view in views:
        for name, group in view.groups.items():
            subjects.setdefault(name, []).append(group)
    return subjects


def _gathered(pieces: Iterable[tuple[int, str]]) -> Iterator[bytes]:
    """Gather texts, of so many rows each, until they are long or were much work; then they may be empty, too."""
    parts: list[str] = []
    size = work = 0
    for rows, text in pieces:
        parts.append(text)
        size += len(text)
        work += rows
        if size >= CHUNK or work >= ROWS_PER_PAUSE:
            yield "".join(parts).encode()
            parts, size, work = [], 0, 0
    yield "".join(parts).encode()


def _families(subjects: Mapping[str, Sequence[Group]], exposition_format: Format) -> Iterator[tuple[int, str]]:
    for family in FAMILIES:
        header = _HEADERS[exposition_format][family.name]
        for group in subjects.get(family.subject.name, ()):
            for rows, samples in _samples(family, group):
                yield rows, header + samples if samples else ""
                header = "" if samples else header


def _samples(family: Family, group: Group) -> Iterator[tuple[int, str]]:
    name = family.name
    if family.type == "info":
        for blocks in _sliced(group.infos[name]):
            yield len(blocks), "".join([f"{name}{block}1\n" for block in blocks if block])
        return
    for part in family.parts or (Part("", family.path),):
        yield from _numbers(family, part, group)


def _numbers(family: Family, part: Part, group: Group) -> Iterator[tuple[int, str]]:
    name, read = family.name, attrgetter(part.path)
    more = f',{family.by}="{part.label}"}} ' if family.by else ""
    for all_blocks, rows in zip(_sliced(group.blocks), _sliced(group.rows), strict=True):
        values = _values(list(map(read, rows)), family)
        blocks = [block[:-2] + more for block in all_blocks] if more and values else all_blocks
        samples = [f"{name}{block}{value}\n" for block, value in zip(blocks, values, strict=False) if value is not None]
        yield len(blocks), "".join(samples)


def _sliced(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), ROWS_PER_CHUNK):
        yield items[start : start + ROWS_PER_CHUNK]


def _values(values: list[Any], family: Family) -> Sequence[Any]:
    """Return values that write themselves as they are to be read, `None` where there is no sample; none if none is."""
    kinds = set(map(type, values))
    if kinds == {NoneType}:
        return ()
    if kinds <= _PLAIN and family.scale is None and max(filter(None, values), default=0) < MAX_EXACT:
        return values
    return [_value(value, family) for value in values]


_PLAIN = {int, NoneType}


def _value(value: float | None, family: Family) -> int | float | None:
    if value is None or not -inf < value < inf:
        return None
    if family.scale is not None:
        value *= family.scale
    if family.type == "counter" and value >= MAX_EXACT:
        return int(value) % MAX_EXACT
    return int(value) if isinstance(value, bool) or (value == int(value) and abs(value) < MAX_EXACT) else value


def _header(family: Family, exposition_format: Format) -> str:
    text = family.help.replace("\\", "\\\\").replace("\n", "\\n")
    if exposition_format is Format.TEXT:
        kind = "gauge" if family.type == "info" else family.type
        return f"# HELP {family.name} {text}\n# TYPE {family.name} {kind}\n"
    name = family.name.removesuffix("_total").removesuffix("_info")
    quoted = text.replace('"', '\\"')
    unit = next((f"# UNIT {name} {unit}\n" for unit in _UNITS if name.endswith(f"_{unit}")), "")
    return f"# HELP {name} {quoted}\n# TYPE {name} {family.type}\n{unit}"


_HEADERS = {
    exposition_format: {family.name: _header(family, exposition_format) for family in FAMILIES}
    for exposition_format in Format
}
