"""Rules by what they ask of a tunnel exactly, so that only a few of many are tried."""

from collections.abc import Hashable, Iterator, Sequence
from typing import TypeAlias

from collector.tunnels.names import Identity
from collector.tunnels.patterns import address_of, is_exact
from collector.tunnels.rule import CompiledRule

Key: TypeAlias = Hashable

_OTHERS: Key = None
"""The key of rules that ask nothing exactly, which are tried on every tunnel."""
_ALL_TARGETS = None


class RuleIndex:
    """Rules by target and by one thing that they ask: peers by prefix, else IKE identities, else selectors."""

    def __init__(self, rules: Sequence[CompiledRule]) -> None:
        self._rules = rules
        self._lengths = sorted(
            {(net.version, net.prefixlen, net.max_prefixlen) for rule in rules for net in rule.networks}
        )
        self._places: dict[tuple[str | None, Key], list[int]] = {}
        for number, rule in enumerate(rules):
            for place in {(target, key) for target in _targets(rule) for key in _keys(rule)}:
                self._places.setdefault(place, []).append(number)

    def candidates(self, identity: Identity, told: str | None) -> Iterator[CompiledRule]:
        """Give the rules that can match a tunnel, whose peer's IKE identity is `told`, in their order."""
        numbers: set[int] = set()
        for key in self._asked(identity, told):
            for target in (identity.target, _ALL_TARGETS):
                numbers.update(self._places.get((target, key), ()))
        return (self._rules[number] for number in sorted(numbers))

    def _asked(self, identity: Identity, told: str | None) -> Iterator[Key]:
        yield _OTHERS
        yield ("identity", told)
        for pair in identity.selectors:
            yield ("selectors", pair)
        if (address := address_of(identity.remote)) is not None:
            for version, length, bits in self._lengths:
                if version == address.version:
                    yield (version, length, int(address) >> bits - length)


def _targets(rule: CompiledRule) -> set[str | None]:
    patterned = len(rule.exact_targets) < len(rule.rule.targets) or not rule.rule.targets
    return {*rule.exact_targets, *([_ALL_TARGETS] if patterned else [])}


def _keys(rule: CompiledRule) -> set[Key]:
    if rule.networks:
        return {
            (net.version, net.prefixlen, int(net.network_address) >> net.max_prefixlen - net.prefixlen)
            for net in rule.networks
        }
    texts = [each for each in rule.identities if isinstance(each, str)]
    if rule.identities and len(texts) == len(rule.identities):
        return {("identity", text) for text in texts}
    if rule.rule.selectors and all(map(is_exact, rule.rule.selectors)):
        return {("selectors", pair) for pair in rule.rule.selectors}
    return {_OTHERS}
