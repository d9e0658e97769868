"""Whose a notification is: source address, a relay's hostname, community, contextName and port → target and VRF.

A source address can be forged wherever nothing is authenticated, so that what is found here is believed as much as the
notification is: enough to look.
"""

import ipaddress
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from collector.model import GLOBAL_VRF


class NoTarget(StrEnum):
    """Why a notification is nobody's."""

    UNKNOWN_SENDER = "unknown-sender"
    AMBIGUOUS_SENDER = "ambiguous-sender"
    """Several targets have this address, or this hostname, and nothing tells them apart."""
    NO_HOSTNAME = "no-hostname"
    """A relay's message that does not say whose it is."""
    UNKNOWN_HOSTNAME = "unknown-hostname"


class Whose(NamedTuple):
    """A target, and the VRF of it that a notification is about."""

    target: str
    vrf: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """What is known of a target that may send notifications.

    `addresses` are IPv4 and IPv6 addresses in any text, `hostnames` what relays call it. `communities` are those that
    it is polled with, each with the VRF that it shows; None for that of the default context, which names no VRF since
    routers send with it from many. `contexts` has the VRF of each contextName but the empty one.
    """

    target: str
    addresses: Collection[str]
    hostnames: Collection[str] = ()
    communities: Mapping[bytes, str | None] = field(default_factory=dict, repr=False)
    contexts: Mapping[str, str] = field(default_factory=dict)
    default_vrf: str = GLOBAL_VRF
    """The VRF that the default context shows."""

    def vrf_of(self, community: bytes | None, context_name: str | None) -> str | None:
        """Return the VRF that a community or a contextName names, if any."""
        by_context = self.contexts.get(context_name) if context_name else None
        return by_context or (self.communities.get(community) if community is not None else None)

    def shows(self, vrf: str | None) -> bool:
        """Return whether this is the VRF of one of its contexts."""
        return vrf is not None and vrf in {self.default_vrf, *self.contexts.values(), *self.communities.values()}


class Senders:
    """All targets, by where their notifications come from.

    `communities` are those that name a VRF for every target whose contexts do not; `relays` the addresses that are
    trusted to tell whose a syslog message is.
    """

    def __init__(
        self,
        senders: Iterable[Sender],
        *,
        communities: Mapping[bytes, str] | None = None,
        relays: Iterable[str] = (),
    ) -> None:
        self._communities = dict(communities or {})
        self._relays = {canonical(relay) for relay in relays}
        self._by_address: dict[str, list[Sender]] = {}
        self._by_hostname: dict[str, list[Sender]] = {}
        for sender in senders:
            for address in {canonical(each) for each in sender.addresses}:
                self._by_address.setdefault(address, []).append(sender)
            for hostname in {_folded(each) for each in sender.hostnames}:
                self._by_hostname.setdefault(hostname, []).append(sender)

    def knows(self, address: str) -> bool:
        """Return whether a notification from this address can be anyone's."""
        return bool(self._at(address)) or canonical(address) in self._relays

    def of_trap(
        self,
        address: str,
        *,
        community: bytes | None = None,
        context_name: bytes | None = None,
        listener_vrf: str | None = None,
    ) -> Whose | NoTarget:
        """Return whose a trap or inform from this address is."""
        context = (context_name or b"").decode("utf-8", "replace")
        sender = _only(
            self._at(address),
            lambda each: community in each.communities or context in each.contexts,
            lambda each: each.shows(listener_vrf),
        )
        if isinstance(sender, NoTarget):
            return sender
        vrf = sender.vrf_of(community, context) or self._communities.get(community or b"")
        return Whose(sender.target, vrf or listener_vrf or sender.default_vrf)

    def of_syslog(
        self,
        address: str,
        hostname: str | None = None,
        *,
        said_vrf: str | None = None,
        listener_vrf: str | None = None,
    ) -> Whose | NoTarget:
        """Return whose a syslog message from this address is; `said_vrf` is the VRF that the message names."""
        sender = _only(
            self._at(address),
            lambda each: _folded(hostname or "") in map(_folded, each.hostnames),
            lambda each: each.shows(said_vrf or listener_vrf),
        )
        if canonical(address) in self._relays and (hostname or sender is NoTarget.UNKNOWN_SENDER):
            sender = self._relayed(hostname)
        if isinstance(sender, NoTarget):
            return sender
        return Whose(sender.target, said_vrf or listener_vrf or sender.default_vrf)

    def _relayed(self, hostname: str | None) -> Sender | NoTarget:
        if not hostname:
            return NoTarget.NO_HOSTNAME
        named = self._by_hostname.get(_folded(hostname)) or self._at(hostname)
        return _only(named) if named else NoTarget.UNKNOWN_HOSTNAME

    def _at(self, address: str) -> Sequence[Sender]:
        """Find an address as the system gives it; link-local ones without their zone, too."""
        found = self._by_address.get(canonical(address))
        return self._by_address.get(canonical(address.partition("%")[0]), ()) if found is None else found


def _only(candidates: Sequence[Sender], *signs: Callable[[Sender], bool]) -> Sender | NoTarget:
    """Return the only candidate, or the only one that the first telling sign is true of."""
    for sign in signs if len(candidates) > 1 else ():
        fitting = [each for each in candidates if sign(each)]
        candidates = fitting or candidates
    if len(candidates) == 1:
        return candidates[0]
    return NoTarget.AMBIGUOUS_SENDER if candidates else NoTarget.UNKNOWN_SENDER


def canonical(address: str) -> str:
    """Return an address in its one text, an IPv4 one that IPv6 has wrapped as IPv4; what is no address as it is."""
    if ":" not in address:
        return (
            address  # IPv4 has one text only, and most are; parsing them all would cost a flood of strangers too much
        )
    try:
        parsed = ipaddress.IPv6Address(address)
    except ValueError:
        return address
    return str(parsed.ipv4_mapped or parsed)


def _folded(hostname: str) -> str:
    return hostname.removesuffix(".").casefold()
