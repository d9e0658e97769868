"""Who may send SNMPv3 notifications: users, and which of them a message names.

A passphrase becomes a key for every engine on two steps: the slow one once a user, the quick one for each engine. So
engine IDs that somebody made up cost no more than the check of the MAC that they fail.
Source: RFC 3414 §2.6 and §A.2.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from collector.wire.notification import SecurityLevel
from collector.wire.notification_drops import DropReason, RefusedError
from collector.wire.usm_keys import UsmUser, localize, password_to_key
from collector.wire.usm_message import ReportKind
from collector.wire.usm_protection import AUTH_FLAG, PRIV_FLAG, user_level

LEVELS = {
    0: SecurityLevel.NO_AUTH_NO_PRIV,
    AUTH_FLAG: SecurityLevel.AUTH_NO_PRIV,
    AUTH_FLAG | PRIV_FLAG: SecurityLevel.AUTH_PRIV,
}
"""Security levels by their msgFlags."""

_SHOWN_OCTETS = 32


@dataclass(frozen=True, slots=True)
class TrapUser:
    """A USM user who sends notifications, from any engine or from one only.

    `engine_id` pins the authoritative engine: that of the router for traps, our own for informs. Users of one name,
    each at an engine of its own and one at all others, are different users.

    Raises: ValueError if keys are localized and nobody says for which engine.
    """

    user: UsmUser
    engine_id: bytes | None = None

    def __post_init__(self) -> None:
        if self.user.localized and not self.engine_id:
            raise ValueError(f"USM user {self.user.name}: localized keys need the engine ID that they are for")


class KnownUser:
    """A user with what is computed of its passphrase once; `level` is in msgFlags."""

    __slots__ = ("_password_key", "level", "name", "user")

    def __init__(self, user: UsmUser) -> None:
        self.user = user
        self.name = user.name.encode()
        self.level = user_level(user)
        self._password_key = b""

    def auth_key(self, engine_id: bytes) -> bytes:
        """Return the key for an engine that need not exist: nothing is kept of it. Users without any have none."""
        user = self.user
        if user.auth is None or user.auth_secret is None or user.localized:
            return user.auth_secret or b""
        if not self._password_key:
            self._password_key = password_to_key(user.auth, user.auth_secret)
        return localize(user.auth, self._password_key, engine_id)


class KnownUsers:
    """All users of a receiver, by the name and engine that a message claims.

    Raises: ValueError if two users of one name are for the same engine.
    """

    def __init__(self, users: Iterable[TrapUser]) -> None:
        self._users: dict[tuple[bytes, bytes | None], KnownUser] = {}
        for each in users:
            known = KnownUser(each.user)
            if self._users.setdefault((known.name, each.engine_id or None), known) is not known:
                where = f"engine {each.engine_id.hex()}" if each.engine_id else "any engine"
                raise ValueError(f"USM user {each.user.name} is configured twice for {where}")
        self._names = {name for name, _ in self._users}

    def find(self, name: bytes, engine_id: bytes) -> KnownUser:
        """Return the user who has this name at this engine.

        Raises: RefusedError if there is none.
        """
        user = self._users.get((name, engine_id)) or self._users.get((name, None))
        if user is not None:
            return user
        if name in self._names:
            reason, detail = DropReason.UNEXPECTED_ENGINE, f"is not configured for engine {engine_id.hex()}"
        else:
            reason, detail = DropReason.UNKNOWN_USER, "is not configured"
        raise RefusedError(reason, f"user {name[:_SHOWN_OCTETS]!r} {detail}", ReportKind.UNKNOWN_USER_NAMES)
