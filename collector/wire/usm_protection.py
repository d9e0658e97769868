"""What every speaker of USM does to messages, whichever side of them is authoritative: seal, verify, open.

Source: RFC 3412 §6, RFC 3414 §3.
"""

import hmac
import itertools
from collections.abc import Iterator
from typing import NamedTuple

from collector.errors import WireError
from collector.wire import ber, snmp, usm_crypto
from collector.wire.snmp import Pdu, V3Message
from collector.wire.usm_errors import DecryptionError, WrongDigestError
from collector.wire.usm_keys import AuthProtocol, PrivProtocol, UsmUser
from collector.wire.usm_message import UsmParameters, encode_parameters

AUTH_FLAG = 0x01
PRIV_FLAG = 0x02
REPORTABLE_FLAG = 0x04
USM = 3
"""msgSecurityModel of all that USM protects."""

_LEVEL_MASK = AUTH_FLAG | PRIV_FLAG
_SALTS = 2**64


def salts_from(salt: Iterator[int] | int) -> Iterator[int]:
    """Return the 64-bit numbers that make every encryption differ: counted from a random one, or an iterator's."""
    return itertools.count(salt) if isinstance(salt, int) else salt


def user_level(user: UsmUser) -> int:
    """Return the msgFlags that say how well a user's messages are protected."""
    return (AUTH_FLAG if user.auth else 0) | (PRIV_FLAG if user.priv else 0)


def security_level(message: V3Message) -> int:
    """Return the two msgFlags that say how well a message is protected.

    Raises: WireError if that is not for USM to say, or the message contradicts itself.
    """
    level = message.flags & _LEVEL_MASK
    if message.security_model != USM or level == PRIV_FLAG or message.encrypted != (level == _LEVEL_MASK):
        raise WireError("security model is not USM, or msgFlags and msgData contradict each other")
    return level


class Seal(NamedTuple):
    """Who protects a message, in which engine's name and time; where there is no protocol, it is not protected."""

    engine_id: bytes
    boots: int
    time: int
    user_name: bytes = b""
    auth: AuthProtocol | None = None
    auth_key: bytes = b""
    priv: PrivProtocol | None = None
    priv_key: bytes = b""

    def close(self, scoped: bytes, *, msg_id: int, salts: Iterator[int], flags: int = 0) -> bytes:
        """Return the message that carries this scoped PDU (element); the flags of its level are set.

        Raises: ValueError on a msg_id wider than its field.
        Source: RFC 3414 §3.1.
        """
        scoped, salt = self._encrypt(scoped, salts)
        flags |= (AUTH_FLAG if self.auth else 0) | (PRIV_FLAG if self.priv else 0)
        blank = bytes(self.auth.mac_octets) if self.auth else b""
        parameters = encode_parameters(
            self.engine_id, self.boots, self.time, user_name=self.user_name, mac=blank, salt=salt
        )
        message = snmp.encode_v3_message(msg_id, flags, USM, parameters, scoped)
        return self._sign(message, len(message) - len(scoped) - len(ber.encode_octets(salt)))

    def _encrypt(self, scoped: bytes, salts: Iterator[int]) -> tuple[bytes, bytes]:
        """Return msgData and the salt; the scoped PDU as it is, and no salt, where there is no privacy."""
        if self.priv is None:
            return scoped, b""
        salt = (next(salts) % _SALTS).to_bytes(usm_crypto.SALT_OCTETS, "big")
        nonce = usm_crypto.nonce(self.boots, self.time, salt)
        return ber.encode_octets(usm_crypto.encrypt(self.priv, self.priv_key, nonce, scoped)), salt

    def _sign(self, message: bytes, mac_stop: int) -> bytes:
        if self.auth is None:
            return message
        mac = usm_crypto.mac(self.auth, self.auth_key, message)
        return message[: mac_stop - len(mac)] + mac + message[mac_stop:]


def verify_mac(data: bytes, parameters: UsmParameters, auth: AuthProtocol | None, key: bytes) -> None:
    """Return if the message is what the owner of the key made of it.

    Raises: WrongDigestError otherwise.
    """
    start, stop = parameters.mac_start, parameters.mac_stop
    if auth is None or stop - start != auth.mac_octets:
        raise WrongDigestError("MAC has the wrong size")
    mac = usm_crypto.mac(auth, key, data[:start] + bytes(stop - start) + data[stop:])
    if not hmac.compare_digest(mac, data[start:stop]):
        raise WrongDigestError("MAC is wrong")


def decrypt_scoped(octets: bytes, parameters: UsmParameters, priv: PrivProtocol | None, key: bytes) -> bytes:
    """Return the content of the scoped PDU; what follows it is padding.

    Raises: DecryptionError if there is none.
    """
    if priv is None:
        raise DecryptionError("encrypted for a user without privacy")
    try:
        nonce = usm_crypto.nonce(parameters.boots, parameters.time, parameters.salt)
        plain = usm_crypto.decrypt(priv, key, nonce, octets)
        start, stop = ber.read_element(plain, 0, len(plain), ber.SEQUENCE)
        ber.read_octets(plain, start, stop)
    except WireError as error:
        raise DecryptionError(f"decrypted text is no scoped PDU, or padding is wrong: {error}") from error
    return plain[start:stop]


def read_scoped(data: bytes, start: int, stop: int) -> tuple[bytes, bytes, Pdu]:
    """Return contextEngineID, contextName and the PDU of a scoped PDU's content.

    Raises: WireError on anything else.
    """
    context_engine_id, start = ber.read_octets(data, start, stop)
    context_name, start = ber.read_octets(data, start, stop)
    return context_engine_id, context_name, snmp.decode_pdu(data, start, stop)
