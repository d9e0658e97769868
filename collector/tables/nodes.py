"""A YAML document read strictly: every entry knows its line, every scalar is text until something asks for more.

Reading nodes instead of Python objects keeps `1.10` from becoming a float, `on` from becoming a boolean, and a key
that is written twice from disappearing.
"""

from collections.abc import Collection, Iterator

import yaml

from collector.errors import TableError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Entry:
    """One value of a table file with the place that an error about it names."""

    __slots__ = ("_file", "_line", "_node", "_where")

    def __init__(self, file: str, node: yaml.Node, where: str = "", key: yaml.Node | None = None) -> None:
        self._file = file
        self._node = node
        self._where = where
        self._line = (key or node).start_mark.line + 1

    def error(self, problem: str) -> TableError:
        """Build the error that names file, line and entry."""
        where = f"{self._where}: " if self._where else ""
        return TableError(f"{self._file}:{self._line}: {where}{problem}")

    def text(self) -> str:
        """Return the scalar as it is written."""
        if not isinstance(self._node, yaml.ScalarNode):
            raise self.error("must be a single value")
        return str(self._node.value)

    def whole(self) -> int:
        """Return the scalar as a whole number, 0 or above."""
        text = self.text()
        if not (text.isascii() and text.isdigit()):
            raise self.error(f"{text!r} is not a whole number")
        return int(text)

    def flag(self) -> bool:
        """Return the scalar as `true` or `false`."""
        text = self.text()
        if text not in {"true", "false"}:
            raise self.error(f"{text!r} is neither true nor false")
        return text == "true"

    def choice(self, allowed: Collection[str]) -> str:
        """Return the scalar as one of the allowed words."""
        text = self.text()
        if text not in allowed:
            raise self.error(f"{text!r} is not one of {', '.join(sorted(allowed))}")
        return text

    def items(self) -> Iterator[tuple[str, "Entry"]]:
        """Yield the keys of a mapping with their entries, in order; refuse a key that is written twice."""
        if not isinstance(self._node, yaml.MappingNode):
            raise self.error("must be a mapping (key: value)")
        seen = set()
        for key, value in self._node.value:
            name = Entry(self._file, key, self._where).text()
            if name in seen:
                raise Entry(self._file, key, self._where).error(f"{name!r} is written twice")
            seen.add(name)
            yield name, Entry(self._file, value, f"{self._where}.{name}" if self._where else name, key)

    def mapping(self, *, required: Collection[str] = (), optional: Collection[str] = ()) -> dict[str, "Entry"]:
        """Return the entries of a mapping by key; refuse unknown keys and missing ones."""
        entries = {}
        for name, entry in self.items():
            if name not in required and name not in optional:
                known = ", ".join(sorted({*required, *optional}))
                raise entry.error(f"unknown key; known here: {known}")
            entries[name] = entry
        missing = [name for name in required if name not in entries]
        if missing:
            raise self.error(f"{missing[0]!r} is missing")
        return entries

    def sequence(self) -> list["Entry"]:
        """Return the entries of a sequence."""
        if not isinstance(self._node, yaml.SequenceNode):
            raise self.error("must be a list")
        return [Entry(self._file, node, self._where) for node in self._node.value]


def read(file: str, text: str) -> Entry:
    """Parse one YAML document.

    Raises: TableError if it is not YAML, or empty.
    """
    try:
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise TableError(f"{file}:{line}: not YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise TableError(f"{file}: not YAML: {error}") from None
    if node is None:
        raise TableError(f"{file}: is empty")
    return Entry(file, node)
