"""Tunnels: what they are called, what is expected of them, and what becomes of those that nothing is said about."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from collector.config.grammar import MAX_LABELS, Choice, Duration, Flag, Grammar, LabelName, LabelValue, Text
from collector.config.problems import Below, NestedProblemsError
from collector.config.section import Section, nearest
from collector.model import Expectation
from collector.tunnels.patterns import (
    MAX_EXPRESSION,
    expression,
    expression_in,
    is_exact,
    network_of,
    network_text,
    template,
)
from collector.tunnels.rule import FIELDS, unknown_fields

_TAKEN = """
target vrf tunnel peer name description expected configured site selectors local_endpoint_names
remote_endpoint_names ike_tunnel receive_spis transmit_spis index local_address remote_address status ike_index
control_protocol key_type encapsulation_mode nat_traversal receive_dh_group receive_encryption
receive_encryption_key_bits receive_ah_authentication receive_esp_authentication receive_decompression
transmit_dh_group transmit_encryption transmit_encryption_key_bits transmit_ah_authentication
transmit_esp_authentication transmit_compression interface_index interface_tunnel_index interface_tunnel_status
crypto_map crypto_map_sequence access_list access_list_entry association_local_identity_type
association_local_identity association_remote_identity_type association_remote_identity association_internal_index
local_identity_type local_identity local_name remote_identity_type remote_identity remote_name protocol
negotiation_mode dh_group encryption encryption_key_bits hash authentication policy identification_doi
identification_protocol identification_local_identity_type identification_local_identity
identification_remote_identity_type identification_remote_identity
"""
RESERVED_TUNNEL_LABELS: Final = frozenset(_TAKEN.split())
"""Labels that series of tunnels have already; a test compares them with what is exported."""


@dataclass(frozen=True, slots=True)
class Peer(Grammar):
    """An address or a prefix, in its canonical form."""

    @property
    def words(self) -> str:
        """As in Grammar."""
        return "an address or a prefix, such as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32"

    def parse(self, value: object) -> str:
        """As in Grammar."""
        try:
            return network_text(network_of(value if isinstance(value, str) else ""))
        except ValueError:
            raise self.refusal() from None


@dataclass(frozen=True, slots=True)
class IkeIdentityPattern(Grammar):
    """A text, or a /regular expression/."""

    @property
    def words(self) -> str:
        """As in Grammar."""
        return f"a text, or a /regular expression/ of at most {MAX_EXPRESSION} characters"

    def parse(self, value: object) -> str:
        """As in Grammar."""
        text = Text(self.words, octets=4 * MAX_EXPRESSION).parse(value)
        if (inner := expression_in(text)) is not None:
            expression(inner)
        return text


_SEVERAL = Field(min_length=1, max_length=1000)
_OR_ONE = BeforeValidator(
    lambda value: [value] if isinstance(value, str) else value,
    json_schema_input_type=str | Annotated[list[str], Field(min_length=1)],
)

Expected = Annotated[Expectation, Choice(("always", "on-demand", "no"))]
_Name = Annotated[str, Text("a name, or a pattern with *", octets=128)]
_Pair = Annotated[str, Text("selectors as in names, such as 10.1.0.0/16-10.2.0.0/16, or a pattern with *", octets=512)]


class LearningConfig(Section):
    """What becomes of tunnels that no entry of `tunnels` matches; in a target's own, only the keys written count."""

    enabled: Annotated[bool, Flag()] = True
    """Whether they are remembered once seen. If not, they are shown only while they live."""
    expected: Expected = "no"
    """As in `tunnels`, on both levels: with `always`, what was seen once should stay up."""
    forget_after: Annotated[float, Duration(60, 3650 * 86_400)] = 30 * 86_400.0
    """How long one that is down is remembered; `tunnelwatch forget` is quicker."""


class MatchConfig(Section):
    """Which tunnels an entry is about: every key that is written must match; of a list, one item."""

    target: Annotated[tuple[_Name, ...], _SEVERAL, _OR_ONE] | None = None
    """The target."""
    vrf: Annotated[tuple[_Name, ...], _SEVERAL, _OR_ONE] | None = None
    """The VRF."""
    peer: Annotated[tuple[Annotated[str, Peer()], ...], _SEVERAL, _OR_ONE] | None = None
    """The address of the remote IKE endpoint."""
    identity: Annotated[tuple[Annotated[str, IkeIdentityPattern()], ...], _SEVERAL, _OR_ONE] | None = None
    """The IKE identity of the remote endpoint, the whole of it; of a CHILD SA, that of the IKE SA that made it."""
    selectors: Annotated[tuple[_Pair, ...], _SEVERAL, _OR_ONE] | None = None
    """One of the tunnel's pairs of traffic selectors; the entry is then about CHILD SAs only."""


