"""Keys from passphrases, against the vectors of the RFCs and drafts.

RFC 7860 has none for SHA-2: those here are what other implementations agree upon, pysnmp among them (see
tests/property/test_usm_pysnmp.py).
"""

import pytest

from collector.wire.usm_keys import (
    AuthProtocol,
    PrivProtocol,
    UsmUser,
    localized_key,
    localized_priv_key,
    password_to_key,
)

SECRET = b"maplesyrup"
ENGINE_ID = bytes(11) + b"\x02"
KEYS = {
    AuthProtocol.MD5: ("9faf3283884e92834ebc9847d8edd963", "526f5eed9fcce26f8964c2930787d82b"),
    AuthProtocol.SHA: ("9fb5cc0381497b3793528939ff788d5d79145211", "6695febc9288e36282235fc7151f128497b38f3f"),
    AuthProtocol.SHA224: (
        "282a5867ee9aac639ad59df9572c7d3ac0fbc13a905b6df07dbbf00b",
        "0bd8827c6e29f8065e08e09237f177e410f69b90e1782be682075674",
    ),
    AuthProtocol.SHA256: (
        "ab51014d1e077f6017df2b12bee5f5aa72993177e9bb569c4dff5a4ca0b4afac",
        "8982e0e549e866db361a6b625d84cccc11162d453ee8ce3a6445c2d6776f0f8b",
    ),
    AuthProtocol.SHA384: (
        "e06eccdf2c68a06ed034723c9c26e0db3b669e1e2efed49150b55377a2e98f383c86fb836857444654b287c93f51ff64",
        "3b298f16164a11184279d5432bf169e2d2a48307de02b3d3f7e2b4f36eb6f0455a53689a3937eea07319a633d2ccba78",
    ),
    AuthProtocol.SHA512: (
        (
            "7e4396de5aadc77be853819b98c9406265b3a9c37cc3176569847a4e4f6fba63"
            "dd3a73d04924d31a63f95a601f9385af6be4ed1b37f87d040f7c6ed6f8d38a91"
        ),
        (
            "22a5a36cedfcc085807a128d7bc6c2382167ad6c0dbc5fdff856740f3d84c099"
            "ad1ea87a8db096714d9788bd544047c9021e4229ce27e4c0a69250adfcffbb0b"
        ),
    ),
}


@pytest.mark.parametrize("auth", AuthProtocol)
def test_password_to_key(auth):
    """RFC 3414 §A.3.1 and §A.3.2, and their like for SHA-2: first the user's key, then the engine's."""
    assert password_to_key(auth, SECRET).hex() == KEYS[auth][0]
    assert localized_key(auth, SECRET, ENGINE_ID).hex() == KEYS[auth][1]
    assert len(localized_key(auth, SECRET, ENGINE_ID)) == auth.key_octets


@pytest.mark.parametrize(
    ("auth", "priv", "key"),
    [
        (AuthProtocol.MD5, PrivProtocol.DES, "526f5eed9fcce26f8964c2930787d82b"),
        (AuthProtocol.SHA, PrivProtocol.DES, "6695febc9288e36282235fc7151f1284"),
        (AuthProtocol.SHA, PrivProtocol.AES, "6695febc9288e36282235fc7151f1284"),
        (AuthProtocol.MD5, PrivProtocol.AES192, "526f5eed9fcce26f8964c2930787d82bfa24a92467426c2f"),
        (AuthProtocol.SHA, PrivProtocol.AES256, "6695febc9288e36282235fc7151f128497b38f3f505e07eb9af25568fa1f5dbe"),
        (AuthProtocol.MD5, PrivProtocol.AES256C, "526f5eed9fcce26f8964c2930787d82b79eff44a90650ee0a3a40abfac5acc12"),
        (AuthProtocol.SHA, PrivProtocol.AES192C, "6695febc9288e36282235fc7151f128497b38f3f9b8b6d78"),
        (AuthProtocol.SHA, PrivProtocol.AES256C, "6695febc9288e36282235fc7151f128497b38f3f9b8b6d78936ba6e7d19dfd9c"),
    ],
    ids=str,
)
def test_extended_keys(auth, priv, key):
    """Keys that a hash is too short for are extended; those with C as draft-reeder's Appendix B shows."""
    assert localized_priv_key(auth, priv, SECRET, ENGINE_ID).hex() == key


