"""How one value is written: each class reads the text of a scalar, says what it expects, and bounds it.

A scalar's type comes from the option that it belongs to, never from YAML's guesses: `vrf: no` is the VRF "no",
`port: 0161` is 161. Each `parse` raises ValueError with a text that can stand in an error and never quotes the value.
"""

import re
from abc import abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_NUMBER = re.compile(r"\d{1,12}(?:\.\d{1,6})?", re.ASCII)
_DURATION = re.compile(r"(?:(\d{1,12}(?:\.\d{1,6})?)(ms|s|m|h|d))", re.ASCII)
_WHOLE = re.compile(r"\d{1,12}", re.ASCII)


class Grammar:
    """The base of all: an annotation that pydantic asks for a validator and the documentation asks for words."""

    @property
    @abstractmethod
    def words(self) -> str:
        """What may be written, as it stands in docs/config.md and in errors after "expected"."""

    @abstractmethod
    def parse(self, value: object) -> Any:  # noqa: ANN401 - each grammar narrows it
        """Read a scalar's text, or take a value that already has the right type."""

    def parse_in_context(self, value: object, info: ValidationInfo) -> Any:  # noqa: ANN401 - as above
        """Read a value whose meaning depends on where the file lies or on the environment."""
        del info
        return self.parse(value)

    def show(self, value: Any) -> str:  # noqa: ANN401 - the type that parse returns
        """Write a value as the operator would write it."""
        return str(value)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - pydantic's own signature
        del source, handler
        return core_schema.with_info_plain_validator_function(self.parse_in_context)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        del schema, handler
        return self.json_schema()

    def json_schema(self) -> JsonSchemaValue:
        """Say to editors what YAML's guess at the type may be."""
        return {"type": ["string", "number"]}

    def refusal(self) -> ValueError:
        """Make the error that says what was expected."""
        return ValueError(f"expected {self.words}")


@dataclass(frozen=True, slots=True)
class Duration(Grammar):
    """Seconds as a float, from `30s`, `5m`, `1h30m`, `500ms` or a plain number of seconds."""

    low: float
    high: float

    @property
    def words(self) -> str:
        """As in Grammar."""
        such = "500ms or 2s" if self.high < _UNITS["h"] else "30s, 5m or 1h30m"
        if self.low >= _UNITS["d"]:
            such = "14d or 400d"
        return f"a duration from {duration_text(self.low)} to {duration_text(self.high)}, such as {such}"

    def parse(self, value: object) -> float:
        """As in Grammar; seconds."""
        seconds = _duration(value)
        if seconds is None or not self.low <= seconds <= self.high:
            raise self.refusal()
        return seconds

    def show(self, value: float) -> str:
        """As in Grammar."""
        return duration_text(value)


def _duration(value: object) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, str):
        return None
    if _NUMBER.fullmatch(value):
        return float(value)
    parts = list(_DURATION.finditer(value))
    sizes = [_UNITS[part[2]] for part in parts]
    if not parts or "".join(part[0] for part in parts) != value or sizes != sorted(set(sizes), reverse=True):
        return None
    return sum(float(part[1]) * _UNITS[part[2]] for part in parts)


def duration_text(seconds: float) -> str:
    """Write seconds the short way: 90 is `1m30s`, 0.5 is `500ms`."""
    milliseconds = round(seconds * 1000)
    text = ""
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        count, milliseconds = divmod(milliseconds, size)
        text += f"{count}{unit}" if count else ""
    return text or "0s"


@dataclass(frozen=True, slots=True)
class Percent(Grammar):
    """A share as a float from 0 to 1, from `10%`."""

    high: int

    @property
    def words(self) -> str:
        """As in Grammar."""
        return f"a percentage from 0% to {self.high}%, such as 10%"

    def parse(self, value: object) -> float:
        """As in Grammar; a share of 1."""
        share = None
        if isinstance(value, str) and value[-1:] == "%" and _NUMBER.fullmatch(value[:-1].rstrip()):
            share = float(value[:-1]) / 100
        elif isinstance(value, int | float) and not isinstance(value, bool):
            share = float(value)
        elif value == "0":
            share = 0.0
        if share is None or not 0 <= share <= self.high / 100:
            raise self.refusal()
        return share

    def show(self, value: float) -> str:
        """As in Grammar."""
        return f"{value * 100:g}%"


