"""What both sides of USM share; how they use it is in test_usm and test_notification_usm."""

import itertools

import pytest

from collector.errors import WireError
from collector.wire import ber, snmp
from collector.wire.usm import AuthProtocol, DecryptionError, PrivProtocol, UsmUser, WrongDigestError
from collector.wire.usm_message import decode_parameters, encode_parameters
from collector.wire.usm_protection import (
    Seal,
    decrypt_scoped,
    read_scoped,
    salts_from,
    security_level,
    user_level,
    verify_mac,
)

ENGINE_ID = bytes.fromhex("8000000903001122334455")
PDU = snmp.encode_request(snmp.PduType.GET, 5, [b"\x2b\x06"])
SCOPED = ber.encode_tlv(ber.SEQUENCE, ber.encode_octets(ENGINE_ID) + ber.encode_octets(b"vrf") + PDU)
LEVELS = [
    (None, None),
    *((auth, None) for auth in AuthProtocol),
    *itertools.product((AuthProtocol.SHA512,), PrivProtocol),
]


def test_salts():
    """A number is counted from, an iterator is shared."""
    assert list(itertools.islice(salts_from(7), 3)) == [7, 8, 9]
    salts = iter([1])
    assert salts_from(salts) is salts


def test_user_level():
    """The protocols that a user has are the flags of his messages."""
    signed = UsmUser("bob", AuthProtocol.MD5, b"secret")
    assert user_level(UsmUser("bob")) == 0
    assert user_level(signed) == 1
    assert user_level(UsmUser("bob", AuthProtocol.MD5, b"secret", PrivProtocol.AES, b"secret")) == 3


@pytest.mark.parametrize(("auth", "priv"), LEVELS)
def test_seal(auth, priv):
    """What is sealed is verified and opened with the same keys, and with no others."""
    keys = b"k" * auth.key_octets if auth else b"", b"p" * priv.key_octets if priv else b""
    seal = Seal(ENGINE_ID, 3, 900, b"bob", auth, keys[0], priv, keys[1])
    data = seal.close(SCOPED, msg_id=9, salts=iter([2**64 + 5]), flags=4)
    message = snmp.decode_v3_message(data)
    parameters = decode_parameters(data, message)
    level = (1 if auth else 0) | (2 if priv else 0)
    assert (message.msg_id, message.flags, security_level(message)) == (9, level | 4, level)
    assert parameters[:4] == (ENGINE_ID, 3, 900, b"bob")
    assert parameters.salt == (bytes(7) + b"\5" if priv else b"")
    if auth:
        verify_mac(data, parameters, auth, keys[0])
        with pytest.raises(WrongDigestError):
            verify_mac(data, parameters, auth, keys[0][:-1] + b"!")
    start, stop = message.scoped_start, message.scoped_stop
    if priv:
        data = decrypt_scoped(data[start:stop], parameters, priv, keys[1])
        start, stop = 0, len(data)
    assert read_scoped(data, start, stop) == (ENGINE_ID, b"vrf", snmp.decode_pdu(PDU))


def test_mac_of_another_size():
    """A MAC is not compared by its beginning, nor without a protocol."""
    key = b"k" * 16
    seal = Seal(ENGINE_ID, 3, 900, b"bob", AuthProtocol.MD5, key)
    data = seal.close(SCOPED, msg_id=9, salts=iter([]))
    parameters = decode_parameters(data, snmp.decode_v3_message(data))
    for auth in (None, AuthProtocol.SHA256):
        with pytest.raises(WrongDigestError, match="size"):
            verify_mac(data, parameters, auth, key)


def test_no_privacy():
    """What is encrypted for somebody without keys is not decrypted."""
    data = snmp.encode_v3_message(1, 3, 3, encode_parameters(ENGINE_ID, 1, 1, salt=bytes(8)), ber.encode_octets(b""))
    parameters = decode_parameters(data, snmp.decode_v3_message(data))
    with pytest.raises(DecryptionError, match="without privacy"):
        decrypt_scoped(b"", parameters, None, b"")


@pytest.mark.parametrize(
    ("flags", "model", "scoped"), [(0, 1, SCOPED), (2, 3, b"\4\0"), (3, 3, SCOPED), (1, 3, b"\4\0")]
)
def test_contradictions(flags, model, scoped):
    """Flags that do not fit what is there are nobody's."""
    data = snmp.encode_v3_message(1, flags, model, encode_parameters(ENGINE_ID, 1, 1), scoped)
    with pytest.raises(WireError, match="contradict"):
        security_level(snmp.decode_v3_message(data))


def test_octets_around_a_scoped_pdu():
    """A scoped PDU that lacks its context, or has something behind it, is refused."""
    for content in (PDU, ber.encode_octets(b"") + PDU, ber.encode_octets(b"") * 2 + PDU + b"\0"):
        with pytest.raises(WireError):
            read_scoped(content, 0, len(content))
