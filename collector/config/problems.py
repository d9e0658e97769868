"""What is wrong, where: one line each, as a compiler writes it.

No value of the file is ever quoted here, only keys, paths and names of variables and files: a value in the wrong place
may be a secret.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from collector.errors import ConfigError

Path = tuple[str | int, ...]

SHOWN = 100
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing to mend (or, in `Config.warnings`, to think about); line and column count from 1, 0 is "the file"."""

    line: int
    column: int
    path: str
    text: str
    source: str = ""

    def __str__(self) -> str:
        position = f":{self.line}:{self.column}" if self.line else ""
        return f"{self.source}{position}: " + (f"{self.path}: " if self.path else "") + self.text


class InvalidConfigError(ConfigError):
    """A configuration that cannot be used, with everything that is wrong with it, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(set(problems)))
        super().__init__("\n".join(self._lines()))

    def _lines(self) -> list[str]:
        more = len(self.problems) - SHOWN
        return [str(problem) for problem in self.problems[:SHOWN]] + ([f"… and {more} more"] if more > 0 else [])


class Below(NamedTuple):
    """A problem at a place below the value that a validator was given."""

    path: Path
    text: str
    of_key: bool = False
    """Whether the key that ends the path is wrong, rather than its value."""


class NestedProblemsError(ValueError):
    """Raised inside a validator: problems at places below the value that it validates."""

    def __init__(self, problems: Sequence[Below]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problem.text for problem in problems))


def path_text(path: Path) -> str:
    """Write a path as the reader would: `targets[0].snmp.community`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += ("." if text else "") + (step if is_plain_key(step) else "?")
    return text


def is_plain_key(key: str) -> bool:
    """Whether a key looks like one that was meant as a key, so that it may be shown."""
    return _PLAIN_KEY.fullmatch(key) is not None
