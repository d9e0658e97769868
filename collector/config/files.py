"""Files that the configuration names and others read: certificates and their keys."""

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationInfo

from collector.config.grammar import Grammar
from collector.config.secret import Surroundings

_SHOWN_PATH = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{1,1024}")


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file that could be opened when the configuration was read."""

    path: Path
    readable_by_all: bool = False

    def __str__(self) -> str:
        return str(self.path)


@dataclass(frozen=True, slots=True)
class ReadableFile(Grammar):
    """A file that the daemon may read; relative paths start at the directory of the file."""

    holds: str

    @property
    def words(self) -> str:
        """As in Grammar."""
        return f"the path of {self.holds}"

    def parse(self, value: object) -> NamedFile:
        """Find a file from the process's own directory."""
        return self._found(value, Surroundings())

    def parse_in_context(self, value: object, info: ValidationInfo) -> NamedFile:
        """Find a file with the surroundings of the configuration."""
        return self._found(value, info.context or Surroundings())

    def _found(self, value: object, surroundings: Surroundings) -> NamedFile:
        if isinstance(value, NamedFile):
            return value
        if not isinstance(value, str) or not _SHOWN_PATH.fullmatch(value):
            raise self.refusal()
        path = surroundings.directory / value
        try:
            mode = _mode(path)
        except OSError as error:
            raise ValueError(f"{path}: {error.strerror or 'cannot be read'}") from None
        if not stat.S_ISREG(mode):
            raise ValueError(f"{path}: not a regular file")
        return NamedFile(path, bool(mode & stat.S_IROTH))

    def json_schema(self) -> dict[str, object]:
        """As in Grammar."""
        return {"type": "string"}


def _mode(path: Path) -> int:
    # Opened, since only that tells whether it can be; without O_NONBLOCK a named pipe would hold the daemon.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return os.fstat(descriptor).st_mode
    finally:
        os.close(descriptor)
