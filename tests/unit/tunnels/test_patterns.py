import re
from fnmatch import fnmatchcase
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.tunnels.patterns import (
    MAX_MATCHED,
    address_of,
    expression,
    expression_in,
    glob,
    is_exact,
    network_of,
    network_text,
    template,
)


@given(st.text("ab*", max_size=8), st.text("ab", max_size=10))
def test_globs(pattern, text):
    """A star stands for any text, also for none; the standard library's slower matching is the oracle."""
    assert glob(pattern)(text) == fnmatchcase(text, pattern)
    assert is_exact(pattern) == ("*" not in pattern)


@pytest.mark.parametrize(
    ("written", "text"),
    [("192.0.2.7", "192.0.2.7"), ("192.0.2.7/32", "192.0.2.7"), ("2001:DB8::/32", "2001:db8::/32"), ("::1", "::1")],
)
def test_networks(written, text):
    """A prefix of all bits is an address."""
    assert network_text(network_of(written)) == text


@pytest.mark.parametrize("text", ["192.0.2.7/24", "hub", ""])
def test_what_is_no_network(text):
    """Host bits are refused, and nothing is quoted."""
    with pytest.raises(ValueError, match=r"^expected an address or a prefix"):
        network_of(text)


def test_addresses():
    """What is no address is none."""
    assert str(address_of("192.0.2.7")) == "192.0.2.7"
    assert [address_of(text) for text in (None, "", "hub")] == [None] * 3


def test_expressions_are_written_between_slashes():
    """A lone slash is a text."""
    assert [expression_in(text) for text in ("/a+/", "//", "/", "a/", "/a")] == ["a+", "", None, None, None]


@pytest.mark.parametrize(
    ("text", "matched"),
    [
        (r"(?P<site>[a-z]+)-r\d+\.(?:[a-z]+)\.example\.(net|org|com)", "paris-r1.fr.example.org"),
        (r"(?i)VPN(-lab)?\(a\)[^]()+*]+", "vpn(a)x"),
        (r"a{3}b{2,}c{,2}|d*?", "aaabb"),
        (r"[]()+]{2}\)+", "(])))"),
        (r"", ""),
    ],
)
def test_usual_expressions(text, matched):
    """Groups, alternatives, classes, escapes and repetitions of single characters."""
    assert expression(text).fullmatch(matched)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("(a+)+", "a group may not be repeated"),
        ("(?:a|a)*", "a group may not be repeated"),
        ("(a){2}", "a group may not be repeated"),
        ("(?=a)", "groups may be written as"),
        ("(?x)(a) +", "groups may be written as"),
        ("(?P<a>b)(?P=a)", "groups may be written as"),
        (".*.*.*.*.*", "too many repetitions"),
        ("a?" * 13, "too many repetitions"),
        ("(a|aa)" * 25, "too many repetitions"),
        ("(" + "|".join("a" * 26) + ")" + "a*" * 4, "too many repetitions"),
        ("a" * 256, "may have 255 characters"),
        ("(", "at its character 1$"),
        (")", "at its character 1$"),
        ("a**", "at its character 3$"),
        ("[[a]", "not a regular expression$"),
        ("a{99999999999}", "not a regular expression$"),
    ],
)
def test_expressions_that_are_refused(text, problem):
    """What could take exponential time, what is too long, what is no expression; none is quoted."""
    with pytest.raises(ValueError, match=problem) as caught:
        expression(text)
    assert text not in str(caught.value) or len(text) == 1


@given(st.text(r"ab.*+?|()[]{},1\-^", max_size=24), st.text("ab", max_size=MAX_MATCHED))
@settings(max_examples=300, deadline=None)
def test_no_expression_takes_long(pattern, text):
    """Whatever is accepted ends soon on whatever text."""
    try:
        compiled = expression(pattern)
    except ValueError:
        return
    assert isinstance(compiled, re.Pattern)
    begin = process_time()
    compiled.fullmatch(text + "x")
    assert process_time() - begin < 10


def test_templates():
    """Text and fields in turn; braces are doubled."""
    assert template("a{site}-{{b}}") == (("a", "site"), ("-{", None), ("b}", None))


@pytest.mark.parametrize("text", ["{", "}", "{a", "{a!r}", "{a:>9}"])
def test_templates_that_are_refused(text):
    """A field is a name and nothing else."""
    with pytest.raises(ValueError, match=r"brace"):
        template(text)
