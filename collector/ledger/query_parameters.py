"""What can be asked of the ledger: each parameter once, for the command line, the HTTP API and its document.

A question is texts by name (`{"since": "-24h", "target": "hub1"}`); `asked` makes values of it.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias, get_args

from collector.errors import LedgerError
from collector.model import Announced, Happening

MAX_TEXT = 1024
MAX_LIMIT = 10_000
DEFAULT_LIMIT = 1_000

Kind: TypeAlias = Literal["time", "text", "choice", "whole", "cursor"]

_AGE = re.compile(r"-(\d{1,6}(?:\.\d{1,3})?)([smhdw])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_UNIX = re.compile(r"\d{1,11}(?:\.\d{1,9})?")
LATEST = 253_402_300_799.0
"""The end of the year 9999, which is as far as dates go."""


class QueryError(LedgerError):
    """A question that cannot be asked; the text begins with the parameter's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One thing that can be said of what is wanted."""

    name: str
    kind: Kind
    description: str
    choices: tuple[str, ...] = ()
    default: str | None = None
    low: int = 1
    high: int = MAX_LIMIT

    def read(self, text: str, now: float) -> Any:  # noqa: ANN401 - of the parameter's kind
        """Make a value of a text: Unix time of a time, which may be counted back from `now`.

        Raises: QueryError naming the parameter.
        """
        match self.kind:
            case "time":
                return self._time(text, now)
            case "whole":
                return self._whole(text)
            case "choice":
                return self._choice(text)
            case "cursor":
                return self._cursor(text)
        if not text or len(text) > MAX_TEXT or "\0" in text:
            raise self._refusal(f"should be a text of 1 to {MAX_TEXT} characters")
        return text

    def _refusal(self, what: str) -> QueryError:
        return QueryError(f"{self.name}: {what}")

    def _time(self, text: str, now: float) -> float:
        seconds = time_of(text, now)
        if seconds is None:
            raise self._refusal(
                f"{text[:40]!r} is no time; write 2026-01-31, 2026-01-31T08:00:00Z, -24h, -7d or Unix time"
            )
        return seconds

    def _whole(self, text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 20 and self.low <= int(text) <= self.high):  # noqa: PLR2004
            raise self._refusal(f"{text[:40]!r} is no whole number from {self.low} to {self.high}")
        return int(text)

    def _choice(self, text: str) -> str:
        if text not in self.choices:
            raise self._refusal(f"{text[:40]!r} is none of {', '.join(self.choices)}")
        return text

    def _cursor(self, text: str) -> list[Any]:
        try:
            read = json.loads(base64.urlsafe_b64decode(text.encode("ascii")))
        except (ValueError, binascii.Error, RecursionError):
            read = None
        if not isinstance(read, list) or not all(isinstance(one, str | int | float | None) for one in read):
            raise self._refusal("is not what 'next' of an answer was")
        return read


def time_of(text: str, now: float) -> float | None:
    """Read a time: a date, date and time (UTC unless it says otherwise), an age or Unix time; None if it is none."""
    if age := _AGE.fullmatch(text):
        return max(0.0, now - float(age[1]) * _UNITS[age[2]])
    if text == "now":
        return now
    if _UNIX.fullmatch(text) and not re.fullmatch(r"\d{8}", text):
        return min(float(text), LATEST)
    try:
        moment = datetime.fromisoformat(text)
        return max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None


def cursor_text(key: Iterable[str | float | None]) -> str:
    """Write the key of a row as what `cursor` takes."""
    return base64.urlsafe_b64encode(json.dumps(list(key), separators=(",", ":")).encode()).decode("ascii")


