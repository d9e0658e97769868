"""Patterns that tunnels are matched with: globs, prefixes and regular expressions, each of bounded cost.

What they are matched against comes from the other side of a tunnel, so that no pattern may take long on any text.
Errors never quote the pattern: it may be a secret in the wrong place.
"""

import re
import warnings
from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from string import Formatter
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

MAX_MATCHED = 255
"""Characters of a text that a regular expression is tried on; longer ones do not match."""
MAX_EXPRESSION = 255
"""Characters of a regular expression."""
MAX_CHOICES = 24
"""Bits of choice of a regular expression: a repetition counts 6, `?` 2, alternatives their logarithm; the worst that is
allowed takes about a second."""

_REPETITION = r"(?:[*+?]|\{\d*,?\d*\})[?+]?"
_TOKEN = re.compile(
    rf"(?P<skipped>\\.|\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<opened>\((?:\?:|\?P<\w+>)?(?!\?))|(?P<closed>\)(?:{_REPETITION})?)"
    rf"|(?P<alternative>\|)|(?P<repeated>{_REPETITION})|(?P<odd>\()|.",
    re.DOTALL | re.ASCII,
)
_FIXED = re.compile(r"\{\d*\}[?+]?", re.ASCII)


def glob(pattern: str) -> Callable[[str], bool]:
    """Make the test of a pattern in which * stands for any text; it takes linear time."""
    first, *others = pattern.split("*")
    if not others:
        return pattern.__eq__
    *between, last = others

    def matches(text: str) -> bool:
        if not text.startswith(first):
            return False
        place = len(first)
        for part in between:
            found = text.find(part, place)
            if found < 0:
                return False
            place = found + len(part)
        return len(text) - len(last) >= place and text.endswith(last)

    return matches


def is_exact(pattern: str) -> bool:
    """Whether a glob stands for one text only."""
    return "*" not in pattern


@lru_cache(maxsize=16_384)
def network_of(text: str) -> Network:
    """Read an address, as the prefix of all its bits, or a prefix.

    Raises:
        ValueError: It is neither, or the prefix has bits beyond its length.
    """
    try:
        return ip_network(text)
    except ValueError:
        raise ValueError("expected an address or a prefix, such as 192.0.2.7 or 192.0.2.0/24") from None


def network_text(network: Network) -> str:
    """Write a prefix; one of a single address as that address."""
    alone = network.prefixlen == network.max_prefixlen
    return str(network.network_address) if alone else str(network)


def address_of(text: str | None) -> Address | None:
    """Read an address; None if it is none."""
    try:
        return ip_address(text) if text else None
    except ValueError:
        return None


def expression_in(pattern: str) -> str | None:
    """Give the regular expression of a text written as /expression/; None if it is written otherwise."""
    return pattern[1:-1] if len(pattern) > 1 and pattern[0] == pattern[-1] == "/" else None


@lru_cache(maxsize=16_384)
def expression(text: str) -> re.Pattern[str]:
    """Compile a regular expression that takes bounded time on any text of `MAX_MATCHED` characters.

    Raises:
        ValueError: It is none, or could take too long: groups may not be repeated, and choices are bounded.
    """
    if len(text) > MAX_EXPRESSION:
        raise ValueError(f"a regular expression may have {MAX_EXPRESSION} characters")
    if _choices(text.removeprefix("(?i)")) > MAX_CHOICES:
        raise ValueError("the regular expression has too many repetitions and alternatives; it could take too long")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return re.compile(text)
        except (re.error, Warning, OverflowError, RecursionError) as error:
            place = getattr(error, "pos", None)
            where = "" if place is None else f", at its character {place + 1}"
            raise ValueError(f"not a regular expression{where}") from None


def _choices(text: str) -> int:
    """Bound from above, in bits, in how many ways a text can be matched: groups are no more than their parts."""
    bits, alternatives = 0, [1]
    for token in _TOKEN.finditer(text):
        match token.lastgroup:
            case "opened":
                alternatives.append(1)
            case "closed":
                bits += (alternatives.pop() - 1).bit_length() + _optional(token["closed"][1:])
                alternatives = alternatives or [1]
            case "alternative":
                alternatives[-1] += 1
            case "repeated":
                bits += _bits(token["repeated"])
            case "odd":
                raise ValueError("groups may be written as (…), (?:…) and (?P<name>…) only")
    return bits + sum((count - 1).bit_length() for count in alternatives)


def _optional(repetition: str) -> int:
    if repetition and not repetition.startswith("?"):
        raise ValueError("a group may not be repeated, only made optional by ?")
    return 2 if repetition else 0


def _bits(repetition: str) -> int:
    if _FIXED.fullmatch(repetition):
        return 0
    return 2 if repetition.startswith("?") else 6


def template(text: str) -> tuple[tuple[str, str | None], ...]:
    """Part a template into pairs of text and the field after it; `{{` and `}}` are braces.

    Raises:
        ValueError: A brace is open, or a field is more than a name.
    """
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        raise ValueError("a brace that is not closed or not opened; write {{ and }} for braces") from None
    if any(field is not None and (specification or conversion) for _, field, specification, conversion in parts):
        raise ValueError("a field is a name in braces, such as {site}")
    return tuple((literal, field) for literal, field, _, _ in parts)
