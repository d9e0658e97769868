"""The hub's SNMP agent: a process of its own, so that pysnmp's work never holds the daemon's event loop.

`python -m collector.demo.agent` prints one line of JSON when it answers, and ends when its standard input does. pysnmp
does messages and security; what it answers comes from `view`, what it says by itself, if it is told where, from
`traps`. It is read-only.
"""

import argparse
import asyncio
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from pysnmp.carrier.asyncio.dgram import udp
from pysnmp.entity import config
from pysnmp.entity.engine import SnmpEngine
from pysnmp.entity.rfc3413.cmdrsp import CommandResponderBase
from pysnmp.entity.rfc3413.context import SnmpContext
from pysnmp.proto import rfc1905
from pysnmp.proto.api import v2c
from pysnmp.smi import error

from collector.demo.access import ADDRESS, AUTH_SECRET, COMMUNITIES, PRIV_SECRET, USER
from collector.demo.hub import UPTIME_AT_START, Hub
from collector.demo.mib.system import ENGINE_BOOTS, ENGINE_MAX_MESSAGE_SIZE
from collector.demo.syntax import syntax_of
from collector.demo.traps import send_traps
from collector.demo.view import Answer, Shelf, View, octets_of

MAX_VARBIND_OCTETS = ENGINE_MAX_MESSAGE_SIZE - 200
"""What is left of a message, as IOS makes them by default, for varbinds: security parameters take up to 200 octets."""

_VERSION_1 = 0


class _Responder(CommandResponderBase):  # type: ignore[misc]
    """Answers one kind of request."""

    def __init__(self, engine: Any, context: Any, shelf: Shelf) -> None:  # noqa: ANN401 - pysnmp's
        super().__init__(engine, context)
        self._shelf = shelf
        self._view: View | None = None
        self._counter64 = True
        """Of the request at hand: what is asked, and whether its version knows Counter64."""

    def process_pdu(self, engine: Any, *request: Any) -> None:  # noqa: ANN401
        """Refuse contexts that do not exist, with a Report in version 3; pysnmp's own way to do so never sends it."""
        version, model, name, level, engine_id, context_name, pdu_version, _, max_size, reference = request
        self._view = self._shelf.view(bytes(context_name).decode("utf-8", "replace"))
        self._counter64 = version != _VERSION_1
        if self._view:
            super().process_pdu(engine, *request)
            return
        (count,) = engine.get_mib_builder().import_symbols("__SNMP-TARGET-MIB", "snmpUnknownContexts")
        count.syntax += 1
        report = {"oid": count.name, "val": count.syntax, "securityLevel": level}
        whom = (version, model, name, level, engine_id, context_name, pdu_version)
        engine.message_dispatcher.return_response_pdu(engine, *whom, None, max_size, reference, report)

    def handle_management_operation(self, engine: Any, reference: Any, context_name: Any, pdu: Any) -> None:  # noqa: ANN401
        """Answer; pysnmp turns what is raised into an error status."""
        del context_name
        if self._view:
            self.send_varbinds(engine, reference, 0, 0, self._answer(self._view, pdu))

    def _answer(self, view: View, pdu: Any) -> list[Any]:  # noqa: ANN401
        raise NotImplementedError


class _Get(_Responder):
    SUPPORTED_PDU_TYPES = (rfc1905.GetRequestPDU.tagSet,)

    def _answer(self, view: View, pdu: Any) -> list[Any]:  # noqa: ANN401
        oids = _oids(pdu)
        answers = [(oid, view.get(oid)) for oid in oids]
        _check_size(answers)
        return [(oid, syntax_of(value) if value else _missing(view, oid)) for oid, value in answers]


class _GetNext(_Responder):
    SUPPORTED_PDU_TYPES = (rfc1905.GetNextRequestPDU.tagSet,)

    def _answer(self, view: View, pdu: Any) -> list[Any]:  # noqa: ANN401
        answers = [view.after(oid, counter64=self._counter64) for oid in _oids(pdu)]
        _check_size(answers)
        return _varbinds(answers)


class _GetBulk(_Responder):
    SUPPORTED_PDU_TYPES = (rfc1905.GetBulkRequestPDU.tagSet,)

    def _answer(self, view: View, pdu: Any) -> list[Any]:  # noqa: ANN401
        non_repeaters = max(0, int(v2c.apiBulkPDU.get_non_repeaters(pdu)))
        max_repetitions = max(0, int(v2c.apiBulkPDU.get_max_repetitions(pdu)))
        answers = view.bulk(
            _oids(pdu), non_repeaters=non_repeaters, max_repetitions=max_repetitions, limit=MAX_VARBIND_OCTETS
        )
        return _varbinds(answers)


class _Set(_Responder):
    SUPPORTED_PDU_TYPES = (rfc1905.SetRequestPDU.tagSet,)

    def _answer(self, view: View, pdu: Any) -> list[Any]:  # noqa: ANN401
        del view, pdu
        raise error.NotWritableError(idx=0)


