from types import SimpleNamespace

import pytest

from exporters.labels import MAX_LABEL_VALUE, LabelBlocks, escape, label_pairs, label_text, reader


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("plain", "plain"),
        ('a "b" \\ c\nd', 'a \\"b\\" \\\\ c\\nd'),
        ("Zürich", "Zürich"),
        ("half \ud800 pair", "half ? pair"),
        ("\\n", "\\\\n"),
    ],
)
def test_values_are_escaped_as_both_formats_ask(text, escaped):
    """Backslash, quote and line feed; what is no Unicode is replaced."""
    assert escape(text) == escaped


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (7, "7"),
        (3600.0, "3600"),
        (0.5, "0.5"),
        ("x" * MAX_LABEL_VALUE, "x" * MAX_LABEL_VALUE),
        ("x" * (MAX_LABEL_VALUE + 1), "x" * (MAX_LABEL_VALUE - 1) + "…"),
    ],
)
def test_values_are_written_as_text(value, text):
    """Absent is empty; long texts are cut."""
    assert label_text(value) == text


def test_empty_labels_are_left_out():
    """An empty label is none, to Prometheus."""
    assert label_pairs([("a", "1"), ("b", None), ("c", ""), ("d", 2)]) == 'a="1",d="2"'


def test_readers_read_tuples():
    """Of no, one or several dotted paths."""
    row = SimpleNamespace(a=1, b=SimpleNamespace(c=2, d=3, e=SimpleNamespace(f=4, g=5)))
    assert reader([])(row) == ()
    assert reader(["b.c"])(row) == (2,)
    assert reader(["a", "b.c"])(row) == (1, 2)
    assert reader(["b.d", "b.c"])(row) == (3, 2)
    assert reader(["a", "a", "b.c", "b.d", "b.e.f", "b.e.g", "a"])(row) == (1, 1, 2, 3, 4, 5, 1)


def test_blocks_are_context_and_own_labels():
    """Either may be empty."""
    blocks = LabelBlocks([("target", "hub1"), ("vrf", "global")])
    assert blocks.block("tunnel", ["tunnel"], ("a-b",)) == '{target="hub1",vrf="global",tunnel="a-b"} '
    assert blocks.block("system", [], ()) == '{target="hub1",vrf="global"} '
    assert LabelBlocks(()).block("schedule", ["target"], ("hub1",)) == '{target="hub1"} '


def test_blocks_are_kept_while_they_are_used():
    """A series that lives keeps its block, the very object; one that went away leaves nothing behind."""
    blocks = LabelBlocks([("target", "hub1")])
    stays = blocks.block("tunnel", ["tunnel"], ("stays",))
    goes = blocks.block("tunnel", ["tunnel"], ("goes",))
    blocks.forget_unused()
    assert len(blocks) == 2
    assert blocks.block("tunnel", ["tunnel"], ("stays",)) is stays
    blocks.forget_unused()
    assert len(blocks) == 1
    again = blocks.block("tunnel", ["tunnel"], ("goes",))
    assert (again, again is goes) == (goes, False)


def test_blocks_of_different_labels_with_equal_values_differ():
    """The key tells sets of names apart."""
    blocks = LabelBlocks(())
    assert blocks.block("a", ["x"], ("1",)) != blocks.block("b", ["y"], ("1",))
