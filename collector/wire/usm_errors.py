"""Why USM refuses a message that is well-formed.

Source: RFC 3414 §3.2.
"""

from collector.errors import WireError


class UsmError(WireError):
    """A well-formed message that USM refuses."""


class UnknownEngineIdError(UsmError):
    """The message is from another engine than the session's, or the session has none yet."""


class UnknownUserNameError(UsmError):
    """The message is for another user."""


class UnsupportedSecurityLevelError(UsmError):
    """The message is protected less than its request was, or in a way that its user cannot check."""


class WrongDigestError(UsmError):
    """The MAC is not what the user's secret makes of the message: forged, damaged, or the secret is wrong."""


class NotInTimeWindowError(UsmError):
    """The MAC is right, but boots or time lie behind those that the engine has shown before.

    Either a replay, or an engine that lost its boots counter in a restart. If the message answers a msgID that is
    outstanding, it is no replay, and `UsmSession.reset` starts over.
    """


class DecryptionError(UsmError):
    """What was decrypted is no scoped PDU: the engine uses another privacy secret or protocol."""
