"""What `getmany` prints: `cikeTunLocalAddr.1 = 0a 01 01 02`, names without module, values without type.

The type of a value is that of its object: `0x0190` is a Counter64, `0a 01 01 02` are octets, `main(1)` is a label.
"""

import re
from collections import Counter

from collector.errors import WireError
from collector.wire.ber import INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, oid
from collector.wire.pdu import IP_ADDRESS, Varbind
from collector.wire.recording_snmprec import ip_address_content
from collector.wire.recording_text import (
    Line,
    Objects,
    UnknownNameError,
    hex_content,
    instance_oid,
    integer_content,
    text_content,
)

_LABEL = re.compile(r"[A-Za-z][\w-]*\((-?\d+)\)", re.ASCII)
_OCTETS = re.compile(r"[0-9a-f]{2}(?: [0-9a-f]{2})+")


def read_getmany(lines: list[Line], objects: Objects, unknown: Counter[str]) -> list[Varbind]:
    """Read lines of getmany; names that are not in `objects` are counted in `unknown`.

    Raises: WireError naming the line.
    """
    varbinds = []
    for number, line in lines:
        try:
            varbinds.append(_varbind(line, objects))
        except UnknownNameError as name:
            unknown[str(name)] += 1
        except WireError as error:
            raise WireError(f"line {number}: {error}") from None
    return varbinds


def _varbind(line: str, objects: Objects) -> Varbind:
    name, equals, value = line.partition(" =")
    if not equals or not name.strip():
        raise WireError(f"{line[:60]!r} is not `name.index = value`")
    instance, tag = instance_oid(name.strip(), objects)
    if tag is None:
        raise UnknownNameError(name.partition(".")[0])
    return instance, tag, _content(tag, value.strip())


def _content(tag: int, value: str) -> bytes:
    if tag == OCTET_STRING:
        return hex_content(value) if _OCTETS.fullmatch(value) else text_content(value)
    if tag == OBJECT_IDENTIFIER:
        return oid(value)
    if tag == IP_ADDRESS:
        return hex_content(value) if _OCTETS.fullmatch(value) else ip_address_content(value)
    label = _LABEL.fullmatch(value) if tag == INTEGER else None
    if label is None and value.startswith("0x"):
        return hex_content(value.removeprefix("0x"))
    return integer_content(label[1] if label else value, tag)
