"""YAML becomes plain data with positions, within bounds."""

import pytest

from collector.config import document as document_module
from collector.config.document import EMPTY, MAX_DEPTH, Document, Mark, read_document
from collector.config.problems import InvalidConfigError


def error_of(text):
    """Read a text that must be refused, and give what is said about it."""
    with pytest.raises(InvalidConfigError) as caught:
        read_document(text, "f.yaml")
    return str(caught.value)


def found_in(text):
    """Read a text that can be read around its problems, and give them."""
    return [str(problem) for problem in read_document(text, "f.yaml").problems]


def test_scalars_are_text():
    """No scalar is taken for a number, a truth or a date."""
    assert read_document("[no, 010, 1:30, 2c, 1e3, 2024-01-01, 0x1f, 'null', \"\"]", "f").data == [
        "no", "010", "1:30", "2c", "1e3", "2024-01-01", "0x1f", "null", "",
    ]  # fmt: skip


def test_no_value():
    """A key without a value is told from one with an empty text."""
    assert read_document("{a: , b: ~, c: null, d: ''}", "f").data == {"a": EMPTY, "b": EMPTY, "c": EMPTY, "d": ""}
    assert repr(EMPTY) == "EMPTY"
    assert not EMPTY


def test_positions():
    """Every key and value has its line and column, from 1."""
    document = read_document("a:\n  - b: c\n    d: [e]\n", "f")
    assert document.keys["a", 0, "d"] == Mark(3, 5)
    assert document.values["a", 0, "d", 0] == Mark(3, 9)
    assert document.values["a",] == Mark(2, 3)
    assert document.at(("a", 0, "d", 0)) == "e"


def test_problem_above():
    """A problem at what the file does not have is shown where it would be."""
    document = read_document("a:\n  b: c\n", "f")
    assert str(document.problem(("a", "x", "y"), "missing")) == "f:2:3: a.x.y: missing"
    assert str(Document("f").problem((), "odd")) == "f: odd"


def test_steps_that_the_file_has():
    """Steps that pydantic adds to a path fall away."""
    document = read_document("a: [{b: c}]", "f")
    assert document.existing(("a", "<list>", 0, "<kind>", "b", "[key]")) == ("a", 0, "b")


def test_duplicate_keys():
    """A key given twice is reported at its second place; the first one counts."""
    text = "a: 1\nb:\n  c: 1\n  c: 2\na: 2\n"
    assert found_in(text) == ["f.yaml:4:3: b: the same key as on line 3", "f.yaml:5:1: the same key as on line 1"]
    assert read_document(text, "f").data == {"a": "1", "b": {"c": "1"}}


def test_keys_are_texts():
    """A list is no key."""
    assert found_in("? [a]\n: b\n") == ["f.yaml:1:3: a key must be a text"]


@pytest.mark.parametrize("text", ["a: !!python/object:os.system x", "a: !secret x", "!!set {a}", "a: !!binary aGk="])
def test_tags_are_refused(text):
    """No tag is followed, and none is shown."""
    (problem,) = found_in(text)
    assert problem.endswith("YAML tags are not supported")


def test_harmless_tags():
    """Tags that say what is so anyway do no harm."""
    document = read_document("!!map {a: !!str 1, b: !!seq [c]}", "f")
    assert (document.data, document.problems) == ({"a": "1", "b": ["c"]}, [])


def test_aliases():
    """What an alias stands for is found where it was written."""
    document = read_document("x: &x\n  a: 1\ny: *x\n", "f")
    assert document.data["y"] == {"a": "1"}
    assert document.values["y", "a"] == Mark(2, 6)


def test_merge_keys():
    """What a mapping says itself counts before what it merges, and earlier bases before later ones."""
    text = """
        one: &one {a: 1, b: 1}
        two: &two {<<: *one, b: 2, c: 2}
        three: {b: 3, <<: [*two, {c: 4, d: 4}]}
    """
    document = read_document(text, "f")
    assert document.data["three"] == {"a": "1", "b": "3", "c": "2", "d": "4"}
    assert document.problems == []
    assert document.keys["three", "a"] == Mark(2, 20)


