"""snmprec, the format of snmpsim: `OID|tag|value`, tag in decimal, with an `x` where the value is hex.

A value in hex is the value's content octets as they were on the wire, whatever the tag: what is odd about a device
can so be recorded too.
"""

from collections.abc import Iterable, Iterator

from collector.errors import WireError
from collector.wire.ber import (
    INTEGER,
    NULL,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    decode_integer,
    oid,
    oid_text,
)
from collector.wire.pdu import (
    COUNTER32,
    COUNTER64,
    END_OF_MIB_VIEW,
    GAUGE32,
    IP_ADDRESS,
    NO_SUCH_INSTANCE,
    NO_SUCH_OBJECT,
    OPAQUE,
    TIMETICKS,
    Varbind,
)
from collector.wire.recording_text import Line, hex_content, integer_content, text_content

_INTEGERS = frozenset({INTEGER, COUNTER32, GAUGE32, TIMETICKS, COUNTER64})
_EMPTY = frozenset({NULL, NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW})
_TAGS = _INTEGERS | _EMPTY | {OCTET_STRING, OBJECT_IDENTIFIER, IP_ADDRESS, OPAQUE}
_FIELDS = 3
_IPV4_OCTETS = 4


def read_snmprec(lines: Iterable[Line]) -> list[Varbind]:
    """Read lines of snmprec.

    Raises: WireError naming the line.
    """
    varbinds = []
    for number, line in lines:
        try:
            varbinds.append(_varbind(line))
        except WireError as error:
            raise WireError(f"line {number}: {error}") from None
    return varbinds


def _varbind(line: str) -> Varbind:
    fields = line.split("|", _FIELDS - 1)
    if len(fields) != _FIELDS:
        raise WireError(f"{line[:60]!r} is not OID|tag|value")
    name, kind, value = fields
    number = kind.removesuffix("x")
    tag = int(number) if number.isascii() and number.isdecimal() else -1
    if tag not in _TAGS:
        raise WireError(f"{kind[:10]!r} is not a tag")
    return oid(name), tag, hex_content(value) if kind.endswith("x") else _content(tag, value)


def _content(tag: int, value: str) -> bytes:
    if tag in _INTEGERS:
        return integer_content(value, tag)
    if tag == OBJECT_IDENTIFIER:
        return oid(value)
    if tag == IP_ADDRESS:
        return ip_address_content(value)
    if tag in _EMPTY and value:
        raise WireError(f"{value[:40]!r} where there can be no value")
    return text_content(value)


def ip_address_content(text: str) -> bytes:
    """Return the four octets of a dotted address.

    Raises: WireError if it is none.
    """
    octets = text.split(".")
    if len(octets) != _IPV4_OCTETS or not all(octet.isascii() and octet.isdecimal() for octet in octets):
        raise WireError(f"{text[:40]!r} is not an IPv4 address")
    try:
        return bytes(int(octet[:4]) for octet in octets)
    except ValueError:
        raise WireError(f"{text[:40]!r} is not an IPv4 address") from None


def write_snmprec(varbinds: Iterable[Varbind]) -> Iterator[str]:
    """Yield one line, without its end, per varbind; reading it gives the same varbind.

    Raises: WireError on a name that is not an OID.
    """
    for name, tag, content in varbinds:
        yield f"{oid_text(name)}|{_value(tag, content)}"


def _value(tag: int, content: bytes) -> str:
    shown = _shown(tag, content)
    return f"{tag}x|{content.hex()}" if shown is None else f"{tag}|{shown}"


def _shown(tag: int, content: bytes) -> str | None:
    """Write the content plainly, if what is read from that is the same."""
    if tag == OCTET_STRING:
        return content.decode("ascii") if content.isascii() and content.decode("ascii").isprintable() else None
    try:
        if tag == OBJECT_IDENTIFIER:
            text = oid_text(content)
        elif tag == IP_ADDRESS:
            text = ".".join(map(str, content))
        else:
            text = str(decode_integer(content)) if tag in _INTEGERS else ""
        return text if _content(tag, text) == content else None
    except WireError:
        return None
