"""YAML text → plain data, and where in the file each part of it stands.

Only lists, mappings and text come out: YAML's own guesses at types are not made and no tag is followed, so that nothing
else is ever constructed. Depth and what aliases expand to are bounded.
"""

from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import yaml

from collector.config.problems import InvalidConfigError, Path, Problem, path_text

MAX_DEPTH: Final = 24
MAX_VALUES: Final = 500_000

_STR = "tag:yaml.org,2002:str"
_KNOWN_TAGS = {_STR, "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"}
_NULLS = {"", "~", "null", "Null", "NULL"}

# Instead of PyYAML's, which are riddles or quote what may be a part of a secret.
_PLAIN_WORDS = {
    "undefined alias": "no such alias; quote a text that begins with *",
    "second occurrence": "the same anchor twice",
    "tag handle": "YAML tags are not supported; quote a text that begins with !",
    "another document": "more than one document",
    "mapping values are not allowed here": "a key and its colon are not expected here; quote a text that has a colon",
    "cannot start any token": "a tab or a reserved character; indent with spaces, quote a text that begins with %, @",
}


class Mark(NamedTuple):
    """A place in the file; both count from 1."""

    line: int
    column: int


class _Empty:
    """The value of a key without one; no option takes it."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "EMPTY"


EMPTY: Final = _Empty()


@dataclass(slots=True)
class Document:
    """What a file says, as dict, list, str and EMPTY, and where it says so."""

    source: str
    data: Any = EMPTY
    problems: list[Problem] = field(default_factory=list)
    values: dict[Path, Mark] = field(default_factory=dict)
    keys: dict[Path, Mark] = field(default_factory=dict)

    def problem(self, path: Path, text: str) -> Problem:
        """Make a problem at the value of a path, or at the nearest value above it that the file has."""
        place = path
        while place and place not in self.values:
            place = place[:-1]
        mark = self.values.get(place, Mark(0, 0))
        return Problem(mark.line, mark.column, path_text(path), text, self.source)

    def key_problem(self, path: Path, text: str) -> Problem:
        """Make a problem at the key that ends a path; it is named by the mapping that has the key."""
        mark = self.keys.get(path, Mark(0, 0))
        return Problem(mark.line, mark.column, path_text(path[:-1]), text, self.source)

    def existing(self, path: Path) -> Path:
        """Keep the steps of a path that the file has, so that steps of pydantic's own fall away."""
        kept: Path = ()
        for step in path:
            kept = (*kept, step) if (*kept, step) in self.values else kept
        return kept

    def at(self, path: Path) -> Any:  # noqa: ANN401 - whatever the file says
        """Give the value at a path that the file has."""
        data = self.data
        for step in path:
            data = data[step]
        return data


class _Loader(yaml.SafeLoader):
    """PyYAML as a composer of nodes only, with bounds."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own attribute: all scalars are text
    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:  # noqa: ANN401 - as PyYAML has it
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise yaml.MarkedYAMLError(None, None, "nested too deeply", self.peek_event().start_mark)  # type: ignore[no-untyped-call]
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def read_document(text: str, source: str) -> Document:
    """Read one YAML document.

    Raises: InvalidConfigError at YAML that cannot be read; duplicate keys and tags are found in `problems` instead.
    """
    node, problem = _compose(text, source)
    if problem or node is None:
        raise InvalidConfigError([problem or Problem(0, 0, "", "is empty", source)])
    document = Document(source)
    document.data = _Reader(document).read(node, ())
    return document


def _compose(text: str, source: str) -> tuple[yaml.Node | None, Problem | None]:
    """Compose the node tree, or say why not; the error is not raised here lest its context holds the text."""
    try:
        loader = _Loader(text)
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        column = len(before) - before.rfind("\n")
        return None, Problem(before.count("\n") + 1, column, "", "a character that YAML does not allow", source)
    try:
        return loader.get_single_node(), None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or loader.get_mark()
        return None, Problem(mark.line + 1, mark.column + 1, "", _in_plain_words(error), source)
    except (ValueError, OverflowError, RecursionError):
        # PyYAML lets these out for escapes beyond Unicode and version numbers beyond reason.
        mark = loader.get_mark()
        return None, Problem(mark.line + 1, mark.column + 1, "", "not valid YAML", source)


def _in_plain_words(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or ""
    if problem == "nested too deeply":
        return problem
    for sign, words in _PLAIN_WORDS.items():
        if sign in problem:
            return f"not valid YAML: {words}"
    begun = error.context_mark.line + 1 if error.context and error.context_mark else 0
    return f"not valid YAML: {problem}" + (f" ({error.context} that begins on line {begun})" if begun else "")


class _Reader:
    """Turns nodes into data; counts, so that aliases cannot expand without end."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._left = MAX_VALUES

    def read(self, node: yaml.Node, path: Path) -> Any:  # noqa: ANN401 - whatever the file says
        self._count(node, len(path))
        empty = isinstance(node, yaml.ScalarNode) and node.style is None and node.value in _NULLS
        self._document.values[path] = self._document.keys.get(path, _mark_of(node)) if empty else _mark_of(node)
        if node.tag not in _KNOWN_TAGS:
            self._document.problems.append(self._document.problem(path, "YAML tags are not supported"))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.read(item, (*path, place)) for place, item in enumerate(node.value)]
        return EMPTY if empty else node.value

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        merged: list[yaml.Node] = []
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._complain(key, path, "a key must be a text")
            elif _is_merge(key):
                merged += _merged(value)
            elif key.value in mapping:
                first = self._document.keys[*path, key.value]
                self._complain(key, path, f"the same key as on line {first.line}")
            else:
                self._document.keys[*path, key.value] = _mark_of(key)
                mapping[key.value] = self.read(value, (*path, key.value))
        for base in merged:
            self._merge(mapping, base, path)
        return mapping

    def _merge(self, mapping: dict[str, Any], base: yaml.Node, path: Path, depth: int = 0) -> None:
        """Add what `<<: *base` brings and the mapping does not say itself (https://yaml.org/type/merge.html)."""
        self._count(base, depth)
        if not isinstance(base, yaml.MappingNode):
            self._complain(base, path, "<< must be given a mapping, or a list of them")
            return
        for key, value in base.value:
            if not isinstance(key, yaml.ScalarNode):
                continue  # complained about where the base itself is read
            if _is_merge(key):
                for each in _merged(value):
                    self._merge(mapping, each, path, depth + 1)
            elif key.value not in mapping:
                self._document.keys[*path, key.value] = _mark_of(key)
                mapping[key.value] = self.read(value, (*path, key.value))

    def _count(self, node: yaml.Node, depth: int) -> None:
        self._left -= 1
        if self._left < 0 or depth > MAX_DEPTH:
            too_much = Problem(*_mark_of(node), "", "aliases expand to too much", self._document.source)
            raise InvalidConfigError([too_much])

    def _complain(self, node: yaml.Node, path: Path, text: str) -> None:
        self._document.problems.append(Problem(*_mark_of(node), path_text(path), text, self._document.source))


def _mark_of(node: yaml.Node) -> Mark:
    return Mark(node.start_mark.line + 1, node.start_mark.column + 1)


def _is_merge(key: yaml.ScalarNode) -> bool:
    return key.value == "<<" and key.style is None


def _merged(value: yaml.Node) -> list[yaml.Node]:
    return list(value.value) if isinstance(value, yaml.SequenceNode) else [value]
