"""What tunnels are called and what is expected of them: as the configuration says, else as they are learned.

Rules are tried in their order and the first that matches counts. They are found by target, peer and identity, so that
thousands of them cost no more than a few.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from collector.model import Expectation, Level
from collector.tunnels.names import Identity, name_of, peer_of
from collector.tunnels.rule import ANY_PEER, CompiledRule, Rule, identity_text
from collector.tunnels.rule_index import RuleIndex

__all__ = ["ANY_PEER", "Learning", "Named", "Placeholder", "Rule", "Rules"]

MAX_REMEMBERED = 131_072
"""Identities whose names are kept at hand."""


class Named(NamedTuple):
    """What is known of a tunnel by its identity alone."""

    name: str
    peer: str
    expectation: Expectation = "no"
    configured: bool = False
    description: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    tracked: bool = True
    """False where the target learns nothing and no rule matches: shown while it lives, neither remembered nor
    accounted."""


class Placeholder(NamedTuple):
    """A tunnel that the configuration names exactly, to be shown as down before it was ever seen."""

    level: Level
    named: Named
    local: str | None
    remote: str | None
    selectors: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """What becomes of tunnels that no rule matches."""

    enabled: bool = True
    expected: Expectation = "no"
    forget_after_seconds: float = 30 * 86_400.0
    """How long one that is down is remembered."""


class Rules:
    """All rules, in their order, and what each target learns.

    Args:
        rules: The first that matches counts.
        learning: By target, where it is not `default`.
        default: For all other targets.

    Raises:
        ValueError: A pattern or a name that cannot be used; the configuration has checked them.
    """

    def __init__(
        self,
        rules: Sequence[Rule] = (),
        learning: Mapping[str, Learning] = MappingProxyType({}),
        default: Learning = Learning(),
    ) -> None:
        self._rules = tuple(map(CompiledRule, rules))
        self._index = RuleIndex(self._rules)
        self._learning, self._default = dict(learning), default
        self._names: dict[tuple[object, ...], Named] = {}
        self._placeholders = _by_target(self._rules)
        self.asks_for_ike = any(rule.asks_for_ike for rule in self._rules)
        """Whether the name of a CHILD SA can depend on the IKE SA that made it."""

    def name(self, identity: Identity, ike: Identity | None = None) -> Named:
        """Name a tunnel; `ike` is the IKE SA that made a CHILD SA, if it is known."""
        key: tuple[object, ...] = (identity, ike) if ike and self.asks_for_ike else identity
        named = self._names.get(key)
        if named is None:
            named = self._classified(identity, ike)
            if len(self._names) >= MAX_REMEMBERED:
                self._names.clear()
            self._names[key] = named
        return named

    def expected(self, target: str, vrf: str) -> tuple[Placeholder, ...]:
        """Give the tunnels to be shown as down before they were ever seen.

        They are those of rules with exact targets and a name without fields. A rule without VRFs gives them in whatever
        context is asked about: the configuration has such a rule only where the target has one context.
        """
        rules = self._placeholders.get(target, ())
        return tuple(each for rule in rules if rule.is_determined_in(vrf) for each in _placeholders(rule))

    def learning_of(self, target: str) -> Learning:
        """Say what becomes of the tunnels of a target that no rule matches."""
        return self._learning.get(target, self._default)

    def _classified(self, identity: Identity, ike: Identity | None) -> Named:
        told = identity_text(identity if identity.kind == "ike" else ike)
        for rule in self._index.candidates(identity, told):
            groups = rule.groups(identity, told)
            if groups is not None:
                return _named(rule, identity.kind, *rule.called(identity, told, groups))
        learning = self.learning_of(identity.target)
        expectation: Expectation = learning.expected if learning.enabled else "no"
        return Named(name_of(identity), peer_of(identity), expectation, tracked=learning.enabled)


def _named(rule: CompiledRule, level: Level, name: str, peer: str) -> Named:
    return Named(name, peer, rule.expectation(level), True, rule.rule.description, rule.rule.labels)  # noqa: FBT003 - configured


def _by_target(rules: Sequence[CompiledRule]) -> dict[str, list[CompiledRule]]:
    placed: dict[str, list[CompiledRule]] = {}
    for rule in rules:
        for target in dict.fromkeys(rule.exact_targets if rule.fixed_name else ()):
            placed.setdefault(target, []).append(rule)
    return placed


def _placeholders(rule: CompiledRule) -> Iterator[Placeholder]:
    for level in rule.levels:
        if rule.expectation(level) != "no":
            named = _named(rule, level, rule.fixed_name, rule.fixed_peer)
            yield Placeholder(level, named, None, rule.only_address, rule.exact_selectors)
