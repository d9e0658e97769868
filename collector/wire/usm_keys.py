"""Who a USM user is, and which keys its secrets become for one engine.

Turning a passphrase into a key hashes a mebibyte, on purpose; results are kept, in bounded caches.
Source: RFC 3414 §2.6 and §A.2, RFC 3826 §1.2, RFC 7860 §9.3, draft-blumenthal-aes-usm-04 §3.1.2,
draft-reeder-snmpv3-usm-3desede-00 §2.1.
"""

import hashlib
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import Self

_EXPANSION_OCTETS = 2**20
_MAX_NAME_OCTETS = 32
_CACHED_SECRETS = 256
_CACHED_KEYS = 4096


class AuthProtocol(Enum):
    """An HMAC authentication protocol (RFC 3414, RFC 7860)."""

    MD5 = "MD5"
    SHA = "SHA"
    SHA224 = "SHA224"
    SHA256 = "SHA256"
    SHA384 = "SHA384"
    SHA512 = "SHA512"

    @property
    def hash_name(self) -> str:
        """The hash, as hashlib and hmac call it."""
        return "sha1" if self is AuthProtocol.SHA else self.value.lower()

    @property
    def mac_octets(self) -> int:
        """How much of the HMAC goes into msgAuthenticationParameters."""
        return _MAC_OCTETS[self]

    @property
    def key_octets(self) -> int:
        """The size of a localized key."""
        return hashlib.new(self.hash_name, usedforsecurity=False).digest_size


class PrivProtocol(Enum):
    """An encryption protocol (RFC 3414, RFC 3826, draft-blumenthal-aes-usm-04).

    AES192C and AES256C extend short keys as draft-reeder-snmpv3-usm-3desede does, which is what Cisco ships.
    """

    DES = "DES"
    AES = "AES"
    AES192 = "AES192"
    AES256 = "AES256"
    AES192C = "AES192C"
    AES256C = "AES256C"

    @property
    def key_octets(self) -> int:
        """The size of a localized key; that of DES carries its pre-IV."""
        return _PRIV_KEY_OCTETS[self]


_MAC_OCTETS = {
    AuthProtocol.MD5: 12,
    AuthProtocol.SHA: 12,
    AuthProtocol.SHA224: 16,
    AuthProtocol.SHA256: 24,
    AuthProtocol.SHA384: 32,
    AuthProtocol.SHA512: 48,
}
_PRIV_KEY_OCTETS = {
    PrivProtocol.DES: 16,
    PrivProtocol.AES: 16,
    PrivProtocol.AES192: 24,
    PrivProtocol.AES256: 32,
    PrivProtocol.AES192C: 24,
    PrivProtocol.AES256C: 32,
}


@dataclass(frozen=True, slots=True)
class UsmUser:
    """A user name with its protocols and secrets; which of them are present is its security level.

    Secrets are passphrases, or keys localized for the one engine that the user is used with (`from_keys`). Short
    passphrases are let through: IOS takes them. A localized privacy key may be longer than needed, as a hash is.

    Raises: ValueError on a name that is not 1 to 32 octets, privacy without authentication, a secret without its
    protocol or the reverse, or a localized key that is too short.
    """

    name: str
    auth: AuthProtocol | None = None
    auth_secret: bytes | None = field(default=None, repr=False)
    priv: PrivProtocol | None = None
    priv_secret: bytes | None = field(default=None, repr=False)
    localized: bool = False

    def __post_init__(self) -> None:
        if not 0 < len(self.name.encode()) <= _MAX_NAME_OCTETS:
            raise ValueError(f"a USM user name has 1 to {_MAX_NAME_OCTETS} octets")
        if self.priv and not self.auth:
            raise ValueError(f"USM user {self.name}: privacy needs authentication")
        for protocol, secret in ((self.auth, self.auth_secret), (self.priv, self.priv_secret)):
            if (protocol is None) != (not secret):
                raise ValueError(f"USM user {self.name}: a protocol and its secret come together")
            if protocol and secret and self.localized and len(secret) < protocol.key_octets:
                raise ValueError(f"USM user {self.name}: a {protocol.value} key has {protocol.key_octets} octets")

    @classmethod
    def from_keys(
        cls,
        name: str,
        auth: AuthProtocol,
        auth_key: bytes,
        priv: PrivProtocol | None = None,
        priv_key: bytes | None = None,
    ) -> Self:
        """Return a user whose keys are already localized for its engine.

        Raises: ValueError as the class does.
        """
        return cls(name, auth, auth_key, priv, priv_key, localized=True)

    def auth_key(self, engine_id: bytes) -> bytes:
        """Return the authentication key for this engine; empty for a user without authentication."""
        if self.auth is None or self.auth_secret is None:
            return b""
        return self.auth_secret if self.localized else localized_key(self.auth, self.auth_secret, engine_id)

    def priv_key(self, engine_id: bytes) -> bytes:
        """Return the encryption key for this engine; empty for a user without privacy."""
        if self.auth is None or self.priv is None or self.priv_secret is None:
            return b""
        if self.localized:
            return self.priv_secret[: self.priv.key_octets]
        return localized_priv_key(self.auth, self.priv, self.priv_secret, engine_id)


@lru_cache(maxsize=_CACHED_SECRETS)
def password_to_key(auth: AuthProtocol, secret: bytes) -> bytes:
    """Return Ku, the key that a passphrase of at least one octet stands for on every engine.

    Source: RFC 3414 §A.2.1, §A.2.2.
    """
    repeated = secret * (_EXPANSION_OCTETS // len(secret) + 1)
    return _digest(auth, memoryview(repeated)[:_EXPANSION_OCTETS])


@lru_cache(maxsize=_CACHED_KEYS)
def localized_key(auth: AuthProtocol, secret: bytes, engine_id: bytes) -> bytes:
    """Return Kul, the passphrase's key for one engine.

    Source: RFC 3414 §2.6.
    """
    return _localize(auth, password_to_key(auth, secret), engine_id)


@lru_cache(maxsize=_CACHED_KEYS)
def localized_priv_key(auth: AuthProtocol, priv: PrivProtocol, secret: bytes, engine_id: bytes) -> bytes:
    """Return the passphrase's encryption key for one engine, extended or cut to what the cipher takes.

    One extension always suffices: the shortest hash has 16 octets, the longest key 32.
    """
    key = localized_key(auth, secret, engine_id)
    if len(key) < priv.key_octets:
        if priv in (PrivProtocol.AES192C, PrivProtocol.AES256C):
            key += _localize(auth, password_to_key(auth, key), engine_id)
        else:
            key += _digest(auth, key)
    return key[: priv.key_octets]


def _localize(auth: AuthProtocol, key: bytes, engine_id: bytes) -> bytes:
    return _digest(auth, key + engine_id + key)


def _digest(auth: AuthProtocol, octets: bytes | memoryview) -> bytes:
    return hashlib.new(auth.hash_name, octets, usedforsecurity=False).digest()
