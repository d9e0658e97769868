"""Syslog messages as devices and relays send them: RFC 5424, RFC 3164, and what Cisco makes of RFC 3164.

Any octets give a message or WireError. What looks like a header is taken apart; whatever does not is text, so that
nothing is lost by a header that nobody has thought of. Every pattern looks at each character a bounded number of times.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from collector.errors import WireError

MAX_OCTETS = 8192
"""Octets of a message: RFC 5424 §6.1 wants 2048 at least."""
MAX_PARAMETERS = 64
"""Parameters of structured data that are kept."""

Parameter: TypeAlias = tuple[str, str, str]
"""SD-ID, name and value; an element without parameters has an empty name and value."""

MNEMONIC = re.compile(r"%(?P<facility>[A-Za-z]\w*+(?:-\w++)*?)-(?P<severity>[0-7])-(?P<mnemonic>\w++)", re.ASCII)
"""`%FACILITY-SEVERITY-MNEMONIC` of a Cisco message; facilities may have parts, `%PIM-SW1-6-INVALID_RP_JOIN`."""

_BOM = "\ufeff"
_MAX_PRIORITY = 191
_HEADER_LENGTH = 256
_MNEMONIC_LENGTH = 128
_MOST_STAMPS = 3

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_PRIORITY = re.compile(rf"<(\d{{1,10}})>[{_BOM} ]*", re.ASCII)

_CLOCK = r"\d{1,2}:\d\d:\d\d(?:\.\d{1,9})?"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_DATE = rf"(?:\d{{4}} +)?{_MONTH} +\d{{1,2}}(?: \d{{4}})? +{_CLOCK}"
_ISO = rf"\d{{4}}-\d\d-\d\d[T ]{_CLOCK}"
_UPTIME = rf"(?:\d{{1,3}}y\d{{1,2}}w|\d{{1,3}}w\d{{1,2}}d|\d{{1,3}}d\d{{1,2}}h|{_CLOCK})(?=:(?:\s|$))"
_ZONE = r"(?:Z| ?[+-]\d\d:?\d\d| ?(?:[A-Z]{1,7}|[a-z]{2}t|utc)(?:[+-]\d{1,2}(?::?\d\d)?)?(?=:))"
_STAMP = rf"(?P<mark>[*.]?)(?P<timestamp>(?:{_DATE}|{_ISO}){_ZONE}?|{_UPTIME})"
_STAMPS = re.compile(rf"(?<![^\s:]){_STAMP}", re.ASCII)
_WORD = re.compile(r"[\w.:@*\[\]/-]+", re.ASCII)
_PROCESS = re.compile(r"([^\[\]]+)\[(\d{1,10})\]", re.ASCII)

_PLAIN = re.compile(
    rf"(?:(?P<sequence>\d{{0,10}}): )?(?:(?P<origin>[^\s:\[\]]{{1,255}}): )?(?:\d{{1,10}}: )?{_STAMP}(?P<colon>:?)\s*",
    re.ASCII,
)
_HOST_AND_TAG = re.compile(
    r"(?:(?P<hostname>[^\s\[\]]{1,255}(?<!:)|[^\s\[\]]{0,253}::) +)?"
    r"(?:(?P<app>[^\s:\[\]]{1,64})(?:\[(?P<process>[^\s\]]{1,64})\])?:\s*)?"
)

_RFC5424_START = re.compile(r"1 (?:- |\d{4}-\d\d-\d\dT)", re.ASCII)
_RFC5424 = re.compile(
    r"1 (?P<timestamp>\S{1,40}) (?P<hostname>\S{1,255}) (?P<app>\S{1,255}) (?P<process>\S{1,255})"
    r" (?P<message_id>\S{1,255}) (?=[-\[])",
)
_ELEMENT = re.compile(r"\[([^\s=\]\"]{1,255})")
_PARAMETER = re.compile(r' +([^\s=\]"]{1,255})="([^"\\\]]*+(?:\\.[^"\\\]]*+)*+)"')
_ESCAPED = re.compile(r'\\(["\\\]])')


@dataclass(frozen=True, slots=True, kw_only=True)
class SyslogMessage:
    """One syslog message; absent is None."""

    text: str
    """Without header; without control characters: each run of them is a blank."""
    facility: int | None = None
    """None without PRI."""
    severity: int | None = None
    sequence: int | None = None
    """Cisco's own number of the message."""
    timestamp: str | None = None
    """As the device wrote it: RFC 3164, with or without year, fractions and zone; RFC 3339; or uptime (`1w2d`)."""
    clock_doubted: bool = False
    """Whether the device says that its clock is not set, or has lost its source (`*`, `.`)."""
    hostname: str | None = None
    """The device's own name, or where it gives none, the name or address that a relay gave it."""
    app: str | None = None
    process: str | None = None
    message_id: str | None = None
    """MSGID of RFC 5424."""
    structured: tuple[Parameter, ...] = ()


