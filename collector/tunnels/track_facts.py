"""What is put on record of an SA beside what it carried: who made it, and with what."""

from collections.abc import Mapping

from collector.model.ike import IkeSaFacts
from collector.model.ipsec import ChildSaFacts

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