@pytest.mark.parametrize("auth", [AuthProtocol.SHA256, AuthProtocol.SHA384, AuthProtocol.SHA512])
@pytest.mark.parametrize("priv", PrivProtocol)
def test_keys_that_need_no_extension(auth, priv):
    """A hash that is long enough is cut, in both families alike."""
    assert localized_priv_key(auth, priv, SECRET, ENGINE_ID).hex() == KEYS[auth][1][: priv.key_octets * 2]


@pytest.mark.parametrize("secret", [b"x", b"y" * 2**20, b"z" * (2**20 + 1)], ids=["short", "exact", "long"])
def test_secrets_of_any_length(secret):
    """A mebibyte is hashed whether the secret is repeated, fits, or is cut."""
    assert password_to_key(AuthProtocol.SHA256, secret) == password_to_key(AuthProtocol.SHA256, secret[:1] * 2**20)


def test_user_keys():
    """A user's keys are those of its secrets for the engine, or the ones that it was given."""
    user = UsmUser("u", AuthProtocol.SHA, SECRET, PrivProtocol.AES256C, SECRET)
    auth_key, priv_key = user.auth_key(ENGINE_ID), user.priv_key(ENGINE_ID)
    assert auth_key.hex() == KEYS[AuthProtocol.SHA][1]
    assert priv_key == localized_priv_key(AuthProtocol.SHA, PrivProtocol.AES256C, SECRET, ENGINE_ID)
    given = UsmUser.from_keys("u", AuthProtocol.SHA, auth_key, PrivProtocol.AES256C, priv_key)
    assert (given.auth_key(b"any engine"), given.priv_key(b"any engine")) == (auth_key, priv_key)


def test_user_without_keys():
    """A user without secrets has no keys; one without privacy has no key for it."""
    assert UsmUser("u").auth_key(ENGINE_ID) == UsmUser("u").priv_key(ENGINE_ID) == b""
    assert UsmUser("u", AuthProtocol.MD5, SECRET).priv_key(ENGINE_ID) == b""


def test_long_localized_privacy_key():
    """A localized privacy key given as the whole hash is cut to what the cipher takes."""
    user = UsmUser.from_keys("u", AuthProtocol.SHA, bytes(20), PrivProtocol.AES, bytes(range(20)))
    assert user.priv_key(ENGINE_ID) == bytes(range(16))


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": "x" * 33},
        {"name": "ü" * 17},
        {"name": "u", "auth": AuthProtocol.SHA},
        {"name": "u", "auth": AuthProtocol.SHA, "auth_secret": b""},
        {"name": "u", "auth_secret": b"s"},
        {"name": "u", "priv": PrivProtocol.AES, "priv_secret": b"s"},
        {"name": "u", "auth": AuthProtocol.SHA, "auth_secret": b"s", "priv": PrivProtocol.AES},
        {"name": "u", "auth": AuthProtocol.SHA, "auth_secret": b"s", "priv_secret": b"s"},
        {"name": "u", "auth": AuthProtocol.SHA, "auth_secret": bytes(19), "localized": True},
        {
            "name": "u",
            "auth": AuthProtocol.MD5,
            "auth_secret": bytes(16),
            "priv": PrivProtocol.AES192,
            "priv_secret": bytes(23),
            "localized": True,
        },
    ],
    ids=str,
)
def test_users_that_cannot_be(fields):
    """A name out of bounds, a level that USM does not have, and halves of pairs are refused."""
    with pytest.raises(ValueError, match="USM user"):
        UsmUser(**fields)


def test_longest_name():
    """A name may fill its 32 octets (RFC 3414 §2.4)."""
    assert UsmUser("x" * 32).name == "x" * 32


def test_secrets_are_not_shown():
    """A user can be logged without telling its secrets."""
    shown = repr(UsmUser("u", AuthProtocol.SHA, b"auth-secret", PrivProtocol.AES, b"priv-secret"))
    assert "secret'" not in shown
    assert "SHA" in shown


def test_caches_are_bounded():
    """What is remembered of secrets and engines has a limit."""
    for cached in (password_to_key, localized_key, localized_priv_key):
        assert 0 < cached.cache_info().maxsize <= 4096
