"""Identities of tunnels, and the names that follow from them.

A name is for people, but it is also a label that tells series apart: two identities of one context and peer never have
the same name. Where the readable text could be read in two ways, or had to be cut, it ends with a hash of the identity.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, ip_address
from operator import attrgetter
from typing import Any, Literal, NamedTuple

from collector.model import ChildSa, Endpoint, IkeSa

Kind = Literal["child", "ike"]

UNKNOWN = "unknown"
"""What a name says for an address that the target did not tell."""
ANY = "?"
"""What a name says for a traffic selector that the target did not tell."""
SHOWN_SELECTORS = 4
"""Pairs of traffic selectors that a name spells out."""
MAX_NAME = 200
"""Characters of a name before it is cut."""

_ADDRESS = re.compile(r"[0-9a-f.:]+")
_SELECTORS = re.compile(r"[][0-9a-f.:/?]+-[][0-9a-f.:/?]+")
_WORD = re.compile(r"[^\s()#]+")
_PADDED = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")


class Identity(NamedTuple):
    """What makes a tunnel the same one across rekeys, re-establishments and reboots."""

    target: str
    vrf: str
    kind: Kind
    local: str | None
    remote: str | None
    selectors: tuple[str, ...]
    """A CHILD SA's pairs of traffic selectors, sorted; an IKE SA's identities, where they say more than addresses."""


def child_identity(target: str, vrf: str, row: ChildSa, endpoints: Sequence[Endpoint]) -> Identity:
    """Identify a CHILD SA by its peers' addresses and its traffic selectors."""
    selectors: tuple[str, ...]
    if len(endpoints) == 1:
        pair = _pair(*_SIDES(endpoints[0]))
        selectors = (pair,) if pair else ()
    else:
        selectors = tuple(sorted({pair for endpoint in endpoints if (pair := _pair(*_SIDES(endpoint)))}))
    return Identity(target, vrf, "child", address_text(row.local_address), address_text(row.remote_address), selectors)


def ike_identity(target: str, vrf: str, row: IkeSa) -> Identity:
    """Identify an IKE SA by its peers' addresses and identities."""
    local, remote = address_text(row.local_address), address_text(row.remote_address)
    identities = (_telling(row.local_identity, local), _telling(row.remote_identity, remote))
    return Identity(target, vrf, "ike", local, remote, identities if any(identities) else ())


def lacks_a_side(identity: Identity) -> bool:
    """Whether a pair of traffic selectors is told by half, as of a row that was written while it was read."""
    return ANY in "".join(identity.selectors) and identity.kind == "child"


def peer_of(identity: Identity) -> str:
    """Name the remote IKE endpoint: its address, else its identity."""
    if identity.remote:
        return identity.remote
    return (identity.kind == "ike" and identity.selectors and identity.selectors[1]) or UNKNOWN


@lru_cache(maxsize=131_072)
def name_of(identity: Identity) -> str:
    """Name a tunnel after its identity alone, so that its name outlives rekeys, reboots and our own restarts."""
    text, certain = _child_text(identity) if identity.kind == "child" else _ike_text(identity)
    if certain and len(text) <= MAX_NAME:
        return text
    digest = sha256(repr(identity[2:]).encode()).hexdigest()[:8]
    return f"{text[:MAX_NAME]} #{digest}"


def _child_text(identity: Identity) -> tuple[str, bool]:
    if not identity.selectors:
        return _between(identity)
    shown, more = identity.selectors[:SHOWN_SELECTORS], len(identity.selectors) - SHOWN_SELECTORS
    text = (
        ",".join(shown) + (f" +{more} more" if more > 0 else "") + (f" via {identity.local}" if identity.local else "")
    )
    return text, more <= 0 and all(map(_SELECTORS.fullmatch, shown)) and _made_of_addresses(identity)


