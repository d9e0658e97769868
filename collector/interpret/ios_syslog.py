"""What Cisco syslog lines mean: a message → a Notification.

Many FlexVPN headends tell of IKEv2 here and not in the IPsec MIB. A line that means nothing to us is still a
notification, of `other`, with its text.
"""

from typing import NamedTuple

from collector.model import Happening, Level, Notification
from collector.wire.ios_syslog import IosMessage, read_ios_message
from collector.wire.syslog import SyslogMessage

MAX_CHARACTERS = 255
"""Of a name, a value, a description or a reason; what is longer is cut, and ends in an ellipsis."""
MAX_LINE = 1024
"""Characters of the message itself among the values."""
UNNAMED = "syslog"
"""The name of a line without a mnemonic."""


class _Meaning(NamedTuple):
    """What a kind of message is about."""

    happening: Happening | None
    """None where the state that the line tells decides: a tunnel's start or stop."""
    level: Level | None = None
    module: str | None = None


_TUNNEL = _Meaning(None, "child", "ipsec")
_IKE_TUNNEL = _Meaning(None, "ike", "ike")
_CONNECTION = _Meaning(None, None, "ipsec")
_REFUSED = _Meaning("packet-refused", "child", "failures")
_FAILED = _Meaning("negotiation-failed", "ike", "failures")
_POLICY = _Meaning("policy", None, "policy")
_ROUTING = _Meaning("routing", None, "bgp")
_NEXT_HOP = _Meaning("routing", None, "ipsec")
_RESTART = _Meaning("restart", None, "system")
_LINK = _Meaning("link")
_OTHER = _Meaning("other")

_MEANINGS = {
    "CRYPTO-SESSION_STATUS": _TUNNEL,
    "CRYPTO-IKEV2_SESSION_STATUS": _TUNNEL,
    "CRYPTO-PKT_REPLAY_ERR": _REFUSED,
    "IPSEC-REPLAY_ERROR": _REFUSED,
    "IPSEC-HMAC_ERROR": _REFUSED,
    "CRYPTO-ISAKMP_ON_OFF": _POLICY,
    "CRYPTO-IPSEC_DEFAULT_TRANSFORM": _POLICY,
    "CRYPTO-IKMP_AG_MODE_DISABLED": _POLICY,
    "IKEV2-NEG_ABORT": _FAILED,
    "IKEV2-SA_UP": _IKE_TUNNEL,
    "IKEV2-SA_DOWN": _IKE_TUNNEL,
    "ASA-750003": _FAILED,
    "DMVPN-CRYPTO_SS": _TUNNEL,
    "LINEPROTO-UPDOWN": _LINK,
    "LINK-UPDOWN": _LINK,
    "LINK-CHANGED": _LINK,
    "BGP-ADJCHANGE": _ROUTING,
    "BGP_SESSION-ADJCHANGE": _ROUTING,
    "BGP-NOTIFICATION": _ROUTING,
    "BGP-NBR_RESET": _ROUTING,
    "SYS-RESTART": _RESTART,
    "SYS-RELOAD": _RESTART,
}
_FAMILIES = (
    ("CRYPTO-RECVD_PKT_", _REFUSED),
    ("CRYPTO-IKMP_NO_ID_CERT_", _OTHER),  # the SA comes up all the same
    ("CRYPTO-IKMP_POLICY_", _POLICY),
    ("CRYPTO-IKMP_", _FAILED),
    ("CRYPTO-EZVPN_CONNECTION_", _CONNECTION),
    ("FLEXVPN-FLEXVPN_CONNECTION_", _CONNECTION),
    ("DMVPN-NHRP_NH", _NEXT_HOP),
    ("DMVPN-DMVPN_NHRP_ERROR", _NEXT_HOP),
)
_UP = frozenset({"UP", "Up", "up"})
_DOWN = frozenset({"DOWN", "Down", "down", "administratively down", "topology base removed from session"})
_TUNNEL_INTERFACES = ("Tunnel", "Virtual-Access")
_NEED_REASON = frozenset({"packet-refused", "negotiation-failed"})


def interpret_syslog(message: SyslogMessage, *, received_at: float, sender: str) -> Notification:
    """Return what a syslog message tells, received at a Unix time from an address.

    `vrf` is set where the line leaves no choice: a BGP session's, or a tunnel's that is the same inside and outside.
    A refused packet or a failed negotiation whose line gives no reason has its mnemonic for one.
    """
    ios = read_ios_message(message.text)
    if ios is None:
        return Notification(
            source="syslog",
            name=UNNAMED,
            happening="other",
            received_at=received_at,
            sender=sender,
            values=_values(message, None),
        )
    fields = dict(ios.fields)
    up, meaning = _is_up(ios, fields), _meaning(ios, fields)
    happening = meaning.happening or _tunnel_happening(up=up)
    return Notification(
        source="syslog",
        name=_cut(ios.name),
        happening=happening,
        received_at=received_at,
        sender=sender,
        vrf=_vrf(fields),
        level=meaning.level,
        module=meaning.module,
        local_address=fields.get("local"),
        remote_address=fields.get("remote"),
        up=up if meaning is not _OTHER else None,
        description=_cut(fields["description"]) if "description" in fields else None,
        reason=_reason(ios, fields, happening),
        values=_values(message, ios),
    )


def _meaning(ios: IosMessage, fields: dict[str, str]) -> _Meaning:
    meaning = _MEANINGS.get(ios.kind)
    if meaning is None:
        meaning = next((meaning for start, meaning in _FAMILIES if ios.kind.startswith(start)), _OTHER)
    if meaning is _LINK and fields.get("interface", "").startswith(_TUNNEL_INTERFACES):
        return _LINK._replace(module="ipsec")
    return meaning


def _is_up(ios: IosMessage, fields: dict[str, str]) -> bool | None:
    """Return the state that the line tells, or else the mnemonic: `SA_UP`, `EZVPN_CONNECTION_DOWN`."""
    state = fields.get("state") or ios.mnemonic.rpartition("_")[2]
    return True if state in _UP else False if state in _DOWN else None


def _tunnel_happening(*, up: bool | None) -> Happening:
    if up is None:
        return "other"
    return "tunnel-start" if up else "tunnel-stop"


def _vrf(fields: dict[str, str]) -> str | None:
    if "fvrf" in fields or "ivrf" in fields:
        return fields.get("ivrf") if fields.get("ivrf") == fields.get("fvrf") else None
    return fields.get("vrf")


def _reason(ios: IosMessage, fields: dict[str, str], happening: Happening) -> str | None:
    reason = fields.get("reason") or (ios.mnemonic if happening in _NEED_REASON else None)
    return _cut(reason) if reason else None


def _values(message: SyslogMessage, ios: IosMessage | None) -> tuple[tuple[str, str], ...]:
    """Return the line's fields, what its header says, and its text."""
    header = (
        ("wrapper", ios.wrapper if ios else None),
        ("hostname", message.hostname),
        ("app", message.app),
        ("timestamp", message.timestamp),
    )
    values = [(name, _cut(value)) for name, value in ((ios.fields if ios else ()) + header) if value]
    return (*values, ("text", _cut(ios.text if ios else message.text, MAX_LINE)))


def _cut(text: str, most: int = MAX_CHARACTERS) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
