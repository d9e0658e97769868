"""Where the text of a MIB module is: in a file that was named, or under its name in a folder that was."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from collector.errors import CollectorError

_SUFFIXES = ("", ".mib", ".my", ".txt", ".smi")
_BEGINNING = re.compile(r"^\s*([A-Z][A-Za-z0-9-]*)\s+(?:\{[^}]*\}\s*)?DEFINITIONS\s*::=\s*BEGIN", re.MULTILINE)


class MibError(CollectorError):
    """A MIB text that cannot be compiled; the text names file and line, or what is missing."""


class MibTexts:
    """The texts of the modules to compile, and of those that they import."""

    def __init__(self, paths: Sequence[Path], search_dirs: Sequence[Path]) -> None:
        self.paths: dict[str, Path] = {}
        """The file that each module was read from."""
        self._texts: dict[str, str] = {}
        for path in paths:
            text = _read(path)
            beginning = _BEGINNING.search(text)
            if beginning is None:
                raise MibError(f"{path}: no `NAME DEFINITIONS ::= BEGIN`: this is not the text of a MIB")
            if beginning[1] in self._texts:
                raise MibError(f"{path}: {beginning[1]} is in {self.paths[beginning[1]]} too")
            self._keep(beginning[1], path, text)
        self.modules = tuple(self._texts)
        """The modules to compile, in the order of their files."""
        beside = dict.fromkeys(path.parent for path in paths)
        self.folders = tuple(dict.fromkeys([*search_dirs, *beside]))

    def get(self, module: str) -> str | None:
        """Return the text of a module; `None` if it is nowhere.

        Raises: MibError if its file cannot be read.
        """
        if module not in self._texts:
            for path in self._candidates(module):
                if path.is_file():
                    self._keep(module, path, _read(path))
                    break
        return self._texts.get(module)

    def _candidates(self, module: str) -> Iterator[Path]:
        for folder in self.folders:
            for name in (module, module.lower()):
                for suffix in _SUFFIXES:
                    yield folder / f"{name}{suffix}"

    def _keep(self, module: str, path: Path, text: str) -> None:
        self._texts[module] = text
        self.paths[module] = path


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise MibError(f"{path}: {error.strerror}") from None
