"""One rule: which tunnels it matches, what it calls them and what it expects of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from collector.model import Expectation, Level
from collector.tunnels.names import ANY, MAX_NAME, UNKNOWN, Identity, name_of, peer_of
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

FIELDS = ("target", "vrf", "peer", "local", "remote", "identity", "selectors")
"""What a name may have in braces, beside the named groups of its rule's regular expressions."""
ANY_PEER = "any"
"""The peer of a tunnel whose rule tells a name but no peer: one tunnel, whoever its peer is."""

_NO_GROUPS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What the configuration says of some tunnels; of what it lists, one must match, and an empty list matches all."""

    name: str | None = None
    """A template; None keeps the names that tunnels have by themselves."""
    targets: tuple[str, ...] = ()
    """Names, or patterns with *."""
    vrfs: tuple[str, ...] = ()
    """Names, or patterns with *."""
    peers: tuple[str, ...] = ()
    """Addresses and prefixes of the remote IKE endpoint."""
    identities: tuple[str, ...] = ()
    """IKE identities of the peer: texts, or /regular expressions/ that match the whole of it."""
    selectors: tuple[str, ...] = ()
    """Pairs as names show them, or patterns with *; one pair of the tunnel must match. Only CHILD SAs have them."""
    expectation: Expectation = "no"
    """Of CHILD SAs."""
    ike_expectation: Expectation = "no"
    """Of IKE SAs."""
    description: str = ""
    labels: tuple[tuple[str, str], ...] = ()


def identity_text(ike: Identity | None) -> str | None:
    """Give the peer's IKE identity; where an IKE SA tells none that differs from its address, that address."""
    if ike is None:
        return None
    return (len(ike.selectors) > 1 and ike.selectors[1]) or ike.remote


def unknown_fields(name: str, identities: tuple[str, ...]) -> tuple[str, ...]:
    """Find the fields of a name that not every match could fill.

    Raises:
        ValueError: The name or an identity cannot be used.
    """
    known = [set(expression(inner).groupindex) if (inner := expression_in(each)) else set() for each in identities]
    groups = set.intersection(*known) if known else set()
    return tuple(field for _, field in template(name) if field is not None and field not in groups | {*FIELDS})


class _Texts:
    """Names and patterns of which one must match, if there are any."""

    def __init__(self, patterns: tuple[str, ...]) -> None:
        self._exact = frozenset(filter(is_exact, patterns))
        self._globs = tuple(glob(pattern) for pattern in patterns if not is_exact(pattern))
        self._any = not patterns

    def match(self, text: str) -> bool:
        return self._any or text in self._exact or any(matches(text) for matches in self._globs)


class CompiledRule:
    """A rule, ready to be tried.

    Raises:
        ValueError: A pattern or the name cannot be used.
    """

    def __init__(self, rule: Rule) -> None:
        if rule.name is not None and unknown_fields(rule.name, rule.identities):
            raise ValueError("a name with a field that its rule does not fill")
        self.rule = rule
        self.networks = tuple(map(network_of, rule.peers))
        self.identities = tuple(
            each if (inner := expression_in(each)) is None else expression(inner) for each in rule.identities
        )
        self.exact_targets = tuple(filter(is_exact, rule.targets))
        self.levels: tuple[Level, ...] = ("child",) if rule.selectors else ("child", "ike")
        self._targets, self._vrfs = _Texts(rule.targets), _Texts(rule.vrfs)
        self._selectors = tuple(map(glob, rule.selectors))
        self._template = None if rule.name is None else template(rule.name)
        self.fixed_name = self._fixed_name()
        self.asks_for_ike = bool(rule.identities) or any(field == "identity" for _, field in self._template or ())
        """Whether what it says of a CHILD SA can depend on the IKE SA that made it."""
        self.fixed_peer = ",".join(map(network_text, self.networks)) or ",".join(rule.identities) or ANY_PEER

    def _fixed_name(self) -> str:
        if self._template is None or any(field is not None for _, field in self._template):
            return ""
        return _cut("".join(literal for literal, _ in self._template))

    @property
    def only_address(self) -> str | None:
        """The one address of a rule that has one."""
        alone = len(self.networks) == 1 and self.networks[0].prefixlen == self.networks[0].max_prefixlen
        return network_text(self.networks[0]) if alone else None

    @property
    def exact_selectors(self) -> tuple[str, ...]:
        """Pairs of traffic selectors that are told exactly."""
        return tuple(filter(is_exact, self.rule.selectors))

    def is_determined_in(self, vrf: str) -> bool:
        """Whether the rule is about a VRF by its name, or about no VRF in particular."""
        return not self.rule.vrfs or vrf in self.rule.vrfs

    def expectation(self, level: Level) -> Expectation:
        """What is expected of tunnels of a level."""
        return self.rule.expectation if level == "child" else self.rule.ike_expectation

    def groups(self, identity: Identity, told: str | None) -> Mapping[str, str] | None:
        """Say whether a tunnel, whose peer's IKE identity is `told`, matches: None, or what named groups matched."""
        if not (self._targets.match(identity.target) and self._vrfs.match(identity.vrf)):
            return None
        if self.networks and not self._has_peer(identity.remote):
            return None
        if self._selectors and not self._has_selectors(identity):
            return None
        return self._identified(told) if self.identities else _NO_GROUPS

    def _has_peer(self, remote: str | None) -> bool:
        address = address_of(remote)
        return address is not None and any(address in network for network in self.networks)

    def _has_selectors(self, identity: Identity) -> bool:
        return identity.kind == "child" and any(
            matches(pair) for matches in self._selectors for pair in identity.selectors
        )

    def _identified(self, told: str | None) -> Mapping[str, str] | None:
        if not told or len(told) > MAX_MATCHED:
            return None
        for identity in self.identities:
            if isinstance(identity, str):
                if identity == told:
                    return _NO_GROUPS
            elif found := identity.fullmatch(told):
                return {name: text or "" for name, text in found.groupdict().items()}
        return None

    def called(self, identity: Identity, told: str | None, groups: Mapping[str, str]) -> tuple[str, str]:
        """Give name and peer of a tunnel that matches.

        A name without fields makes one tunnel of all that matches, with one peer. Else the peer is whatever the rule
        knows it by, so that a changing address makes no new tunnel of one that is known by its identity.
        """
        if self.fixed_name:
            return self.fixed_name, self.fixed_peer
        if self._template is None:
            return name_of(identity), peer_of(identity)
        peer = told if told and self.identities else peer_of(identity)
        return self._filled(identity, peer, told, groups) or name_of(identity), peer

    def _filled(self, identity: Identity, peer: str, told: str | None, groups: Mapping[str, str]) -> str:
        values = {
            "target": identity.target,
            "vrf": identity.vrf,
            "peer": peer,
            "local": identity.local or UNKNOWN,
            "remote": identity.remote or UNKNOWN,
            "identity": told or UNKNOWN,
            # An IKE SA has none: what is called "oslo {selectors}" is "oslo" on its level.
            "selectors": (",".join(identity.selectors) or ANY) if identity.kind == "child" else "",
            **groups,
        }
        parts = self._template or ()
        return _cut("".join(literal + ("" if field is None else values[field]) for literal, field in parts))


def _cut(name: str) -> str:
    """Bound a name; a hash tells apart what begins alike."""
    name = name.strip()
    return name if len(name) <= MAX_NAME else f"{name[:MAX_NAME]} #{sha256(name.encode()).hexdigest()[:8]}"