@dataclass(frozen=True, slots=True)
class Whole(Grammar):
    """A whole number within bounds."""

    low: int
    high: int

    @property
    def words(self) -> str:
        """As in Grammar."""
        return f"a whole number from {self.low} to {self.high}"

    def parse(self, value: object) -> int:
        """As in Grammar."""
        number = value if isinstance(value, int) and not isinstance(value, bool) else None
        if isinstance(value, str) and _WHOLE.fullmatch(value):
            number = int(value)
        if number is None or not self.low <= number <= self.high:
            raise self.refusal()
        return number

    def json_schema(self) -> JsonSchemaValue:
        """As in Grammar."""
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, slots=True)
class Flag(Grammar):
    """True or false; yes, no, on and off too, as YAML people write them."""

    @property
    def words(self) -> str:
        """As in Grammar."""
        return "true or false"

    def parse(self, value: object) -> bool:
        """As in Grammar."""
        text = str(value).lower() if isinstance(value, str | bool) else ""
        if text not in {"true", "false", "yes", "no", "on", "off"}:
            raise self.refusal()
        return text in {"true", "yes", "on"}

    def show(self, value: object) -> str:
        """As in Grammar."""
        return "true" if value else "false"

    def json_schema(self) -> JsonSchemaValue:
        """As in Grammar."""
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Choice(Grammar):
    """One word of a list."""

    options: tuple[str, ...]

    @property
    def words(self) -> str:
        """As in Grammar."""
        *first, last = self.options
        return f"{', '.join(first)} or {last}" if first else last

    def parse(self, value: object) -> str:
        """As in Grammar."""
        if not isinstance(value, str) or value not in self.options:
            raise self.refusal()
        return value

    def json_schema(self) -> JsonSchemaValue:
        """As in Grammar."""
        return {"enum": [*self.options, *(int(option) for option in self.options if option.isdigit())]}


@dataclass(frozen=True, slots=True)
class Protocol(Grammar):
    """A member of an enumeration of algorithms, whatever the case, hyphens and underscores."""

    members: type[StrEnum]
    synonyms: tuple[tuple[str, str], ...] = ()

    @property
    def words(self) -> str:
        """As in Grammar."""
        return Choice(tuple(member.value for member in self.members)).words

    def parse(self, value: object) -> StrEnum:
        """As in Grammar."""
        folded = re.sub(r"[-_ ]", "", value).upper() if isinstance(value, str) else ""
        folded = dict(self.synonyms).get(folded, folded)
        for member in self.members:
            if member.value.replace("-", "") == folded:
                return member
        raise self.refusal()

    def json_schema(self) -> JsonSchemaValue:
        """As in Grammar."""
        return {"anyOf": [{"enum": [member.value for member in self.members]}, {"type": "string"}]}


@dataclass(frozen=True, slots=True)
class Text(Grammar):
    """Text of a bounded number of octets, in a pattern where the field has one."""

    means: str
    pattern: str = r"[^\x00-\x1f\x7f\ud800-\udfff]+"
    octets: int = 255

    @property
    def words(self) -> str:
        """As in Grammar."""
        return f"{self.means}, at most {self.octets} octets"

    def parse(self, value: object) -> str:
        """As in Grammar."""
        if not isinstance(value, str) or not re.fullmatch(self.pattern, value):
            raise self.refusal()
        if len(value.encode()) > self.octets:
            raise self.refusal()
        return value


LabelName = Annotated[str, Text("a label name as Prometheus has them", r"(?!__)[A-Za-z_][A-Za-z0-9_]*", 64)]
LabelValue = Annotated[str, Text("the value of a label")]
MAX_LABELS: Final = 16


@dataclass(frozen=True, slots=True)
class HexOctets(Grammar):
    """Octets in hexadecimal, `0x` and colons allowed."""

    low: int
    high: int

    @property
    def words(self) -> str:
        """As in Grammar."""
        return f"{self.low} to {self.high} octets in hexadecimal, such as 80000009030050568a1b2c"

    def parse(self, value: object) -> bytes:
        """As in Grammar."""
        octets = value if isinstance(value, bytes) else b""
        if isinstance(value, str):
            digits = value.removeprefix("0x").replace(":", "")
            octets = bytes.fromhex(digits) if re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", digits) else b""
        if not self.low <= len(octets) <= self.high:
            raise self.refusal()
        return octets
