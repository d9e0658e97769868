"""What the hub says by itself, as SNMPv2c traps: each with the community of the VRF that it is about.

One in ten is lost on the way, so that there is something to see of transitions that nobody announced.
"""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from random import Random
from typing import Any

from pyasn1.codec.ber import encoder  # type: ignore[import-untyped]
from pysnmp.proto.api import v2c

from collector.demo.access import ADDRESS
from collector.demo.cast import PLANS
from collector.demo.hub import Hub
from collector.demo.mib.notifications import Notice, Notices
from collector.demo.syntax import syntax_of
from collector.demo.view import Shelf

ONE_LOST_IN = 10
LOOK_SECONDS = 0.2

_COMMUNITIES = {plan.context: plan.community for plan in PLANS}


class Traps:
    """What a hub has to say from one look to the next.

    Args:
        hub: The simulation, which somebody lets advance.
        seed: Which of the traps get lost.
    """

    def __init__(self, hub: Hub, seed: int) -> None:
        self._notices = Notices(hub)
        self._lost = _lost(seed)
        self._request_ids = count(1)

    def messages(self) -> list[bytes | None]:
        """Encode what has happened since the last look; None stands for what gets lost."""
        return [
            None if lost else _encode(notice, request_id)
            for notice, request_id, lost in zip(self._notices.news(), self._request_ids, self._lost, strict=False)
        ]


def _lost(seed: int) -> Iterator[bool]:
    """Tell of each trap whether it gets lost: of every ten one, whichever."""
    random = Random(f"traps/{seed}")  # noqa: S311 - a simulation that can be repeated
    while True:
        chosen = random.randrange(ONE_LOST_IN)
        yield from (place == chosen for place in range(ONE_LOST_IN))


def _encode(notice: Notice, request_id: int) -> bytes:
    pdu = v2c.TrapPDU()
    v2c.apiTrapPDU.set_defaults(pdu)
    v2c.apiTrapPDU.set_request_id(pdu, request_id)
    v2c.apiTrapPDU.set_varbinds(pdu, [(oid, syntax_of(value)) for oid, value in notice.varbinds])
    message: Any = v2c.Message()
    v2c.apiMessage.set_defaults(message)
    v2c.apiMessage.set_community(message, _COMMUNITIES[notice.context])
    v2c.apiMessage.set_pdu(message, pdu)
    return bytes(encoder.encode(message))


async def send_traps(hub: Hub, shelf: Shelf, bound: socket.socket, port: int, *, seed: int) -> None:
    """Let the hub advance, and send what it has to say to a port on loopback, until cancelled.

    Args:
        hub: The simulation.
        shelf: The views of it, which are made anew before something is said: whoever hears it looks at once.
        bound: The agent's socket, which does not block.
        port: Where the traps go.
        seed: Which of them get lost.
    """
    traps = Traps(hub, seed)
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        shelf.advance()
        if messages := traps.messages():
            shelf.forget()
        for message in filter(None, messages):
            # As on any network: what the system does not take is lost too.
            with suppress(OSError):
                bound.sendto(message, (ADDRESS, port))
