"""YAML read strictly: lines in errors, no silent conversions, no lost keys."""

import pytest

from collector.errors import TableError
from collector.tables.nodes import read


def test_scalars_are_text():
    """What YAML would turn into a float, a boolean or nothing stays as it is written."""
    entries = dict(read("a.yaml", "a: 1.10\nb: on\nc: null\nd: 010\n").items())
    assert [entry.text() for entry in entries.values()] == ["1.10", "on", "null", "010"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: [", "a.yaml:2: not YAML"),
        ("\ta: 1", "a.yaml:1: not YAML"),
        ("a: \x00", "a.yaml: not YAML"),
        ("", "a.yaml: is empty"),
        ("# nothing\n", "a.yaml: is empty"),
    ],
)
def test_not_yaml(text, problem):
    """What is not YAML, or nothing at all, is refused with its line where there is one."""
    with pytest.raises(TableError, match=problem):
        read("a.yaml", text)


def test_a_key_written_twice():
    """The second of two equal keys is an error at its line, not the one that wins."""
    with pytest.raises(TableError, match=r"^a.yaml:3: x: 'b' is written twice$"):
        list(dict(read("a.yaml", "x:\n  b: 1\n  b: 2\n").items())["x"].items())


def test_unknown_and_missing_keys():
    """A misspelt key is named with its line and what was possible; a missing one with the place that lacks it."""
    entry = read("a.yaml", "oid: 1.3\nclas: static\n")
    with pytest.raises(TableError, match=r"^a.yaml:2: clas: unknown key; known here: class, oid$"):
        entry.mapping(required=("oid",), optional=("class",))
    with pytest.raises(TableError, match=r"^a.yaml:1: 'class' is missing$"):
        entry.mapping(required=("class", "oid"), optional=("clas",))


@pytest.mark.parametrize(
    ("ask", "text", "problem"),
    [
        ("text", "a: [1]", "a: must be a single value"),
        ("whole", "a: -1", "a: '-1' is not a whole number"),
        ("whole", "a: \u0661", "a: .\u0661. is not a whole number"),
        ("whole", "a: 1.5", "a: '1.5' is not a whole number"),
        ("flag", "a: yes", "a: 'yes' is neither true nor false"),
        ("items", "a: 1", r"a: must be a mapping"),
        ("sequence", "a: 1", "a: must be a list"),
    ],
)
def test_shapes(ask, text, problem):
    """Each kind of value is asked for by name, and anything else is refused at its line."""
    entry = dict(read("a.yaml", text).items())["a"]
    with pytest.raises(TableError, match=rf"^a.yaml:1: {problem}"):
        list(getattr(entry, ask)())


def test_keys_are_single_values():
    """A list as a key is refused."""
    with pytest.raises(TableError, match="must be a single value"):
        list(read("a.yaml", "[1]: 2").items())


def test_values():
    """Whole numbers, flags, choices and lists come out typed."""
    entries = dict(read("a.yaml", "n: 42\nt: true\nf: false\nc: static\nl: [x, y]\n").items())
    assert entries["n"].whole() == 42
    assert entries["t"].flag() is True
    assert entries["f"].flag() is False
    assert entries["c"].choice(("static", "gauge")) == "static"
    assert [item.text() for item in entries["l"].sequence()] == ["x", "y"]
    with pytest.raises(TableError, match=r"^a.yaml:4: c: 'static' is not one of counter, gauge$"):
        entries["c"].choice(("gauge", "counter"))
