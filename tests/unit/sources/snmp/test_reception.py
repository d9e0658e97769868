"""Which datagrams are answers, and which are not."""

from types import SimpleNamespace

import pytest

from collector.sources.snmp.pending import Pending, PendingTable
from collector.sources.snmp.reception import Reception
from collector.sources.snmp.stats import SnmpStats
from collector.wire.ber import SEQUENCE, encode_integer, encode_tlv
from collector.wire.snmp import (
    VERSION_1,
    VERSION_2C,
    PduType,
    encode_community_message,
    encode_request,
    encode_v3_message,
)

HERE, ELSEWHERE = ("192.0.2.1", 161), ("192.0.2.2", 161)
AGENTS = {HERE: object(), ELSEWHERE: object()}


def response(request_id, version=VERSION_2C, kind=PduType.RESPONSE):
    numbers = b"".join(map(encode_integer, (request_id, 0, 0)))
    return encode_community_message(version, b"c", encode_tlv(kind, numbers + encode_tlv(SEQUENCE, b"")))


class Desk:
    """A reception with one request under way to HERE; `outcomes` is what has become of it."""

    def __init__(self, channel=None):
        self.stats = SnmpStats()
        self.outcomes = []
        table = PendingTable()
        conversation = SimpleNamespace(version=VERSION_2C, channel=channel, note=None)
        self.pending = Pending(AGENTS[HERE], conversation, object(), 1)
        self.identifier = table.identify(self.pending)
        self.reception = Reception(AGENTS, table, self.stats, self)

    def answered(self, pending, pdu, octets):
        self.outcomes.append((pending, pdu.request_id, octets))

    def take(self, data, address=HERE):
        self.reception.on_datagram(data, address, 0.0)
        return self.stats


def test_the_response_to_a_request_is_its_answer():
    """What comes from where a request went, with its number, answers it."""
    desk = Desk()
    data = response(desk.identifier)
    desk.take(data)
    assert desk.outcomes == [(desk.pending, desk.identifier, len(data))]


@pytest.mark.parametrize("address", [ELSEWHERE, ("192.0.2.3", 161)])
def test_what_comes_from_elsewhere_is_foreign(address):
    """The right number from the wrong address is no answer, be it another agent's or a stranger's."""
    desk = Desk()
    assert desk.take(response(desk.identifier), address).foreign == 1
    assert desk.outcomes == []


def test_what_nobody_waits_for_is_late():
    """A number that nothing is under way with belongs to something that has ended."""
    desk = Desk()
    assert desk.take(response(desk.identifier ^ 1)).late == 1
    assert desk.outcomes == []


@pytest.mark.parametrize(
    "change", [{"version": VERSION_1}, {"kind": PduType.REPORT}, {"kind": PduType.GET}, {"kind": PduType.TRAP}]
)
def test_what_is_no_response_of_the_same_version_is_undecodable(change):
    """The right number in another kind of message is no answer."""
    desk = Desk()
    assert desk.take(response(desk.identifier, **change)).undecodable == 1
    assert desk.outcomes == []


@pytest.mark.parametrize("data", [b"", b"0", b"\x30\x03\x02\x01", response(1)[:-1], b"GET / HTTP/1.0\r\n\r\n"])
def test_garbage_is_undecodable(data):
    """What is no SNMP message is counted and dropped."""
    assert Desk().take(data).undecodable == 1


def test_a_version_3_message_does_not_answer_a_community_request():
    """SNMPv3 with the number of an SNMPv2c request is no answer to it."""
    desk = Desk()
    pdu = encode_request(PduType.GET, 1, [])
    desk.take(encode_v3_message(desk.identifier, 0, 3, b"", encode_tlv(SEQUENCE, pdu)))
    assert desk.outcomes == []
    assert desk.stats.received == 1


def test_a_version_3_message_without_a_number_is_late():
    """A message whose msgID cannot be read answers nothing."""
    desk = Desk()
    desk.take(encode_tlv(SEQUENCE, encode_integer(3) + encode_tlv(SEQUENCE, b"")))
    assert desk.stats.late == 1
