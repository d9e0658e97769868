"""Secrets: fetched once at load, carried without ever being shown.

`env:NAME` is an environment variable, `file:PATH` the content of a file without its last line break, `plain:TEXT` the
text itself, allowed but warned about. Anything else is refused, so that nobody writes a secret in clear without meaning
to. Nothing raised here holds a secret's value or a part of it.
"""

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import GetCoreSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, core_schema

from collector.config.grammar import Grammar

MAX_OCTETS = 1024
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}", re.ASCII)
_SHOWN_PATH = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{1,1024}")


@dataclass(frozen=True, slots=True)
class Secret:
    """A community or a passphrase; `reveal()` is the only way to its octets."""

    _octets: bytes = field(repr=False)
    source: str = "plain:"
    readable_by_all: bool = False

    def reveal(self) -> bytes:
        """Give the octets, for the wire."""
        return self._octets

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format("***", spec)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a configuration may refer to: the environment, and the directory that relative paths start at."""

    environment: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    directory: Path = Path()


@dataclass(frozen=True, slots=True)
class SecretReference(Grammar):
    """Where a secret is to be had; `octets` is its least length."""

    octets: int = 1

    @property
    def words(self) -> str:
        """As in Grammar."""
        least = f"; the secret has at least {self.octets} octets" if self.octets > 1 else ""
        return f"env:NAME or file:PATH (or, in clear and warned about, plain:TEXT){least}"

    def parse(self, value: object) -> Secret:
        """Fetch the secret with the process's own environment and directory."""
        return self.fetch(value, Surroundings())

    def parse_in_context(self, value: object, info: ValidationInfo) -> Secret:
        """Fetch the secret with the surroundings of the file."""
        return self.fetch(value, info.context or Surroundings())

    def fetch(self, value: object, surroundings: Surroundings) -> Secret:
        """Fetch the secret that a text refers to.

        Raises: ValueError, which names the variable or file and never the value.
        """
        if isinstance(value, Secret):
            return value
        kind, _, rest = value.partition(":") if isinstance(value, str) else ("", "", "")
        match kind:
            case "env":
                secret = _from_environment(rest, surroundings.environment)
            case "file":
                secret = _from_file(rest, surroundings.directory)
            case "plain":
                secret = Secret(rest.encode("utf-8", "surrogatepass"), "plain:")
            case _:
                raise ValueError(f"expected {self.words}")
        return self._bounded(secret)

    def _bounded(self, secret: Secret) -> Secret:
        length = len(secret.reveal())
        whose = "" if secret.source == "plain:" else f" of {secret.source}"
        if not length:
            raise ValueError(f"the secret{whose} is empty")
        if length < self.octets:
            raise ValueError(f"the secret{whose} is shorter than {self.octets} octets (RFC 3414 section 11.2)")
        if length > MAX_OCTETS:
            raise ValueError(f"the secret{whose} is longer than {MAX_OCTETS} octets")
        return secret

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        del source, handler
        return core_schema.with_info_plain_validator_function(
            self.parse_in_context,
            serialization=core_schema.plain_serializer_function_ser_schema(str),
        )


def _from_environment(name: str, environment: Mapping[str, str]) -> Secret:
    if not _VARIABLE.fullmatch(name):
        raise ValueError("what follows env: is not the name of an environment variable")
    if name not in environment:
        raise ValueError(f"environment variable {name} is not set")
    return Secret(os.fsencode(environment[name]), f"env:{name}")


def _from_file(name: str, directory: Path) -> Secret:
    if not _SHOWN_PATH.fullmatch(name):
        raise ValueError("what follows file: is not the path of a file")
    path = directory / name
    try:
        mode, octets = _read(path)
    except OSError as error:
        raise ValueError(f"secret file {path}: {error.strerror or 'cannot be read'}") from None
    if octets is None:
        raise ValueError(f"secret file {path}: not a regular file")
    return Secret(_without_line_break(octets), f"file:{path}", readable_by_all=bool(mode & stat.S_IROTH))


def _read(path: Path) -> tuple[int, bytes | None]:
    # Without O_NONBLOCK a named pipe would hold the daemon until someone writes to it.
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:  # noqa: PTH123 - a descriptor
        mode = os.fstat(file.fileno()).st_mode
        return mode, file.read(MAX_OCTETS + 3) if stat.S_ISREG(mode) else None


def _without_line_break(octets: bytes) -> bytes:
    return octets.removesuffix(b"\r\n") if octets.endswith(b"\r\n") else octets.removesuffix(b"\n")
