"""What the formats of recordings share: numbered lines, integers as content octets, objects by their names."""

import re
from collections.abc import Mapping
from typing import TypeAlias

from collector.errors import WireError
from collector.wire.ber import INTEGER, encode_arcs, oid

Objects: TypeAlias = Mapping[str, tuple[bytes, int]]
"""OID content octets without an instance, and value tag, by name."""

Line: TypeAlias = tuple[int, str]

_ROOTS = {
    "iso": "1",
    "mib-2": "1.3.6.1.2.1",
    "transmission": "1.3.6.1.2.1.10",
    "enterprises": "1.3.6.1.4.1",
    "snmpV2": "1.3.6.1.6",
    "snmpModules": "1.3.6.1.6.3",
}
_DIGITS = re.compile(r"-?\d{1,20}", re.ASCII)
_INDEX_PART = re.compile(r"""\"((?:[^"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'|(\d{1,10})""", re.ASCII)
_MAX_ARC = 2**32 - 1
_SIGNED = -(2**63), 2**63 - 1
_UNSIGNED = 0, 2**64 - 1


class UnknownNameError(Exception):
    """A name that means nothing here: it costs its line."""


def number_lines(text: str) -> list[Line]:
    """Return the lines that are neither empty nor comments, with their numbers."""
    numbered = enumerate(text.split("\n"), 1)
    return [(number, line.rstrip("\r")) for number, line in numbered if line.strip() and not line.startswith("#")]


def integer_content(text: str, tag: int) -> bytes:
    """Return the content octets of a whole number: two's complement for INTEGER, unsigned for the others.

    Raises: WireError if it is none, or out of range.
    """
    least, most = _SIGNED if tag == INTEGER else _UNSIGNED
    if not _DIGITS.fullmatch(text) or not least <= int(text) <= most:
        raise WireError(f"{text[:40]!r} is not a whole number of its type")
    value = int(text)
    return value.to_bytes((value.bit_length() + 8) // 8, "big", signed=True)


def text_content(text: str) -> bytes:
    """Return the octets of a text as they were in its file, which is read with `surrogateescape`.

    Raises: WireError if there can be no such file.
    """
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise WireError(f"{text[:40]!r} has surrogates") from None


def hex_content(text: str) -> bytes:
    """Return octets written in hex, with or without blanks.

    Raises: WireError if they are not.
    """
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise WireError(f"{text[:40]!r} is not hex") from None


def instance_oid(text: str, objects: Objects) -> tuple[bytes, int | None]:
    """Return the OID of `name.index`, `MODULE::name.index`, `iso.3.6.…` or `.1.3.6.…`, and the tag of a known name.

    Index parts may be quoted, as snmpwalk prints them: `"hub"` has its length before its octets, `'hub'` has not.

    Raises: UnknownNameError on another name; WireError if it is not an OID.
    """
    name, _, index = text.rpartition("::")[2].removeprefix(".").partition(".")
    if name in objects:
        content, tag = objects[name]
        return content + encode_arcs(_index_arcs(index)), tag
    if name.isdigit() or name in _ROOTS:
        root = _ROOTS.get(name, name)
        return oid(f"{root}.{index}"), None
    raise UnknownNameError(name)


def _index_arcs(text: str) -> list[int]:
    arcs: list[int] = []
    place = 0
    while place < len(text):
        part = _INDEX_PART.match(text, place)
        if part is None:
            raise WireError(f"index {text[:60]!r} is not understood: record with `snmpwalk -On`")
        quoted, bare, number = part.groups()
        octets = text_content(unescape(quoted if quoted is not None else bare or ""))
        arcs += [int(number)] if number is not None else [*([len(octets)] if quoted is not None else []), *octets]
        place = part.end() + 1
        if text[part.end() : place] not in ("", "."):
            raise WireError(f"index {text[:60]!r} is not understood: record with `snmpwalk -On`")
    if arcs and max(arcs) > _MAX_ARC:
        raise WireError(f"index {text[:60]!r} has a sub-identifier above 2^32-1")
    return arcs


def unescape(text: str) -> str:
    """Take the backslashes away that net-snmp puts before quotes and backslashes."""
    return re.sub(r"\\(.)", r"\1", text)
