"""Why a datagram on a notification port was not taken: a fixed list, so that it can be counted by reason."""

from dataclasses import dataclass, field
from enum import StrEnum

from collector.errors import WireError
from collector.wire.notification import NotANotificationError, NotificationRecord
from collector.wire.usm_errors import DecryptionError, WrongDigestError
from collector.wire.usm_message import ReportKind


class DropReason(StrEnum):
    """Why a datagram was dropped, in the order in which it is found out."""

    MALFORMED = "malformed"
    """No SNMP message, or a trap that does not tell which one it is."""
    WRONG_VERSION = "wrong-version"
    UNKNOWN_COMMUNITY = "unknown-community"
    DISCOVERY = "discovery"
    """No fault: the sender of an inform asks who we are, or how late it is here."""
    UNKNOWN_USER = "unknown-user"
    UNEXPECTED_ENGINE = "unexpected-engine"
    """The user is configured for other engine IDs."""
    UNSUPPORTED_SECURITY_LEVEL = "unsupported-security-level"
    """Protected less, or more, than the user is configured to be."""
    WRONG_DIGEST = "wrong-digest"
    ENGINE_LIMIT = "engine-limit"
    """Rightly signed, but more engines were heard than we remember."""
    NOT_IN_TIME_WINDOW = "not-in-time-window"
    DECRYPTION = "decryption"
    NOT_A_NOTIFICATION = "not-a-notification"
    UNKNOWN_ENGINE = "unknown-engine"
    """An inform to another engine than ours, or a trap that does not name its engine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What became of a datagram: a notification, or the reason why there is none.

    `detail` explains a reason to whoever reads the log. `reply` goes to the sender: of an inform after it was taken
    only, because it says so; with a reason at once.
    """

    record: NotificationRecord | None = None
    reason: DropReason | None = None
    detail: str = ""
    reply: bytes | None = field(default=None, repr=False)


class RefusedError(WireError):
    """A message that is not taken, with the reason, and the Report that RFC 3414 wants if the sender asked for one."""

    def __init__(self, reason: DropReason, detail: str, report: ReportKind | None = None) -> None:
        super().__init__(detail)
        self.reason = reason
        self.report = report


_OTHERS = {
    WrongDigestError: (DropReason.WRONG_DIGEST, ReportKind.WRONG_DIGESTS),
    DecryptionError: (DropReason.DECRYPTION, ReportKind.DECRYPTION_ERRORS),
    NotANotificationError: (DropReason.NOT_A_NOTIFICATION, None),
}


def refused_for(error: WireError) -> RefusedError:
    """Return the refusal that an error of any reader of messages comes to."""
    if isinstance(error, RefusedError):
        return error
    reason, report = _OTHERS.get(type(error), (DropReason.MALFORMED, None))
    return RefusedError(reason, str(error), report)
