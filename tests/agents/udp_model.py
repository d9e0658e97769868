"""ModelAgent behind a UDP socket: SNMPv1 and SNMPv2c on loopback, in the test's own event loop."""

import asyncio

from collector.wire.ber import SEQUENCE, encode_integer, encode_tlv
from collector.wire.snmp import PduType, decode_community_message, encode_community_message
from collector.wire.walk import Request

LOOPBACK = "127.0.0.1"


def response(message, answer):
    """The message that answers another one."""
    varbinds = b"".join(
        encode_tlv(SEQUENCE, encode_tlv(6, name) + encode_tlv(tag, value)) for name, tag, value in answer.varbinds
    )
    head = map(encode_integer, (message.pdu.request_id, answer.error_status, answer.error_index))
    pdu = encode_tlv(PduType.RESPONSE, b"".join((*head, encode_tlv(SEQUENCE, varbinds))))
    return encode_community_message(message.version, message.community, pdu)


class UdpModel(asyncio.DatagramProtocol):
    """An async context manager: inside, the agent answers at `port`, each request after `delay` seconds."""

    def __init__(self, agent, delay=0.0, host=LOOPBACK):
        self.agent = agent
        self.delay = delay
        self.host = host
        self.messages = []
        """Requests as they came."""
        self.waiting = 0
        self.most_waiting = 0

    async def __aenter__(self):
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(self.host, 0))
        self.port = self._transport.get_extra_info("sockname")[1]
        return self

    async def __aexit__(self, *_):
        self._transport.abort()

    def datagram_received(self, data, address):
        message = decode_community_message(data)
        self.messages.append(message)
        pdu = message.pdu
        rows = pdu.error_index if pdu.type is PduType.GET_BULK else 0
        answer = self.agent.respond(Request(pdu.type, [name for name, _, _ in pdu.varbinds], rows))
        if answer is not None:
            self.waiting += 1
            self.most_waiting = max(self.most_waiting, self.waiting)
            asyncio.get_running_loop().call_later(self.delay, self._send, response(message, answer), address)

    def _send(self, data, address):
        self.waiting -= 1
        if not self._transport.is_closing():
            self._transport.sendto(data, address)
