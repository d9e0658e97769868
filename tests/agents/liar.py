"""Agents that a poll must survive: one that never answers, and those that answer anything but the truth."""

import asyncio
from random import Random

from collector.wire.ber import SEQUENCE, encode_arcs, encode_integer, encode_octets, encode_tlv
from collector.wire.snmp import PduType, decode_community_message, encode_community_message

LOOPBACK = "127.0.0.1"
_ROWS = 10


class Liar(asyncio.DatagramProtocol):
    """An async context manager: inside, `port` is where questions (v2c) are answered in one of WAYS."""

    def __init__(self, way):
        self.asked = 0
        self._way = WAYS[way]
        self._random = Random(1)
        self._number = 0

    async def __aenter__(self):
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(LOOPBACK, 0))
        self.port = self._transport.get_extra_info("sockname")[1]
        return self

    async def __aexit__(self, *_):
        self._transport.abort()

    def datagram_received(self, data, address):
        self.asked += 1
        answer = self._way(self, data)
        if answer is not None:
            self._transport.sendto(answer, address)

    def _silence(self, _data):
        return None

    def _garbage(self, data):
        """What bears the right request-id here and there, and is no message."""
        return data[: len(data) // 2] + self._random.randbytes(20)

    def _circles(self, data):
        """The very objects that were asked for, as if each came behind itself."""
        return self._respond(data, lambda oid: oid)

    def _endless(self, data):
        """Rows without end, all of which come behind the ones before."""
        return self._respond(data, self._next_row)

    def _next_row(self, oid):
        self._number += 1
        return oid + encode_arcs((self._number,))

    def _respond(self, data, name):
        message = decode_community_message(data)
        oids = [oid for oid, _, _ in message.pdu.varbinds]
        if message.pdu.type is PduType.GET_BULK:
            oids *= min(message.pdu.error_index, _ROWS)
        elif message.pdu.type is PduType.GET:
            name = oids[0].__class__
        return encode_community_message(message.version, message.community, _response(message.pdu, map(name, oids)))


WAYS = {"silence": Liar._silence, "garbage": Liar._garbage, "circles": Liar._circles, "endless": Liar._endless}


def _response(pdu, oids):
    varbinds = b"".join(encode_tlv(SEQUENCE, b"\x06" + encode_octets(oid)[1:] + encode_integer(7)) for oid in oids)
    head = encode_integer(pdu.request_id) + encode_integer(0) * 2
    return encode_tlv(PduType.RESPONSE, head + encode_tlv(SEQUENCE, varbinds))
