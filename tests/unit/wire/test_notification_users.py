"""Whom a message names, and which key that gives."""

import pytest

from collector.wire import notification_users
from collector.wire.notification_drops import DropReason, RefusedError
from collector.wire.notification_users import KnownUser, KnownUsers, TrapUser
from collector.wire.usm import AuthProtocol, UsmUser
from collector.wire.usm_keys import localized_key
from collector.wire.usm_message import ReportKind
from tests.agents.notifier import OPEN, OTHER_ROUTER, ROUTER, SECRET, SIGNED


def test_any_engine():
    """A user without a pinned engine is known at each."""
    users = KnownUsers([TrapUser(SIGNED), TrapUser(SECRET)])
    assert users.find(b"secret", ROUTER) is users.find(b"secret", OTHER_ROUTER)
    assert users.find(b"secret", ROUTER).user == SECRET


def test_pinned_engine():
    """At an engine of its own a user is another than the one of that name elsewhere."""
    here = UsmUser("signed", AuthProtocol.MD5, b"another-secret")
    users = KnownUsers([TrapUser(SIGNED), TrapUser(here, ROUTER)])
    assert users.find(b"signed", ROUTER).user == here
    assert users.find(b"signed", OTHER_ROUTER).user == SIGNED


def test_unexpected_engine():
    """A pinned user from elsewhere is refused, and the engine is told of."""
    with pytest.raises(RefusedError, match=OTHER_ROUTER.hex()) as caught:
        KnownUsers([TrapUser(SIGNED, ROUTER)]).find(b"signed", OTHER_ROUTER)
    assert (caught.value.reason, caught.value.report) == (DropReason.UNEXPECTED_ENGINE, ReportKind.UNKNOWN_USER_NAMES)


def test_unknown_user():
    """A name that nobody has is refused, and shown no longer than a name may be."""
    with pytest.raises(RefusedError) as caught:
        KnownUsers([TrapUser(SIGNED)]).find(b"n" * 1000, ROUTER)
    assert (caught.value.reason, caught.value.report) == (DropReason.UNKNOWN_USER, ReportKind.UNKNOWN_USER_NAMES)
    assert len(str(caught.value)) < 100


@pytest.mark.parametrize(("engine_id", "where"), [(None, "any engine"), (b"", "any engine"), (ROUTER, ROUTER.hex())])
def test_doubled_user(engine_id, where):
    """Two users of one name at one engine are a mistake."""
    with pytest.raises(ValueError, match=f"signed is configured twice for.*{where}"):
        KnownUsers([TrapUser(SIGNED, engine_id), TrapUser(SIGNED, engine_id)])


def test_localized_keys_need_their_engine():
    """A key that is localized says nothing of where; who configures it does."""
    user = UsmUser.from_keys("bob", AuthProtocol.MD5, bytes(16))
    with pytest.raises(ValueError, match="bob: localized keys need the engine ID"):
        TrapUser(user)
    assert KnownUser(TrapUser(user, ROUTER).user).auth_key(ROUTER) == bytes(16)


def test_key_of_any_engine():
    """A passphrase's key is the one of RFC 3414, at each engine another."""
    known = KnownUser(SIGNED)
    assert known.auth_key(ROUTER) == localized_key(AuthProtocol.SHA256, b"auth-secret", ROUTER)
    assert known.auth_key(OTHER_ROUTER) == localized_key(AuthProtocol.SHA256, b"auth-secret", OTHER_ROUTER)
    assert KnownUser(OPEN).auth_key(ROUTER) == b""


def test_the_slow_step_is_taken_once(monkeypatch):
    """However many engines somebody invents, the passphrase is expanded once."""
    expanded = []
    expand = notification_users.password_to_key
    monkeypatch.setattr(
        notification_users, "password_to_key", lambda *secret: expanded.append(secret) or expand(*secret)
    )
    known = KnownUser(SIGNED)
    before = localized_key.cache_info().currsize
    assert len({known.auth_key(number.to_bytes(12, "big")) for number in range(1000)}) == 1000
    assert len(expanded) == 1
    assert localized_key.cache_info().currsize == before
