"""What outlives the daemon: where the ledger is, and how long it keeps what."""

import re
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Annotated

from pydantic import Field, ValidationInfo

from collector.config.grammar import Duration, Grammar
from collector.config.secret import Secret, SecretReference, Surroundings
from collector.config.section import Section

_DAY = 86_400.0
Days = Annotated[float, Duration(_DAY, 3650 * _DAY)]

_URL = re.compile(r"postgresql(?:\+psycopg)?://[^\x00-\x20\x7f\ud800-\udfff]+")
_OPEN_URL = re.compile(r"postgresql(?:\+psycopg)?://(?:[\w.-]+@)?[\w.:\[\]-]*/[\w.-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Directory(Grammar):
    """A directory; relative paths start at the directory of the file."""

    @property
    def words(self) -> str:
        """As in Grammar."""
        return "the path of a directory"

    def parse(self, value: object) -> FilePath:
        """Read a path with the process's own environment and directory."""
        return self._located(value, Surroundings())

    def parse_in_context(self, value: object, info: ValidationInfo) -> FilePath:
        """Read a path with the surroundings of the file."""
        return self._located(value, info.context or Surroundings())

    def _located(self, value: object, surroundings: Surroundings) -> FilePath:
        if value is None:
            # systemd lists several directories with colons between them; the first is the unit's own.
            given = surroundings.environment.get("STATE_DIRECTORY", "").partition(":")[0]
            return surroundings.directory / (given or "tunnelwatch-state")
        if isinstance(value, FilePath):
            return value
        if not isinstance(value, str) or not re.fullmatch(r"[^\x00-\x1f\x7f\ud800-\udfff]{1,1024}", value):
            raise self.refusal()
        return surroundings.directory / value

    def json_schema(self) -> dict[str, object]:
        """As in Grammar."""
        return {"type": "string"}


class LedgerUrl(SecretReference):
    """The URL of a PostgreSQL database; one without a password holds no secret and may be written as it is."""

    @property
    def words(self) -> str:
        """As in Grammar."""
        return "postgresql://user@host/database; one with a password as env:NAME or file:PATH (or plain:URL)"

    def fetch(self, value: object, surroundings: Surroundings) -> Secret:
        """As in SecretReference."""
        if isinstance(value, str) and _OPEN_URL.fullmatch(value):
            value = Secret(value.encode(), "url")
        secret = super().fetch(value, surroundings)
        if not _URL.fullmatch(secret.reveal().decode("utf-8", "replace")):
            raise ValueError("not the URL of a PostgreSQL database, such as postgresql://user@host/database")
        return secret


class RetentionConfig(Section):
    """How long the ledger keeps what."""

    sessions: Days = 400 * _DAY
    """Sessions that ended."""
    failures: Days = 90 * _DAY
    """Failed negotiations and refused packets."""
    gaps: Days = 400 * _DAY
    """Times about which the record is incomplete."""
    hours: Days = 14 * _DAY
    """What each tunnel carried in each hour."""
    days: Days = 800 * _DAY
    """What each tunnel carried on each day."""
    events: Days = 30 * _DAY
    """What happened when: notifications, and transitions that polling found."""


class StateConfig(Section):
    """What is remembered across restarts: tunnels, their accounts, and the ledger of sessions."""

    directory: Annotated[FilePath | None, Directory()] = Field(default=None, validate_default=True)
    """Where the ledger's file is. Absent: `$STATE_DIRECTORY`, which systemd sets for the service alone, else
    `tunnelwatch-state` beside this file. Written here, commands find the service's ledger too."""
    ledger: Annotated[Secret, LedgerUrl()] | None = None
    """A PostgreSQL database instead of the SQLite file in `directory`."""
    checkpoint: Annotated[float, Duration(10, 3600)] = 300.0
    """How often the counters of live tunnels are written down; what moved since then is read again after a restart."""
    retention: RetentionConfig = RetentionConfig()
    """How long the ledger keeps what."""
