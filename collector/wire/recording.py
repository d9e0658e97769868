"""Recordings of walks, as people send them: snmprec, `getmany` and `snmpwalk` output, each known by its content.

A recording becomes the varbinds that the device sent. Text formats name objects, so they need to be told what the
names mean; a name that is not known costs its line and is counted. Anything else that is not understood is an error
that names the line: a recording that is half read would be worse than none.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from collector.errors import WireError
from collector.wire.pdu import Varbind
from collector.wire.recording_getmany import read_getmany
from collector.wire.recording_snmprec import read_snmprec
from collector.wire.recording_snmpwalk import VALUE, read_snmpwalk
from collector.wire.recording_text import Objects, number_lines

_FORMATS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("snmprec", re.compile(r"\.?\d+(\.\d+)*\|\d+x?\|")),
    ("snmpwalk", re.compile(rf"[.\w][^=]*? = (?:{VALUE})")),
    ("getmany", re.compile(r"[A-Za-z][A-Za-z0-9-]*(\.\d+)+ =")),
)
_READERS: dict[str, Callable[[list[tuple[int, str]], Objects, Counter[str]], list[Varbind]]] = {
    "snmprec": lambda lines, _objects, _unknown: read_snmprec(lines),
    "snmpwalk": read_snmpwalk,
    "getmany": read_getmany,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What a recording says."""

    format: str
    """`snmprec`, `getmany` or `snmpwalk`."""
    varbinds: tuple[Varbind, ...]
    """In the order of the recording, which need not be that of the OIDs."""
    unknown: Mapping[str, int]
    """Names that mean nothing here, and how many lines each cost."""
    preamble: int
    """Lines before the first varbind that are none (a shell's prompt)."""


def read_recording(text: str, objects: Objects) -> Recording:
    """Read a recording of any of the formats; lines that begin with `#` are comments.

    `objects` has OID content octets and value tag of each object by its name, as `Tables.objects` does.

    Raises: WireError naming the line that cannot be read.
    """
    lines = number_lines(text)
    for place, (_, line) in enumerate(lines):
        for name, pattern in _FORMATS:
            if pattern.match(line):
                unknown: Counter[str] = Counter()
                varbinds = _READERS[name](lines[place:], objects, unknown)
                return Recording(format=name, varbinds=tuple(varbinds), unknown=unknown, preamble=place)
    raise WireError("line 1: not a recording: neither snmprec, nor what getmany or snmpwalk print")
