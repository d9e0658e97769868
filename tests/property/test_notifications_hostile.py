"""Whatever arrives at a notification port is taken or has a reason; what was signed comes through whole or never."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from collector.errors import WireError
from collector.wire import ber, snmp
from collector.wire.notification_drops import DropReason, Received
from collector.wire.notification_receiver import EngineLimits, Receiver
from collector.wire.snmp import PduType
from collector.wire.usm_protection import REPORTABLE_FLAG
from tests.agents.notifier import (
    DES,
    NOW,
    OPEN,
    OWN_ENGINE_ID,
    ROUTER,
    SECRET,
    SIGNED,
    SOURCE,
    STOPPED,
    TRAP_OID,
    USERS,
    Device,
    community_message,
    inform,
    pdu_of,
    receiver_of,
    trap_v1,
)

REPORT_OCTETS = 170
LONGER_OCTETS = 16
WHOLE = {
    "v1": trap_v1(),
    "v2c": community_message(pdu_of()),
    "v2c inform": community_message(pdu_of(PduType.INFORM)),
    **{f"{user.name} trap": Device(user).message() for user in USERS},
    **{f"{user.name} inform": inform(user).message() for user in USERS},
    "discovery": inform(OPEN, engine_id=b"").message(),
    "synchronization": inform(boots=0, time=0).message(),
}
SIGNED_KINDS = [f"{user.name} {kind}" for user in (SIGNED, SECRET, DES) for kind in ("trap", "inform")]


def sound(receiver: Receiver, data: bytes) -> Received:
    """Return what became of a datagram, having checked what is true of any."""
    got = receiver.receive(data, SOURCE, NOW)
    assert (got.record is None) is isinstance(got.reason, DropReason)
    if got.record is not None:
        assert (got.reply is not None) is got.record.inform
        assert sum(len(oid) + len(value) for oid, _, value in got.record.varbinds) <= len(data)
    assert len(got.reply or b"") <= max(REPORT_OCTETS, len(data) + LONGER_OCTETS)
    assert len(got.detail) < 300
    return got


def test_whole_messages():
    """What the others are bent from is taken, or answered."""
    for kind, data in WHOLE.items():
        got = sound(receiver_of(), data)
        assert got.reason is (DropReason.DISCOVERY if kind in {"discovery", "synchronization"} else None), kind


@given(octets=st.binary(max_size=100), kind=st.sampled_from(sorted(WHOLE)), cut=st.integers(0, 400))
@settings(max_examples=2000, deadline=None)
def test_any_octets(octets, kind, cut):
    """Random octets, alone or grafted on the beginning of a good message, raise nothing."""
    receiver, whole = receiver_of(limits=EngineLimits(engines=4)), WHOLE[kind]
    for data in (octets, whole[:cut] + octets, whole[:cut] + octets + whole[cut:], whole[cut:] + octets):
        sound(receiver, data)


@given(octets=st.binary(max_size=80), user=st.sampled_from(USERS), ours=st.booleans(), flags=st.sampled_from([0, 4]))
@settings(max_examples=1000, deadline=None)
def test_any_octets_of_a_user(octets, user, ours, flags):
    """A sender that knows the secrets can say what he likes: it is taken or dropped."""
    place = {"engine_id": OWN_ENGINE_ID, "boots": 7, "time": 1000} if ours else {"engine_id": ROUTER}
    for tag, scoped in itertools.product((PduType.TRAP, PduType.INFORM, PduType.TRAP_V1), (None, octets)):
        device = Device(user, **place, flags=flags, pdu=ber.encode_tlv(tag, octets), scoped=scoped)
        sound(receiver_of(), device.message())


@given(octets=st.binary(max_size=80), version=st.sampled_from([0, 1]))
@settings(max_examples=1000, deadline=None)
def test_any_octets_of_a_community(octets, version):
    """So can who knows the community."""
    for pdu in (octets, *(ber.encode_tlv(tag, octets) for tag in range(0xA0, 0xA9))):
        sound(receiver_of(), community_message(pdu, version=version))


@given(kind=st.sampled_from(SIGNED_KINDS), position=st.integers(0), bits=st.integers(1, 255), known=st.booleans())
@settings(max_examples=2000, deadline=None)
def test_flipped_bits(kind, position, bits, known):
    """No change of a signed message comes through, whether or not its engine is known; nor is it remembered."""
    receiver, whole = receiver_of(), WHOLE[kind]
    if known:
        assert sound(receiver, whole).record
    remembered = receiver.remembered_engines
    damaged = bytearray(whole)
    damaged[position % len(whole)] ^= bits
    assert sound(receiver, bytes(damaged)).record is None
    assert receiver.remembered_engines == remembered


def test_every_bit():
    """The same for each single bit of one message of each kind."""
    receiver = receiver_of()
    for kind in SIGNED_KINDS:
        whole = WHOLE[kind]
        for position, bit in itertools.product(range(len(whole)), range(8)):
            damaged = whole[:position] + bytes((whole[position] ^ 1 << bit,)) + whole[position + 1 :]
            assert sound(receiver, damaged).record is None, (kind, position, bit)
    assert receiver.remembered_engines == 0


def test_truncated_at_every_offset():
    """No beginning of a message is a message."""
    receiver = receiver_of()
    for kind, whole in WHOLE.items():
        for size in range(len(whole)):
            got = sound(receiver, whole[:size])
            assert (got.reason, got.reply) == (DropReason.MALFORMED, None), (kind, size)


@given(
    varbinds=st.lists(
        st.tuples(
            st.sampled_from(
                [*(oid for oid, _, _ in STOPPED), TRAP_OID[0], TRAP_OID[0][:-1], STOPPED[0][0][:-1], b"", b"\x80"]
            ),
            st.sampled_from([2, 4, 5, 6, 0x40, 0x41, 0x43, 0x46, 0x80, 0x82]),
            st.binary(max_size=140) | st.just(TRAP_OID[2]),
        ),
        max_size=8,
    ),
    kind=st.sampled_from([PduType.TRAP, PduType.INFORM]),
    user=st.sampled_from([None, *USERS]),
)
@settings(max_examples=700, deadline=None)
def test_any_varbinds(varbinds, kind, user):
    """Well-formed varbinds of any name and type are survived; an answer tells them all again."""
    pdu = pdu_of(kind, varbinds)
    if user is None:
        got = sound(receiver_of(), community_message(pdu))
    else:
        place = {"engine_id": OWN_ENGINE_ID, "boots": 7, "time": 1000, "flags": REPORTABLE_FLAG}
        got = sound(receiver_of(), Device(user, **place, pdu=pdu).message())
    assert (got.record is not None) is says_which(varbinds)
    assert got.reason in {None, DropReason.MALFORMED}
    if user is None and got.record and got.record.inform:
        assert snmp.decode_community_message(got.reply).pdu.varbinds == varbinds


def says_which(varbinds: list[snmp.Varbind]) -> bool:
    """Return whether the first snmpTrapOID is an OID, as the model of what a notification must have."""
    for name, tag, value in varbinds:
        if name in {TRAP_OID[0], TRAP_OID[0][:-1]}:
            try:
                return tag == snmp.OBJECT_IDENTIFIER and bool(value and ber.decode_oid(value))
            except WireError:
                return False
    return False