class TunnelConfig(Section):
    """What is known of some tunnels; the first entry that matches a tunnel counts."""

    foreign_keys: ClassVar[Mapping[str, str]] = {"vrfs": "is written 'vrf', under 'match'"}

    match: MatchConfig
    """Which tunnels."""
    name: Annotated[str, Text("a name, which may have fields such as {peer} or {site}", octets=200)] | None = None
    """The `tunnel` label. Absent: the name that the tunnel has by itself, and all else that is written here."""
    expected: Expected = "no"
    """Whether there should be a CHILD SA: `always`, `on-demand` (down is idle) or `no` matter."""
    expected_ike: Expected = "no"
    """The same of an IKE SA; IKEv1 may let it go between rekeys, and some hubs do not list it."""
    description: Annotated[str, Text("a text")] | None = None
    """For people."""
    site: LabelValue | None = None
    """The label `site`."""
    labels: Annotated[dict[LabelName, LabelValue], Field(max_length=MAX_LABELS)] = Field(default_factory=dict)
    """Other labels; like `site`, shown on info metrics only."""

    @field_validator("name")
    @classmethod
    def _name_can_be_filled(cls, name: str | None, info: ValidationInfo) -> str | None:
        match = info.data.get("match")
        if name is None or match is None:
            return name
        if not name.strip():
            raise ValueError("a name of spaces alone")
        if unknown := unknown_fields(name, match.identity or ()):
            guess = nearest(unknown[0], FIELDS)
            known = ", ".join(f"{{{field}}}" for field in FIELDS)
            meant = f"; did you mean {{{guess}}}?" if guess else ""
            raise ValueError(f"a field that is neither one of {known} nor a named group of every 'identity'{meant}")
        return name

    @field_validator("labels")
    @classmethod
    def _labels_are_not_ours(cls, labels: dict[str, str]) -> dict[str, str]:
        if taken := RESERVED_TUNNEL_LABELS.intersection(labels):
            raise NestedProblemsError([Below((label,), _taken(label)) for label in sorted(taken)])
        return labels

    @property
    def named_exactly(self) -> bool:
        """Whether the name is one name, and not a template of many."""
        return self.name is not None and not any(field is not None for _, field in template(self.name))

    @property
    def is_expected(self) -> bool:
        """Whether a tunnel of it should be shown even if it was never seen."""
        return {self.expected, self.expected_ike} != {"no"}

    @property
    def all_labels(self) -> tuple[tuple[str, str], ...]:
        """Give `site` and `labels` together."""
        return (*((("site", self.site),) if self.site else ()), *sorted(self.labels.items()))


def _taken(label: str) -> str:
    return "is a key of its own" if label in TunnelConfig.model_fields else "is a label that tunnels have already"


def misplaced(tunnels: Sequence[TunnelConfig], vrfs: Mapping[str, Sequence[str] | None]) -> Iterator[Below]:
    """Find targets that do not exist and expected tunnels whose VRF is open; `vrfs` has None for discovered ones."""
    for place, tunnel in enumerate(tunnels):
        for item, target in enumerate(tunnel.match.target or ()):
            if not is_exact(target):
                continue
            if target not in vrfs:
                guess = nearest(target, vrfs)
                text = f"no such target; did you mean {guess!r}?" if guess else "no such target"
                yield Below((place, "match", "target", *_item(tunnel.match.target, item)), text)
            elif tunnel.named_exactly and tunnel.is_expected:
                yield from _open_vrf(place, tunnel, vrfs[target])


def _open_vrf(place: int, tunnel: TunnelConfig, vrfs: Sequence[str] | None) -> Iterator[Below]:
    if tunnel.match.vrf is None and (vrfs is None or len(vrfs) > 1):
        text = "an expected tunnel of a target with several contexts: write its 'vrf'"
        yield Below((place, "match"), text)
    for item, vrf in enumerate(tunnel.match.vrf or ()):
        if vrfs is not None and is_exact(vrf) and vrf not in vrfs and len(tunnel.match.target or ()) == 1:
            yield Below((place, "match", "vrf", *_item(tunnel.match.vrf, item)), "the target has no such context")


def _item(listed: Sequence[str] | None, place: int) -> tuple[int, ...]:
    """Name an item by its place; an only one may be written without a list."""
    return (place,) if listed and len(listed) > 1 else ()


def doubled(tunnels: Sequence[TunnelConfig]) -> Iterator[Below]:
    """Find entries that would make one tunnel of what several of them describe: same name, same peer, same place."""
    seen: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    for place, tunnel in enumerate(tunnels):
        if tunnel.name is None or not tunnel.named_exactly:
            continue
        others = seen.setdefault((tunnel.name.strip(), tunnel.match.peer or tunnel.match.identity or ()), [])
        first = next((other for other in others if _meet(tunnel.match, tunnels[other].match)), None)
        if first is not None:
            yield Below((place, "name"), f"the same name and peer as in item [{first}]; make one entry of both")
        others.append(place)


def _meet(one: MatchConfig, other: MatchConfig) -> bool:
    return _overlap(one.target, other.target) and _overlap(one.vrf, other.vrf)


def _overlap(one: Sequence[str] | None, other: Sequence[str] | None) -> bool:
    if one is None or other is None or not all(map(is_exact, (*one, *other))):
        return True
    return not set(one).isdisjoint(other)