SINCE = Parameter(
    name="since",
    kind="time",
    description="Only what lasted until then or longer: a date, a date and time (UTC), -24h, -7d.",
)
UNTIL = Parameter(name="until", kind="time", description="Only what began before then, written as in `since`.")
TARGET = Parameter(name="target", kind="text", description="Only of this target.")
VRF = Parameter(name="vrf", kind="text", description="Only in this VRF.")
PEER = Parameter(name="peer", kind="text", description="Only with this peer, as it is shown.")
TUNNEL = Parameter(name="tunnel", kind="text", description="Only of the tunnel of this name.")
LEVEL = Parameter(name="level", kind="choice", choices=("child", "ike"), description="Only CHILD SAs or only IKE SAs.")
REASON = Parameter(
    name="reason", kind="text", description="Only with this reason, in the words of the MIB; `none` where nobody told."
)
STATE = Parameter(
    name="state",
    kind="choice",
    choices=("live", "ended"),
    description="Only sessions that live, or only those that ended.",
)
KIND = Parameter(
    name="kind",
    kind="choice",
    choices=("unanswered", "history-overrun", "history-unreadable", "reload", "overflow", "stopped"),
    description="Only gaps of this kind.",
)
EVENT_SINCE = Parameter(
    name="since",
    kind="time",
    description="Only what happened then or later: a date, a date and time (UTC), -24h, -7d.",
)
EVENT_UNTIL = Parameter(name="until", kind="time", description="Only what happened before then, written as in `since`.")
SOURCE = Parameter(
    name="source",
    kind="choice",
    choices=(*get_args(Announced), "poll"),
    description="Only what came to be known in this way.",
)
NAME = Parameter(name="name", kind="text", description="Only events of this name: `cipSecTunnelStop`, `tunnel_down`.")
HAPPENING = Parameter(
    name="happening", kind="choice", choices=get_args(Happening), description="Only what is about this."
)
AFTER = Parameter(
    name="after",
    kind="whole",
    low=0,
    high=2**53 - 1,
    description="Only what was put on record after the event of this number, in that order: for those who follow. "
    "Begin with `latest` of the first answer, and go on with that of the last page.",
)
LIMIT = Parameter(
    name="limit", kind="whole", default=str(DEFAULT_LIMIT), description="At most so many, the newest first."
)
CURSOR = Parameter(
    name="cursor",
    kind="cursor",
    description="Where to go on: `next` of the answer before, asked with the same filters.",
)
BY = Parameter(
    name="by",
    kind="choice",
    choices=("tunnel", "hub", "vrf"),
    default="tunnel",
    description="A row per tunnel, per hub (a target with all its VRFs), or per VRF of a target.",
)
REPORT_LEVEL = Parameter(
    name="level",
    kind="choice",
    choices=("child", "ike"),
    default="child",
    description="Tunnels made of CHILD SAs, or of IKE SAs; a report is about one level.",
)
SORT = Parameter(
    name="sort",
    kind="choice",
    choices=("availability", "failures", "mtbf", "volume", "rate", "sessions", "peak", "name"),
    default="availability",
    description="What comes first: the least availability, the most failures, the shortest time between failures, the "
    "largest volume, rate, number of sessions or peak, or the names in order. What is unknown comes last.",
)
REPORT_SINCE = Parameter(
    name="since",
    kind="time",
    default="-7d",
    description="Begin of the period: a date, a date and time (UTC), -24h, -7d.",
)
REPORT_UNTIL = Parameter(
    name="until", kind="time", default="now", description="End of the period, written as in `since`."
)

_FILTERS = (SINCE, UNTIL, TARGET, VRF, PEER, TUNNEL, LEVEL, REASON)
_PAGE = (LIMIT, CURSOR)
PARAMETERS: dict[str, tuple[Parameter, ...]] = {
    "sessions": (*_FILTERS, STATE, *_PAGE),
    "failures": (*_FILTERS, *_PAGE),
    "gaps": (SINCE, UNTIL, TARGET, VRF, KIND, *_PAGE),
    "events": (EVENT_SINCE, EVENT_UNTIL, TARGET, VRF, PEER, TUNNEL, SOURCE, NAME, HAPPENING, AFTER, *_PAGE),
    "report": (REPORT_SINCE, REPORT_UNTIL, BY, REPORT_LEVEL, TARGET, VRF, PEER, TUNNEL, SORT, *_PAGE),
}
"""What each question takes."""


def asked(what: str, texts: Mapping[str, str], now: float) -> dict[str, Any]:
    """Make values of a question's texts: one for each parameter, None where nothing is said and nothing goes without.

    Raises: QueryError naming the parameter that is unknown or cannot be read.
    """
    parameters = {parameter.name: parameter for parameter in PARAMETERS[what]}
    for name in texts:
        if name not in parameters:
            raise QueryError(f"{name[:40]}: is no parameter of this; there are {', '.join(parameters)}")
    values = {
        name: None if (text := texts.get(name, parameter.default)) is None else parameter.read(text, now)
        for name, parameter in parameters.items()
    }
    since, until = values["since"], values["until"]
    if since is not None and until is not None and since >= until:
        raise QueryError("until: is not after 'since'")
    return values