def _oids(pdu: Any) -> list[tuple[int, ...]]:  # noqa: ANN401
    return [tuple(oid) for oid, _ in v2c.apiPDU.get_varbinds(pdu)]


def _check_size(answers: list[Answer]) -> None:
    if sum(map(octets_of, answers)) > MAX_VARBIND_OCTETS:
        raise error.TooBigError


def _varbinds(answers: list[Answer]) -> list[Any]:
    return [(oid, syntax_of(value) if value else rfc1905.endOfMibView) for oid, value in answers]


def _missing(view: View, oid: tuple[int, ...]) -> Any:  # noqa: ANN401
    return rfc1905.noSuchInstance if view.has_object(oid) else rfc1905.noSuchObject


def make_engine(engine_id: bytes) -> Any:  # noqa: ANN401
    """Make an SNMP engine with the hub's identity and clock, its communities and its user."""
    # Given an ID, pysnmp keeps its boots in a directory under /tmp: it is set afterwards instead.
    engine = SnmpEngine()
    names = ("snmpEngineID", "snmpEngineBoots", "snmpEngineTime", "snmpEngineMaxMessageSize")
    identity, boots, since, size = engine.get_mib_builder().import_symbols("__SNMP-FRAMEWORK-MIB", *names)
    engine.snmpEngineID = identity.syntax = identity.syntax.clone(engine_id)
    boots.syntax = boots.syntax.clone(ENGINE_BOOTS)
    since.syntax = since.syntax.clone(int(time.time()) - UPTIME_AT_START)
    size.syntax = size.syntax.clone(ENGINE_MAX_MESSAGE_SIZE)
    for community, context in COMMUNITIES.items():
        config.add_v1_system(engine, community, community, contextName=context)
    config.add_v3_user(
        engine, USER, config.USM_AUTH_HMAC192_SHA256, AUTH_SECRET, config.USM_PRIV_CFB128_AES, PRIV_SECRET
    )
    return engine


def serve(engine: Any, shelf: Shelf, bound: socket.socket) -> None:  # noqa: ANN401
    """Let an engine answer on a socket, from now on, in the running event loop."""
    context = SnmpContext(engine)
    for responder in (_Get, _GetNext, _GetBulk, _Set):
        responder(engine, context, shelf)
    config.add_transport(engine, udp.DOMAIN_NAME, udp.UdpAsyncioTransport().open_server_mode(sock=bound))


async def _run(port: int, traps_to: int, seed: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_drop)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await loop.connect_read_pipe(lambda: _Lifeline(stop), sys.stdin)
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.bind((ADDRESS, port))
    # Another one each time: to go on with the last one's, its boots would have to be remembered.
    engine_id = bytes.fromhex("8000000905") + os.urandom(8)
    hub = Hub(seed=seed, start=time.monotonic(), engine_id=engine_id)
    engine = make_engine(engine_id)
    shelf = Shelf(hub, time.monotonic)
    serve(engine, shelf, bound)
    print(json.dumps({"address": ADDRESS, "port": bound.getsockname()[1]}), flush=True)  # noqa: T201 - for the parent
    await _talk_until(stop, send_traps(hub, shelf, bound, traps_to, seed=seed) if traps_to else None)
    # A request that is being answered now finds the transport gone: nobody waits for that answer.
    loop.set_exception_handler(lambda _loop, _context: None)
    engine.close_dispatcher()


async def _talk_until(stop: asyncio.Event, talking: Coroutine[Any, Any, None] | None) -> None:
    task = asyncio.create_task(talking) if talking else None
    await stop.wait()
    if task:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _drop(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Go on after a message that pysnmp cannot read: it raises anything at all then."""
    del loop
    print(f"demo agent: dropped a message: {context.get('exception')!r}", file=sys.stderr)  # noqa: T201 - it has no log


class _Lifeline(asyncio.Protocol):
    """Standard input: nothing is read from it, but when it ends so does the agent."""

    def __init__(self, stop: asyncio.Event) -> None:
        self._stop = stop

    def connection_lost(self, exc: Exception | None) -> None:
        """As asyncio has it."""
        del exc
        self._stop.set()


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(prog="python -m collector.demo.agent", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="UDP port on loopback; 0: the system chooses (default)")
    parser.add_argument("--traps-to", type=int, default=0, help="UDP port on loopback; 0: send no traps (default)")
    parser.add_argument("--seed", type=int, default=1, help="which of the possible stories to play (default: 1)")
    arguments = parser.parse_args()
    try:
        asyncio.run(_run(arguments.port, arguments.traps_to, arguments.seed))
    except OSError as problem:
        sys.exit(f"demo agent: {problem}")


if __name__ == "__main__":
    main()