class _Header(NamedTuple):
    """What stands before a Cisco message."""

    priority: int | None = None
    sequence: int | None = None
    timestamp: str | None = None
    clock_doubted: bool = False
    hostname: str | None = None
    app: str | None = None
    process: str | None = None


def read_syslog(data: bytes, limit: int = MAX_OCTETS) -> SyslogMessage:
    """Read one message: a datagram, or a frame of a stream.

    Raises: WireError if it is empty, longer than `limit` octets, or says what it is and is not.
    Source: RFC 5424 §6, RFC 3164 §4.
    """
    if len(data) > limit:
        raise WireError(f"a syslog message of {len(data)} octets, above {limit}")
    priority, text = _take_priority(_decode(data))
    if not text:
        raise WireError("a syslog message without text")
    if _RFC5424_START.match(text):
        return _read_rfc5424(priority, text)
    return _read_cisco(priority, text) or _read_rfc3164(priority, text)


def _decode(data: bytes) -> str:
    """Return the text in UTF-8, or octet by octet where it is not."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return _CONTROLS.sub(" ", text.removeprefix(_BOM)).strip()


def _take_priority(text: str) -> tuple[int | None, str]:
    found = _PRIORITY.match(text)
    if found is None:
        return None, text
    priority = int(found[1])
    if priority > _MAX_PRIORITY:
        raise WireError(f"a syslog priority of {priority}, above {_MAX_PRIORITY}")
    return priority, text[found.end() :]


def _facility(priority: int | None) -> int | None:
    return None if priority is None else priority >> 3


def _severity(priority: int | None) -> int | None:
    return None if priority is None else priority & 7


def _read_cisco(priority: int | None, text: str) -> SyslogMessage | None:
    """Read a message that has a mnemonic and nothing but a header before it."""
    found = MNEMONIC.search(text, 0, _HEADER_LENGTH + _MNEMONIC_LENGTH)
    header = _read_header(text[: found.start()]) if found and found.start() <= _HEADER_LENGTH else None
    if not found or not header:
        return None
    if header.priority is not None:
        priority = header.priority
    return SyslogMessage(
        text=text[found.start() :],
        facility=_facility(priority),
        severity=_severity(priority),
        sequence=header.sequence,
        timestamp=header.timestamp,
        clock_doubted=header.clock_doubted,
        hostname=header.hostname,
        app=header.app,
        process=header.process,
    )


def _read_header(header: str) -> _Header | None:
    """Read a header in which relays may have put theirs before the device's; the last one counts.

    Source: seen: `3132517: Jul 13 08:23:43 192.168.100.2 sw01: 3132779: Jul 14 2023 08:23:43.398 UTC: `, where a relay
    put its number, time and the device's address first; some leave the device's PRI within.
    """
    stamps = list(_STAMPS.finditer(header))
    if len(stamps) > _MOST_STAMPS:
        return None
    words = _STAMPS.sub(" ", _PRIORITY.sub(" ", header)).split()
    known = _read_words(words, len(stamps) + 1)
    stamp = stamps[-1] if stamps else None
    if known is None and stamp and header[stamp.end() :].strip() == ":":
        known = _Header()  # an origin of many words (`logging origin-id string`), then as Cisco writes it
    if known is None:
        return None
    inner = _PRIORITY.search(header)
    return known._replace(
        priority=int(inner[1]) if inner and int(inner[1]) <= _MAX_PRIORITY else None,
        timestamp=stamp["timestamp"] if stamp else None,
        clock_doubted=bool(stamp and stamp["mark"]),
    )


def _read_words(words: list[str], most_names: int) -> _Header | None:
    """Tell sequence numbers, names, tasks and processes apart; None if there is more than a header has.

    The device gives itself one name, and each relay, with its timestamp, gives it one.
    """
    names: list[str] = []
    sequence = app = process = None
    for word in words:
        name = word.removesuffix(":")
        if not _WORD.fullmatch(word):
            return None
        if name.isdecimal():
            sequence = int(name)
        elif name.startswith("*"):
            app = name[1:]
        elif task := _PROCESS.fullmatch(name):
            app, process = task.groups()
        elif name and "/" not in name:  # `RP/0/RP0/CPU0` is where in an IOS-XR router
            names.append(name)
    if len(names) > most_names:
        return None
    return _Header(sequence=sequence, hostname=names[-1] if names else None, app=app, process=process)


def _read_rfc3164(priority: int | None, text: str) -> SyslogMessage:
    """Read a message without a mnemonic; without a timestamp it is all text (RFC 3164 §4.3.3)."""
    facility, severity = _facility(priority), _severity(priority)
    head = _PLAIN.match(text)
    if head is None:
        return SyslogMessage(text=text, facility=facility, severity=severity)
    rest = _HOST_AND_TAG.match(text, head.end()) if not head["colon"] else None
    return SyslogMessage(
        text=text[rest.end() if rest else head.end() :],
        facility=facility,
        severity=severity,
        sequence=int(head["sequence"]) if head["sequence"] else None,
        timestamp=head["timestamp"],
        clock_doubted=bool(head["mark"]),
        hostname=(rest and rest["hostname"]) or head["origin"],
        app=rest["app"] if rest else None,
        process=rest["process"] if rest else None,
    )


def _read_rfc5424(priority: int | None, text: str) -> SyslogMessage:
    head = _RFC5424.match(text)
    if head is None:
        raise WireError("an RFC 5424 header that is not whole")
    structured, end = _read_structured(text, head.end())
    hostname, app = _unless_nil(head["hostname"]), _unless_nil(head["app"])
    body = text[end:].lstrip(f" {_BOM}")
    if app and app.startswith("%") and MNEMONIC.fullmatch(app):
        app, body = None, f"{app}: {body}"  # a relay took the mnemonic for the tag
    inner = _read_cisco(priority, body)
    return SyslogMessage(
        text=inner.text if inner else body,
        facility=_facility(priority),
        severity=_severity(priority),
        sequence=inner.sequence if inner else None,
        timestamp=(inner and inner.timestamp) or _unless_nil(head["timestamp"]),
        clock_doubted=inner.clock_doubted if inner else False,
        hostname=(inner and inner.hostname) or hostname,
        app=app,
        process=_unless_nil(head["process"]),
        message_id=_unless_nil(head["message_id"]),
        structured=structured,
    )


def _unless_nil(field: str) -> str | None:
    return None if field == "-" else field


def _read_structured(text: str, at: int) -> tuple[tuple[Parameter, ...], int]:
    """Return the parameters and where they end.

    Source: RFC 5424 §6.3.
    """
    parameters: list[Parameter] = []
    start = at
    at += text.startswith("-", at)
    while at == start or text.startswith("[", at):
        at = _read_element(text, at, parameters)
    if not text.startswith(" ", at) and at < len(text):
        raise WireError("structured data that a blank does not follow")
    return tuple(parameters[:MAX_PARAMETERS]), at


def _read_element(text: str, at: int, parameters: list[Parameter]) -> int:
    element = _ELEMENT.match(text, at)
    if element is None:
        raise WireError("structured data without a name")
    before, at = len(parameters), element.end()
    while found := _PARAMETER.match(text, at):
        parameters.append((element[1], found[1], _ESCAPED.sub(r"\1", found[2])))
        at = found.end()
    if not text.startswith("]", at):
        raise WireError(f"structured data {element[1][:40]!r} that does not end")
    if len(parameters) == before:
        parameters.append((element[1], "", ""))
    return at + 1
