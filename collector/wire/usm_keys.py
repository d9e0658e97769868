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
    """An HMAC authentication protocol (RFC 3414, RFC 7860).

    `hash_name` is what hashlib and hmac call its hash, `key_octets` the size of a localized key, `mac_octets` how much
    of the HMAC goes into msgAuthenticationParameters.
    """

    hash_name: str
    key_octets: int
    mac_octets: int

    MD5 = "MD5", "md5", 16, 12
    SHA = "SHA", "sha1", 20, 12
    SHA224 = "SHA224", "sha224", 28, 16
    SHA256 = "SHA256", "sha256", 32, 24
    SHA384 = "SHA384", "sha384", 48, 32
    SHA512 = "SHA512", "sha512", 64, 48

    def __new__(cls, value: str, hash_name: str, key_octets: int, mac_octets: int) -> Self:
        """Make a member whose value is its name alone; what the hot path asks of it are plain attributes."""
        member = object.__new__(cls)
        member._value_ = value
        member.hash_name, member.key_octets, member.mac_octets = hash_name, key_octets, mac_octets
        return member


class PrivProtocol(Enum):
    """An encryption protocol (RFC 3414, RFC 3826, draft-blumenthal-aes-usm-04).

    AES192C and AES256C extend short keys as draft-reeder-snmpv3-usm-3desede does, which is what Cisco ships.
    `key_octets` is the size of a localized key; that of DES carries its pre-IV.
    """

    key_octets: int

    DES = "DES", 16
    AES = "AES", 16
    AES192 = "AES192", 24
    AES256 = "AES256", 32
    AES192C = "AES192C", 24
    AES256C = "AES256C", 32

    def __new__(cls, value: str, key_octets: int) -> Self:
        """Make a member whose value is its name alone."""
        member = object.__new__(cls)
        member._value_ = value
        member.key_octets = key_octets
        return member


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
    return localize(auth, password_to_key(auth, secret), engine_id)


@lru_cache(maxsize=_CACHED_KEYS)
def localized_priv_key(auth: AuthProtocol, priv: PrivProtocol, secret: bytes, engine_id: bytes) -> bytes:
    """Return the passphrase's encryption key for one engine, extended or cut to what the cipher takes.

    One extension always suffices: the shortest hash has 16 octets, the longest key 32.
    """
    key = localized_key(auth, secret, engine_id)
    if len(key) < priv.key_octets:
        if priv in (PrivProtocol.AES192C, PrivProtocol.AES256C):
            key += localize(auth, password_to_key(auth, key), engine_id)
        else:
            key += _digest(auth, key)
    return key[: priv.key_octets]


def localize(auth: AuthProtocol, key: bytes, engine_id: bytes) -> bytes:
    """Return Kul made from Ku, which costs two blocks of hash and is not kept: the engine may be anyone's invention."""
    return _digest(auth, key + engine_id + key)


def _digest(auth: AuthProtocol, octets: bytes | memoryview) -> bytes:
    return hashlib.new(auth.hash_name, octets, usedforsecurity=False).digest()
