"""The three things that USM does with a localized key: sign, encrypt, decrypt.

Source: RFC 3414 §6, §7, §8; RFC 3826 §3; RFC 7860 §4.
"""

import hmac

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from collector.errors import WireError
from collector.wire.usm_keys import AuthProtocol, PrivProtocol

SALT_OCTETS = 8
"""The size of msgPrivacyParameters in every encryption protocol."""

_DES_KEY_OCTETS = 8
_DES_BLOCK_OCTETS = 8


def mac(auth: AuthProtocol, key: bytes, message: bytes) -> bytes:
    """Return the msgAuthenticationParameters of a message in which they are zeroed."""
    return hmac.digest(key, message, auth.hash_name)[: auth.mac_octets]


def nonce(boots: int, time: int, salt: bytes) -> bytes:
    """Return what makes each encryption differ: 16 octets, of which DES uses the salt only.

    Raises: WireError on a salt that is not 8 octets.
    """
    if len(salt) != SALT_OCTETS:
        raise WireError(f"salt of {len(salt)} octets")
    return boots.to_bytes(4, "big") + time.to_bytes(4, "big") + salt


def encrypt(priv: PrivProtocol, key: bytes, nonce: bytes, plain: bytes) -> bytes:
    """Return the encrypted octets of a scoped PDU; no nonce may be used twice with one key."""
    if priv is PrivProtocol.DES:
        plain += bytes(-len(plain) % _DES_BLOCK_OCTETS)
    encryptor = _cipher(priv, key, nonce).encryptor()
    return encryptor.update(plain) + encryptor.finalize()


def decrypt(priv: PrivProtocol, key: bytes, nonce: bytes, octets: bytes) -> bytes:
    """Return the scoped PDU, with what a DES sender padded it with. A wrong key is not noticed.

    Raises: WireError if no sender can have made octets of this number.
    """
    if priv is PrivProtocol.DES and len(octets) % _DES_BLOCK_OCTETS:
        raise WireError(f"{len(octets)} octets are no DES blocks")
    decryptor = _cipher(priv, key, nonce).decryptor()
    return decryptor.update(octets) + decryptor.finalize()


def _cipher(priv: PrivProtocol, key: bytes, nonce: bytes) -> Cipher[CBC] | Cipher[CFB]:
    if priv is PrivProtocol.DES:
        pre_iv, salt = key[_DES_KEY_OCTETS:], nonce[-SALT_OCTETS:]
        initialization = bytes(a ^ b for a, b in zip(pre_iv, salt, strict=True))
        # Triple DES with one key three times is single DES, which nobody offers any more.
        return Cipher(TripleDES(key[:_DES_KEY_OCTETS] * 3), CBC(initialization))
    return Cipher(AES(key), CFB(nonce))
