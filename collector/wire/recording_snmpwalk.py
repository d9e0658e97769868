"""What net-snmp's tools print: `CISCO-…::cipSecGlobalInPkts.0 = Counter32: 779904964 Packets`, or with `-On` OIDs.

Values carry their type; units behind them are left away; text and hex may go on in the next lines.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator

from collector.errors import WireError
from collector.wire.ber import INTEGER, NULL, OBJECT_IDENTIFIER, OCTET_STRING
from collector.wire.pdu import (
    COUNTER32,
    COUNTER64,
    END_OF_MIB_VIEW,
    GAUGE32,
    IP_ADDRESS,
    NO_SUCH_INSTANCE,
    NO_SUCH_OBJECT,
    TIMETICKS,
    Varbind,
)
from collector.wire.recording_snmprec import ip_address_content
from collector.wire.recording_text import (
    Line,
    Objects,
    UnknownNameError,
    hex_content,
    instance_oid,
    integer_content,
    text_content,
    unescape,
)

VALUE = r'"|NULL|No Such |No more |Wrong Type |[A-Z][A-Za-z0-9-]*(?: Address)?:(?: |$)'
"""How a value begins: what tells this format from the others."""

_START = re.compile(rf"([.\w][^=]*?) = ((?:{VALUE}).*)")
_TYPED = re.compile(r"(?:Wrong Type \(should be [^)]*\): )?([A-Z][A-Za-z0-9-]*(?: Address)?): ?(.*)", re.DOTALL)
_NUMBER = re.compile(r"(?:[A-Za-z][\w-]*\((-?\d+)\)|\((\d+)\)|(-?\d+))(?:\s.*)?", re.ASCII | re.DOTALL)
_OPENED = re.compile(r'(?:STRING: )?"(?:[^"\\]|\\.)*\\?')
_CLOSED = re.compile(r'(?:[^"\\]|\\.)*"\s*')
_GOES_ON = ("STRING:", "Hex-STRING:", "BITS:")
_HEX_PAIRS = re.compile(r"(?:[0-9A-Fa-f]{2}(?:\s+|$))*")

_INTEGERS = {
    "INTEGER": INTEGER,
    "Integer32": INTEGER,
    "Gauge32": GAUGE32,
    "Unsigned32": GAUGE32,
    "Counter32": COUNTER32,
    "Counter64": COUNTER64,
    "Timeticks": TIMETICKS,
}
_ABSENT = {"No Such Object": NO_SUCH_OBJECT, "No Such Instance": NO_SUCH_INSTANCE, "No more": END_OF_MIB_VIEW}


def read_snmpwalk(lines: list[Line], objects: Objects, unknown: Counter[str]) -> list[Varbind]:
    """Read lines of snmpwalk; names that are neither in `objects` nor known roots are counted in `unknown`.

    Raises: WireError naming the line.
    """
    varbinds = []
    for number, name, value in _statements(lines):
        try:
            instance, _ = instance_oid(name, objects)
            varbinds.append((instance, *_value(value, objects)))
        except UnknownNameError as error:
            unknown[str(error)] += 1
        except WireError as error:
            raise WireError(f"line {number}: {error}") from None
    return varbinds


def _statements(lines: list[Line]) -> Iterator[tuple[int, str, str]]:
    """Yield line number, name and value, joining the lines over which a value goes on."""
    place = 0
    while place < len(lines):
        number, line = lines[place]
        started = _START.fullmatch(line)
        if started is None:
            raise WireError(f"line {number}: {line[:60]!r} is not `name = TYPE: value`")
        name, value = started.groups()
        stop = _end(lines, place + 1, value)
        yield number, name, "\n".join([value, *(text for _, text in lines[place + 1 : stop])])
        place = stop


def _end(lines: list[Line], place: int, value: str) -> int:
    """Return where the value that began before `place` ends: at its quote, or before the next varbind."""
    if _OPENED.fullmatch(value):
        for stop in range(place, len(lines)):
            if _CLOSED.fullmatch(lines[stop][1]):
                return stop + 1
        raise WireError(f"line {lines[place - 1][0]}: the quote is never closed")
    if value.startswith(_GOES_ON):
        while place < len(lines) and not _START.fullmatch(lines[place][1]):
            place += 1
    return place


def _value(text: str, objects: Objects) -> tuple[int, bytes]:
    for words, tag in _ABSENT.items():
        if text.startswith(words):
            return tag, b""
    if text == "NULL":
        return NULL, b""
    if text.startswith('"'):
        return OCTET_STRING, _text(text)
    typed = _TYPED.fullmatch(text)
    if typed is None:
        raise WireError(f"{text[:60]!r} is not `TYPE: value`")
    return _content(typed[1], typed[2], objects)


def _content(kind: str, text: str, objects: Objects) -> tuple[int, bytes]:
    if kind in _INTEGERS:
        number = _NUMBER.fullmatch(text)
        written = next(filter(None, number.groups())) if number else text
        return _INTEGERS[kind], integer_content(written, _INTEGERS[kind])
    if kind == "OID":
        return OBJECT_IDENTIFIER, instance_oid(text, objects)[0]
    if kind not in _OCTETS:
        raise WireError(f"{kind!r} is not a type")
    tag, read = _OCTETS[kind]
    return tag, read(text)


def _bits(text: str) -> bytes:
    """Read the octets of a BITS, which the names of its bits follow."""
    found = _HEX_PAIRS.match(text)
    return hex_content(found[0] if found else "")


def _text(text: str) -> bytes:
    quoted = len(text) > 1 and text.startswith('"') and text.rstrip().endswith('"')
    return text_content(unescape(text.rstrip()[1:-1]) if quoted else text)


_OCTETS: dict[str, tuple[int, Callable[[str], bytes]]] = {
    "STRING": (OCTET_STRING, _text),
    "Hex-STRING": (OCTET_STRING, hex_content),
    "BITS": (OCTET_STRING, _bits),
    "IpAddress": (IP_ADDRESS, ip_address_content),
    "Network Address": (IP_ADDRESS, lambda text: hex_content(text.replace(":", " "))),
}