def _ike_text(identity: Identity) -> tuple[str, bool]:
    if not any(identity.selectors):
        return _between(identity)
    local, remote = identity.selectors
    identities = f"{local} - {remote}".rstrip() if local else remote
    certain = all(not text or (text != UNKNOWN and _WORD.fullmatch(text)) for text in identity.selectors)
    if not (identity.local or identity.remote):
        return identities, certain
    between, addresses = _between(identity)
    return f"{between} ({identities})", certain and addresses


def _between(identity: Identity) -> tuple[str, bool]:
    if not (identity.local or identity.remote):
        return UNKNOWN, True
    return f"{identity.local or UNKNOWN}-{identity.remote or UNKNOWN}", _made_of_addresses(identity)


def _made_of_addresses(identity: Identity) -> bool:
    """Whether what stands for addresses is made like them, so that separators around it cannot be mistaken."""
    return all(text is None or _ADDRESS.fullmatch(text) for text in (identity.local, identity.remote))


@lru_cache(maxsize=65_536)
def address_text(text: str | None) -> str | None:
    """Write an address in its canonical form: zero-padded octets and an empty string are seen in the field.

    Returns:
        What is no address as it is; None where nothing is told.
    """
    if not text or not text.strip():
        return None
    bare = text.strip()
    if _PADDED.fullmatch(bare):
        bare = ".".join(str(int(octet)) for octet in bare.split("."))
    address = _parse(bare)
    return bare if address is None else str(address)


def _parse(text: str | None) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text or "")
    except ValueError:
        return None


def _telling(identity: str | None, address: str | None) -> str:
    """Keep an identity that says more than the address beside it."""
    text = address_text(identity) or ""
    return "" if text == address else text


_NAMES_OF_SIDES = tuple(
    f"{side}_{field}"
    for side in ("local", "remote")
    for field in ("type", "first_address", "second_address", "name", "protocol", "port")
)
_SIDES = attrgetter(*_NAMES_OF_SIDES)


selectors_told = attrgetter("child_index", *_NAMES_OF_SIDES)
"""Of an endpoint, whose selectors it tells and all that it says of them."""


@lru_cache(maxsize=131_072)
def _pair(*sides: Any) -> str | None:  # noqa: ANN401 - what an endpoint has, as it has it
    """Write a pair of traffic selectors from twelve fields of an endpoint, `_SIDES`; None if it tells nothing."""
    local, remote = _selector(*sides[:6]), _selector(*sides[6:])
    return None if local == remote == ANY else f"{local}-{remote}"


def _selector(*side: Any) -> str:  # noqa: ANN401 - as above
    """Write one side of a pair: `10.1.0.0/16`, `10.1.1.1..10.1.1.9`, `10.1.1.1:6/443`, `[2001:db8::1]:6/443`."""
    kind, first, second, name, protocol, port = side
    addresses = _span(kind or "", address_text(first or name), address_text(second))
    if not (protocol or port):
        return addresses
    bracketed = f"[{addresses}]" if ":" in addresses else addresses
    return f"{bracketed}:{protocol or 0}" + (f"/{port}" if port else "")


def _span(kind: str, first: str | None, second: str | None) -> str:
    if first is None:
        return second or ANY
    start, end = _parse(first), _parse(second)
    if start is None or end is None or start.version != end.version:
        return first if second in (None, first) else f"{first}..{second}"
    if "range" in kind.lower():
        return first if start == end else f"{first}..{second}"
    if "subnet" not in kind.lower() and int(start) and (start == end or not int(end)):
        return first
    prefix = _prefix_length(end)
    return f"{first}..{second}" if prefix is None else _subnet(start, prefix)


def _subnet(address: IPv4Address | IPv6Address, prefix: int) -> str:
    host_bits = address.max_prefixlen - prefix
    network = type(address)(int(address) >> host_bits << host_bits)
    return f"{network}/{prefix}" if host_bits else str(network)


def _prefix_length(mask: IPv4Address | IPv6Address) -> int | None:
    host_bits = int(mask) ^ (1 << mask.max_prefixlen) - 1
    return None if host_bits & host_bits + 1 else mask.max_prefixlen - host_bits.bit_length()
