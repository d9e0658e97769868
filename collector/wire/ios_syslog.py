"""Cisco messages, `%FACILITY-SEVERITY-MNEMONIC: text`, and the fields of those that tell of tunnels.

Severities differ between releases for one mnemonic, so that a message is known by facility and mnemonic alone. A
message that is not known, or whose text is not as it was when it was recorded, has no fields; its text is kept always.
"""

from collections.abc import Callable
from dataclasses import dataclass

from collector.wire import ios_syslog_fields as fields_of
from collector.wire.syslog import MNEMONIC

_PLATFORM = "-PLATFORM"
_WRAPPER_LENGTH = 256

_Reader = Callable[[str], dict[str, str]]
_READERS: dict[str, _Reader] = {
    "CRYPTO-SESSION_STATUS": fields_of.session,
    "CRYPTO-IKEV2_SESSION_STATUS": fields_of.session,
    "CRYPTO-RECVD_PKT_INV_SPI": fields_of.packet,
    "CRYPTO-RECVD_PKT_NOT_IPSEC": fields_of.packet,
    "CRYPTO-RECVD_PKT_MAC_ERR": fields_of.packet,
    "CRYPTO-PKT_REPLAY_ERR": fields_of.packet,
    "IPSEC-REPLAY_ERROR": fields_of.packet,
    "IPSEC-HMAC_ERROR": fields_of.packet,
    "CRYPTO-EZVPN_CONNECTION_UP": fields_of.connection,
    "CRYPTO-EZVPN_CONNECTION_DOWN": fields_of.connection,
    "CRYPTO-ISAKMP_ON_OFF": fields_of.switch,
    "IKEV2-NEG_ABORT": fields_of.abort,
    "ASA-750003": fields_of.abort,
    "DMVPN-CRYPTO_SS": fields_of.dmvpn_socket,
    "DMVPN-DMVPN_NHRP_ERROR": fields_of.nhrp_error,
    "LINEPROTO-UPDOWN": fields_of.link,
    "LINK-UPDOWN": fields_of.link,
    "LINK-CHANGED": fields_of.link,
    "BGP-ADJCHANGE": fields_of.neighbor,
    "BGP_SESSION-ADJCHANGE": fields_of.neighbor,
    "BGP-NOTIFICATION": fields_of.bgp_notification,
    "BGP-NBR_RESET": fields_of.bgp_reset,
    "SYS-RESTART": fields_of.restart,
    "SYS-RELOAD": fields_of.reload,
}
_FAMILIES: tuple[tuple[str, _Reader], ...] = (
    ("CRYPTO-IKMP_", fields_of.ike_peer),
    ("DMVPN-NHRP_NH", fields_of.next_hop),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IosMessage:
    """One Cisco message."""

    facility: str
    severity: int
    mnemonic: str
    text: str
    """What follows the mnemonic."""
    wrapper: str | None = None
    """The platform's message that this one came in: the quantum flow processor's come in `IOSXE-3-PLATFORM`."""
    fields: tuple[tuple[str, str], ...] = ()
    """What was found, by name; addresses in canonical text, SPIs as `0x` and eight digits.

    `local` and `remote` are the ends of the tunnel or session that the message is about, as the device sees them.
    """

    @property
    def name(self) -> str:
        """`CRYPTO-5-SESSION_STATUS`."""
        return f"{self.facility}-{self.severity}-{self.mnemonic}"

    @property
    def kind(self) -> str:
        """The name without the severity: `CRYPTO-SESSION_STATUS`."""
        return f"{self.facility}-{self.mnemonic}"


def read_ios_message(text: str) -> IosMessage | None:
    """Read the text of a syslog message; None if it does not begin with a mnemonic.

    Source: Cisco IOS "System Message Guide"; what the tests quote.
    """
    found = MNEMONIC.match(text)
    if found is None:
        return None
    wrapper = None
    if found[0].endswith(_PLATFORM) and (inner := MNEMONIC.search(text, found.end(), found.end() + _WRAPPER_LENGTH)):
        wrapper, found = found[0][1:], inner
    facility, severity, mnemonic = found.groups()
    body = text[found.end() :].lstrip(" :")
    reader = _find_reader(f"{facility}-{mnemonic}")
    return IosMessage(
        facility=facility,
        severity=int(severity),
        mnemonic=mnemonic,
        text=body,
        wrapper=wrapper,
        fields=tuple(reader(body).items()) if reader else (),
    )


def _find_reader(kind: str) -> _Reader | None:
    if reader := _READERS.get(kind):
        return reader
    return next((reader for start, reader in _FAMILIES if kind.startswith(start)), None)
