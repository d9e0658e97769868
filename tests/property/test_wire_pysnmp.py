"""Our codec against pysnmp's, an independent one: each reads what the other writes, for generated messages."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyasn1.codec.ber import decoder, encoder
from pysnmp.proto import rfc1902, rfc1905
from pysnmp.proto.api import v1, v2c

from collector.wire import ber, snmp
from collector.wire.snmp import PduType

INT32 = st.integers(-(2**31), 2**31 - 1)
UINT32 = st.integers(0, 2**32 - 1)
ARC = st.one_of(st.integers(0, 300), UINT32)
OIDS = st.tuples(st.just(1), st.integers(0, 39), st.lists(ARC, max_size=30)).map(lambda parts: (*parts[:2], *parts[2]))
VALUES = st.one_of(
    INT32.map(lambda value: (snmp.INTEGER, value, rfc1902.Integer32(value))),
    UINT32.map(lambda value: (snmp.COUNTER32, value, rfc1902.Counter32(value))),
    UINT32.map(lambda value: (snmp.GAUGE32, value, rfc1902.Gauge32(value))),
    UINT32.map(lambda value: (snmp.TIMETICKS, value, rfc1902.TimeTicks(value))),
    st.integers(0, 2**64 - 1).map(lambda value: (snmp.COUNTER64, value, rfc1902.Counter64(value))),
    st.binary(max_size=300).map(lambda value: (snmp.OCTET_STRING, value, rfc1902.OctetString(value))),
    st.binary(max_size=300).map(lambda value: (snmp.OPAQUE, value, rfc1902.Opaque(value))),
    st.binary(min_size=4, max_size=4).map(lambda value: (snmp.IP_ADDRESS, value, rfc1902.IpAddress(value))),
    OIDS.map(lambda value: (snmp.OBJECT_IDENTIFIER, value, rfc1902.ObjectIdentifier(value))),
    st.sampled_from(
        [
            (snmp.NULL, b"", rfc1905.unSpecified),
            (snmp.NO_SUCH_OBJECT, b"", rfc1905.noSuchObject),
            (snmp.NO_SUCH_INSTANCE, b"", rfc1905.noSuchInstance),
            (snmp.END_OF_MIB_VIEW, b"", rfc1905.endOfMibView),
        ]
    ),
)
DECODERS = {
    snmp.INTEGER: ber.decode_integer,
    snmp.COUNTER32: ber.decode_unsigned32,
    snmp.GAUGE32: ber.decode_unsigned32,
    snmp.TIMETICKS: ber.decode_unsigned32,
    snmp.COUNTER64: ber.decode_counter64,
    snmp.OBJECT_IDENTIFIER: ber.decode_oid,
}
SNMP_TRAPS = (1, 3, 6, 1, 6, 3, 1, 1, 5)
PDUS = {
    PduType.GET: v2c.GetRequestPDU,
    PduType.GET_NEXT: v2c.GetNextRequestPDU,
    PduType.RESPONSE: v2c.ResponsePDU,
    PduType.GET_BULK: v2c.GetBulkRequestPDU,
    PduType.INFORM: v2c.InformRequestPDU,
    PduType.TRAP: v2c.SNMPv2TrapPDU,
    PduType.REPORT: v2c.ReportPDU,
}


@given(
    kind=st.sampled_from(sorted(PDUS)),
    request_id=INT32,
    numbers=st.tuples(st.integers(0, 18), st.integers(0, 1000)),
    varbinds=st.lists(st.tuples(OIDS, VALUES), max_size=20),
    community=st.binary(max_size=200),
)
@settings(max_examples=200, deadline=None)
def test_we_read_what_pysnmp_writes(kind, request_id, numbers, varbinds, community):
    """Every type of PDU with every type of value comes out with what pysnmp put in."""
    api, pdu = v2c.apiPDU, PDUS[kind]()
    if kind is PduType.GET_BULK:
        api = v2c.apiBulkPDU
        api.set_defaults(pdu)
        api.set_non_repeaters(pdu, numbers[0])
        api.set_max_repetitions(pdu, numbers[1])
    else:
        api.set_defaults(pdu)
        api.set_error_status(pdu, numbers[0])
        pdu.setComponentByPosition(2, numbers[1])
    api.set_request_id(pdu, request_id)
    api.set_varbinds(pdu, [(oid, value) for oid, (_, _, value) in varbinds])
    message = v2c.Message()
    v2c.apiMessage.set_defaults(message)
    v2c.apiMessage.set_community(message, community)
    v2c.apiMessage.set_pdu(message, pdu)
    data = encoder.encode(message)
    decoded = snmp.decode_community_message(data)
    assert (decoded.version, decoded.community) == (1, community)
    assert (decoded.pdu.type, decoded.pdu.request_id) == (kind, request_id)
    assert (decoded.pdu.error_status, decoded.pdu.error_index) == numbers
    assert [
        (ber.decode_oid(oid), tag, DECODERS.get(tag, bytes)(content)) for oid, tag, content in decoded.pdu.varbinds
    ] == [(oid, tag, value) for oid, (tag, value, _) in varbinds]
    assert snmp.peek_request_id(data) == request_id


PADDED_BY_PYASN1 = {-(2**bits) for bits in (7, 15, 23, 31)}
"""Numbers that pyasn1 writes with an octet too many (ff 80 for -128), which X.690 §8.3.2 does not allow."""


@given(
    version_and_kind=st.sampled_from(
        [*itertools.product((0, 1), (PduType.GET, PduType.GET_NEXT)), (1, PduType.GET_BULK)]
    ),
    request_id=INT32,
    numbers=st.tuples(st.integers(0, 2**31 - 1), st.integers(0, 2**31 - 1)),
    oids=st.lists(OIDS, max_size=30),
    community=st.binary(max_size=200),
)
@settings(max_examples=200, deadline=None)
def test_pysnmp_reads_what_we_write(version_and_kind, request_id, numbers, oids, community):
    """Requests arrive at pysnmp as they were meant, and it would have written the same octets."""
    version, kind = version_and_kind
    bulk = {"non_repeaters": numbers[0], "max_repetitions": numbers[1]} if kind is PduType.GET_BULK else {}
    encoded = snmp.encode_request(kind, request_id, [ber.encode_oid(oid) for oid in oids], **bulk)
    data = snmp.encode_community_message(version, community, encoded)
    module = (v1, v2c)[version]
    message, rest = decoder.decode(data, asn1Spec=module.Message())
    assert rest == b""
    assert int(message.getComponentByPosition(0)) == version
    assert bytes(module.apiMessage.get_community(message)) == community
    pdu = module.apiMessage.get_pdu(message)
    api = module.apiPDU
    if kind is PduType.GET_BULK:
        api = v2c.apiBulkPDU
        assert (int(api.get_non_repeaters(pdu)), int(api.get_max_repetitions(pdu))) == numbers
    assert type(pdu).__name__.startswith({0xA0: "GetRequest", 0xA1: "GetNext", 0xA5: "GetBulk"}[kind])
    assert int(api.get_request_id(pdu)) == request_id
    assert [tuple(oid) for oid, _ in api.get_varbinds(pdu)] == oids
    assert all(not value for _, value in api.get_varbinds(pdu))
    if request_id not in PADDED_BY_PYASN1:
        assert encoder.encode(message) == data


TRAPS = st.fixed_dictionaries(
    {
        "enterprise": OIDS,
        "address": st.binary(min_size=4, max_size=4),
        "generic": st.integers(0, 6),
        "specific": st.integers(0, 2**31 - 1),
        "up_time": UINT32,
    }
)


@given(trap=TRAPS)
@settings(max_examples=50, deadline=None)
def test_trap_v1(trap):
    """A v1 trap that pysnmp writes is named as RFC 3584 §3.1 says."""
    pdu = v1.TrapPDU()
    v1.apiTrapPDU.set_defaults(pdu)
    v1.apiTrapPDU.set_enterprise(pdu, trap["enterprise"])
    pdu.setComponentByPosition(1, v1.NetworkAddress().setComponentByPosition(0, v1.IpAddress(trap["address"])))
    v1.apiTrapPDU.set_generic_trap(pdu, trap["generic"])
    v1.apiTrapPDU.set_specific_trap(pdu, trap["specific"])
    v1.apiTrapPDU.set_timestamp(pdu, trap["up_time"])
    message = v1.Message()
    v1.apiMessage.set_defaults(message)
    v1.apiMessage.set_pdu(message, pdu)
    varbinds = snmp.decode_community_message(encoder.encode(message)).pdu.varbinds
    generic = trap["generic"]
    name = (*trap["enterprise"], 0, trap["specific"]) if generic == 6 else (*SNMP_TRAPS, generic + 1)
    assert ber.decode_unsigned32(varbinds[0][2]) == trap["up_time"]
    assert ber.decode_oid(varbinds[1][2]) == name
    assert varbinds[2][2] == trap["address"]
    assert ber.decode_oid(varbinds[3][2]) == trap["enterprise"]


@pytest.mark.parametrize("arcs", [(0, 0), (0, 39), (1, 0), (1, 39), (2, 0), (2, 39), (2, 40), (2, 999), (2, 2**32 - 1)])
def test_roots(arcs):
    """The joined first two arcs are pysnmp's at each of their edges."""
    encoded = encoder.encode(rfc1902.ObjectIdentifier(arcs))
    assert ber.encode_oid(arcs) == encoded[2:]
    assert ber.decode_oid(encoded[2:]) == arcs
