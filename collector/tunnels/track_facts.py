"""What is put on record of an SA that is new, and of its tunnel, whoever tells of it: whose it is, made with what."""

from collections.abc import Mapping

from collector.model import Counts, KnownTunnel, Level, Session
from collector.model.ike import IkeSaFacts
from collector.model.ipsec import ChildSaFacts
from collector.tunnels.names import Identity
from collector.tunnels.rules import Named
from collector.tunnels.track_state import Key, ModuleKey

_OF_CHILD: Mapping[str, tuple[str, ...]] = {
    "protocol": ("control_protocol",),
    "encryption": ("transmit_encryption", "receive_encryption"),
    "integrity": ("transmit_esp_authentication", "transmit_ah_authentication", "receive_esp_authentication"),
    "dh_group": ("transmit_dh_group", "receive_dh_group"),
    "mode": ("encapsulation_mode",),
}
_OF_IKE: Mapping[str, tuple[str, ...]] = {
    "protocol": ("protocol",),
    "encryption": ("encryption",),
    "hash": ("hash",),
    "authentication": ("authentication",),
    "dh_group": ("dh_group",),
    "mode": ("negotiation_mode",),
}
"""What is on record, and the fields that tell it, the first that says something."""


def algorithms_of(row: IkeSaFacts | ChildSaFacts) -> tuple[tuple[str, str], ...]:
    """Return names and values of what an SA was made with."""
    fields = _OF_IKE if isinstance(row, IkeSaFacts) else _OF_CHILD
    told = ((name, _first(row, sources)) for name, sources in fields.items())
    return tuple((name, value) for name, value in told if value)


def _first(row: IkeSaFacts | ChildSaFacts, sources: tuple[str, ...]) -> str:
    return next((str(value) for source in sources if (value := getattr(row, source)) not in {None, "none"}), "")


def identities_of(row: IkeSaFacts | ChildSaFacts) -> tuple[str | None, str | None]:
    """Return the identities of an IKE SA's ends, the local one first; a CHILD SA has none."""
    return (row.local_identity, row.remote_identity) if isinstance(row, IkeSaFacts) else (None, None)


def session_of(
    level: Level,
    key: Key,
    identity: Identity,
    row: IkeSaFacts | ChildSaFacts,
    *,
    number: int,
    module: ModuleKey,
    index: str,
    started_at: float | None,
    seen_at: float,
    counts: Counts,
) -> Session:
    """Return the session of a row, live or closed; times are Unix times, `index` is that of its live row."""
    local_identity, remote_identity = identities_of(row)
    return Session(
        target=identity.target,
        vrf=identity.vrf,
        number=number,
        level=level,
        tunnel=key[0],
        peer=key[1],
        source=module[0],
        module=module[1],
        index=index,
        local_address=identity.local,
        remote_address=identity.remote,
        selectors=identity.selectors if level == "child" else (),
        started_at=started_at,
        seen_at=seen_at,
        counts=counts,
        algorithms=algorithms_of(row),
        local_identity=local_identity,
        remote_identity=remote_identity,
    )


def known_of(level: Level, key: Key, identity: Identity, named: Named, *, known_since: float) -> KnownTunnel:
    """Return a tunnel as it is known at first, since some Unix time."""
    return KnownTunnel(
        target=identity.target,
        vrf=identity.vrf,
        level=level,
        name=key[0],
        peer=key[1],
        local_address=identity.local,
        remote_address=identity.remote,
        selectors=identity.selectors,
        configured=named.configured,
        expectation=named.expectation,
        known_since=known_since,
    )
