"""Whatever arrives, the codec answers with a value or a WireError, and soon."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.errors import WireError
from collector.wire import ber, pdu, snmp, usm_crypto
from collector.wire.snmp import Pdu, PduType
from collector.wire.usm import AuthProtocol, PrivProtocol, ScopedPdu, UsmSession, UsmUser
from collector.wire.usm_message import decode_parameters, encode_parameters

ENGINE_ID = bytes.fromhex("80001f8804746573742d656e67696e65")
SIGNED = UsmUser("user", AuthProtocol.SHA, b"auth-secret")
SECRET = UsmUser("user", AuthProtocol.SHA256, b"auth-secret", PrivProtocol.AES, b"priv-secret")
USERS = (UsmUser("user"), SIGNED, SECRET)
TAGS = (2, 4, 5, 6, 0x30, 0x40, 0x41, 0x43, 0x46, 0x80, 0xA2, 0xA3, 0xA4, 0xA8, 0x24, 0x1F)
LIES = (
    b"\x80",
    b"\x7f",
    b"\x84\xff\xff\xff\xff",
    b"\x84\x7f\xff\xff\xff",
    b"\x88" + b"\xff" * 8,
    b"\x82\0\1",
    b"\0",
    b"",
)


def nested(recipe: bytes) -> bytes:
    """Return elements as a recipe wants them: each octet adds one, wraps what is there, or lies about a length."""
    data = b""
    for octet in recipe:
        tag, act = TAGS[octet & 15], octet >> 4
        if act < 6:
            data += ber.encode_tlv(tag, recipe[:act])
        elif act < 10:
            data = ber.encode_tlv(tag, data)
        elif act < 13:
            data = ber.encode_tlv(0x30, b"\2\1" + bytes((act - 10,)) + data)
        else:
            data = bytes((tag,)) + LIES[octet % len(LIES)] + data
    return data


def as_message(recipe: bytes) -> bytes:
    """Return a message that is whole down to its PDU, whose content the recipe says."""
    inner = ber.encode_tlv(TAGS[10 + recipe[0] % 4] if recipe else PduType.RESPONSE, nested(recipe))
    return ber.encode_tlv(0x30, b"\2\1\1\4\0" + inner)


def session_of(user: UsmUser) -> UsmSession:
    session = UsmSession(user, salt=0)
    session._meet_engine(ENGINE_ID)
    return session


def read_everything(data: bytes) -> list[object]:
    """Return what each reader made of the data; WireError is the only error let through."""
    values: list[object] = [snmp.peek_msg_id(data), snmp.peek_request_id(data)]
    for read in (
        snmp.message_version,
        snmp.decode_community_message,
        snmp.decode_v3_message,
        snmp.decode_pdu,
        ber.decode_oid,
        ber.decode_arcs,
        ber.decode_integer,
        ber.decode_unsigned32,
        ber.decode_counter64,
        ber.decode_ip_address,
        *(lambda octets, user=user: session_of(user).decode(octets, 0.0) for user in USERS),
    ):
        with contextlib.suppress(WireError):
            values.append(read(data))
    return values


@given(octets=st.binary(max_size=60))
@settings(max_examples=10_000, deadline=None)
def test_hostile_octets(octets):
    """Random octets, and elements with lying lengths nested at will, raise nothing but WireError."""
    for data in (octets, nested(octets), as_message(octets)):
        for value in read_everything(data):
            if isinstance(value, Pdu):
                assert sum(len(oid) + len(content) for oid, _, content in value.varbinds) <= len(data)
            assert not (isinstance(value, ScopedPdu) and value.authenticated)


def read_slowly(varbinds: bytes) -> list[snmp.Varbind] | None:
    """Return varbinds as they are read without the shortcut for short ones, None if that is refused."""
    found, offset = [], 0
    with contextlib.suppress(WireError):
        while offset < len(varbinds):
            varbind, offset = pdu._decode_long_varbind(varbinds, offset, len(varbinds))
            found.append(varbind)
        return found
    return None


@given(octets=st.binary(max_size=80), recipe=st.binary(max_size=20), cut=st.integers(0, 80))
@settings(max_examples=1000, deadline=None)
def test_hostile_varbinds(octets, recipe, cut):
    """Octets in the place of varbinds, around good ones, are read or refused by the shortcut as without it."""
    good = ber.encode_tlv(0x30, ber.encode_tlv(6, b"\x2b\x06") + b"\x41\x01\x05")
    long = ber.encode_tlv(0x30, b"\x06\x81\x01\x2b" + ber.encode_octets(octets * 2))
    for varbinds in (
        octets,
        good + octets,
        octets[:cut] + good + octets[cut:],
        good + long + nested(recipe),
        long + good,
    ):
        numbers = ber.encode_integer(0) * 3
        data = ber.encode_tlv(PduType.RESPONSE, numbers + ber.encode_tlv(0x30, varbinds))
        decoded = None
        with contextlib.suppress(WireError):
            decoded = snmp.decode_pdu(data).varbinds
        assert decoded == read_slowly(varbinds)


@given(recipe=st.binary(max_size=60), engine=st.tuples(st.integers(0, 2**31 - 1), st.integers(0, 2**31 - 1)))
@settings(max_examples=1000, deadline=None)
def test_hostile_engine(recipe, engine):
    """An engine that knows the secrets can still make us raise nothing but WireError."""
    key, nonce = SECRET.priv_key(ENGINE_ID), usm_crypto.nonce(*engine, b"saltsalt")
    context = ber.encode_octets(ENGINE_ID) + ber.encode_octets(b"")
    scoped = nested(recipe) if len(recipe) % 2 else ber.encode_tlv(0x30, context + nested(recipe))
    data = ber.encode_octets(usm_crypto.encrypt(PrivProtocol.AES, key, nonce, scoped))
    parameters = encode_parameters(ENGINE_ID, *engine, user_name=b"user", mac=bytes(24), salt=b"saltsalt")
    message = snmp.encode_v3_message(1, 3, 3, parameters, data)
    place = decode_parameters(message, snmp.decode_v3_message(message))
    mac = usm_crypto.mac(AuthProtocol.SHA256, SECRET.auth_key(ENGINE_ID), message)
    with contextlib.suppress(WireError):
        assert (
            session_of(SECRET).decode(message[: place.mac_start] + mac + message[place.mac_stop :], 0.0).authenticated
        )


@given(position=st.integers(0), bits=st.integers(1, 255), kind=st.sampled_from(["v2c", "v3", "secret"]))
@settings(max_examples=2000, deadline=None)
def test_flipped_bits(position, bits, kind):
    """A damaged message is refused, or read as another message; of a signed one nothing is believed."""
    request = snmp.encode_request(PduType.GET_BULK, 7, [b"\x2b\x06"] * 3, max_repetitions=5)
    user = {"v2c": UsmUser("user"), "v3": UsmUser("user"), "secret": SECRET}[kind]
    whole = session_of(user).encode(request, msg_id=5, now=0.0)
    if kind == "v2c":
        whole = snmp.encode_community_message(1, b"public", request)
    damaged = bytearray(whole)
    damaged[position % len(whole)] ^= bits
    values = read_everything(bytes(damaged))
    assert not any(isinstance(value, ScopedPdu) and value.authenticated for value in values)


@pytest.mark.parametrize("depth", [1000, 16000])
def test_deep_nesting(depth):
    """Elements within elements are not followed, so their depth costs nothing."""
    data = b""
    for _ in range(depth):
        data = ber.encode_tlv(0x30, data)
    assert read_everything(data) == [None, None]
    assert read_everything(b"\x30\x80" * depth) == [None, None]


def test_largest_messages():
    """A datagram full of the smallest varbinds, and one full of a single value, are read."""
    smallest = bytes.fromhex("3004 0600 0500")
    for varbinds in (smallest * 10_900, ber.encode_tlv(0x30, b"\x06\x00" + ber.encode_octets(bytes(65_400)))):
        response = ber.encode_tlv(PduType.RESPONSE, ber.encode_integer(0) * 3 + ber.encode_tlv(0x30, varbinds))
        message = snmp.encode_community_message(1, b"", response)
        assert len(message) <= snmp.MAX_MESSAGE_OCTETS
        decoded = snmp.decode_community_message(message).pdu
        assert len(decoded.varbinds) == varbinds.count(smallest) or len(decoded.varbinds[0][2]) == 65_400


def test_huge_numbers():
    """An OID or integer that fills a datagram is refused without being computed."""
    for content in (b"\xff" * 65_000, b"\x81" * 65_000, b"\x00" * 65_000, b"\xff" * 64_999 + b"\x7f"):
        for decode in (
            ber.decode_oid,
            ber.decode_arcs,
            ber.decode_integer,
            ber.decode_unsigned32,
            ber.decode_counter64,
        ):
            with pytest.raises(WireError, match="65000 octets"):
                decode(content)


@given(arcs=st.lists(st.integers(0, 2**32 - 1), max_size=126))
@settings(max_examples=300, deadline=None)
def test_oids_survive(arcs):
    """Any OID comes back from its octets and from its text; so does any index."""
    whole = (1, 3, *arcs)
    content = ber.encode_oid(whole)
    assert ber.decode_oid(content) == whole
    assert ber.oid(ber.oid_text(content)) == content
    assert ber.decode_arcs(ber.encode_arcs(arcs)) == tuple(arcs)