def test_quoted_merge_key():
    """A quoted << is a key like any other."""
    assert read_document("'<<': {a: b}", "f").data == {"<<": {"a": "b"}}


def test_merge_of_no_mapping():
    """Only mappings can be merged."""
    assert found_in("a: {<<: b}") == ["f.yaml:1:9: a: << must be given a mapping, or a list of them"]


def test_merged_keys_are_texts():
    """An odd key in a base is reported once, where it stands."""
    assert found_in("x: &x\n  ? [a]\n  : b\ny: {<<: *x}") == ["f.yaml:2:5: x: a key must be a text"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "f.yaml: is empty"),
        ("# nothing\n", "f.yaml: is empty"),
        ("a: b\nc: \x01", "f.yaml:2:4: a character that YAML does not allow"),
        ("\x00", "f.yaml:1:1: a character that YAML does not allow"),
        ("[" * 100, f"f.yaml:1:{MAX_DEPTH + 1}: nested too deeply"),
    ],
)
def test_what_cannot_be_read(text, error):
    """A text that YAML has no room for is refused with its position."""
    assert error_of(text) == error


@pytest.mark.parametrize(
    ("text", "place", "error"),
    [
        (
            "a: 1\n\tb: 2\n",
            "2:1",
            "a tab or a reserved character; indent with spaces, quote a text that begins with %, @",
        ),
        ("a: @hunter2", "1:4", "a tab or a reserved character; indent with spaces, quote a text that begins with %, @"),
        ("a: [1,\n2", "2:2", "expected ',' or ']', but got '<stream end>' (while parsing a flow sequence {line 1})"),
        ('a: "b', "1:6", "found unexpected end of stream (while scanning a quoted scalar {line 1})"),
        ("a: b: c", "1:5", "a key and its colon are not expected here; quote a text that has a colon"),
        ("a: *hunter2", "1:4", "no such alias; quote a text that begins with *"),
        ("a: &hunter2 b\nc: &hunter2 d", "2:4", "the same anchor twice"),
        ("a: !hunter2!x y", "1:4", "YAML tags are not supported; quote a text that begins with !"),
        ("---\na: b\n---\nc: d\n", "3:1", "more than one document"),
    ],
)
def test_what_is_not_yaml(text, place, error):
    """What is not YAML is refused with its position, and without what could be a secret."""
    assert error_of(text) == f"f.yaml:{place}: not valid YAML: " + error.replace("{line 1}", "that begins on line 1")


def test_what_the_yaml_library_stumbles_over():
    """An escape beyond Unicode raises ValueError in PyYAML; here it is refused like the rest."""
    assert error_of('a: "\\Uffffffff"') == "f.yaml:1:7: not valid YAML"


@pytest.fixture
def few_values(monkeypatch):
    """Make the bound small enough for a quick test; what is refused would expand to 10^11 values."""
    monkeypatch.setattr(document_module, "MAX_VALUES", 10_000)


@pytest.mark.usefixtures("few_values")
def test_alias_bomb():
    """Aliases that expand exponentially are refused when they have expanded to too much."""
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert error_of("a0: &a0 x\n" + "\n".join(levels)).endswith("aliases expand to too much")


@pytest.mark.usefixtures("few_values")
def test_merge_bomb():
    """The same of merge keys, which add nothing but time."""
    levels = [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 12)]
    assert error_of("a0: &a0 {}\n" + "\n".join(levels)).endswith("aliases expand to too much")


@pytest.mark.parametrize("text", ["&a [*a]", "&a {b: *a}", "&a {<<: *a}", "&a {<<: [*a, *a]}"])
def test_what_contains_itself(text):
    """What contains itself is refused."""
    assert error_of(text).endswith("aliases expand to too much")
