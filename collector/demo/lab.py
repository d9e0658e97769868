"""The lab as a whole: starts the hub's agent beside the daemon, says how to poll it, and leaves nothing behind."""

import asyncio
import json
import os
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import IPv4Address
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from collector.demo.access import ADDRESS, AUTH_SECRET, GLOBAL_COMMUNITY, PRIV_SECRET, USER
from collector.demo.cast import ABSENT, DUBLIN, HUB_NAME, MADRID, PLANS
from collector.errors import SourceError

_START_SECONDS: Final = 15.0
_STOP_SECONDS: Final = 3.0

_SECRETS = {
    "DEMO_GLOBAL": GLOBAL_COMMUNITY,
    **{f"DEMO_{plan.name.upper()}": plan.community for plan in PLANS},
    "DEMO_AUTH": AUTH_SECRET,
    "DEMO_PRIV": PRIV_SECRET,
}

_HEAD = """\
# The configuration of the embedded lab: one hub, whose two VRFs are seen through two SNMP contexts.
http:
  listen: "{listen}"

state:
  directory: "{state}"
  checkpoint: 15s

polling:
  interval: {interval:g}s
  timeout: 1s

# What the hub says by itself: where to look at once, instead of at the next poll.
notifications:
  traps:
    listen: ["{traps}"]
    receive_buffer: 65536
    communities:
      - {{community: env:DEMO_GLOBAL, vrf: global}}
{communities}
# A tunnel is more than its rows: what the operator calls it, and what is expected of it.
tunnels:
{tunnels}

# Read more often than they are by default: the lab's tunnels live fast.
modules:
  history:
    interval: 15s
  failures:
    interval: 15s
  policy:
    interval: 60s

targets:
"""

_V2C = """\
  - name: {name}
    address: {address}
    port: {port}
    labels:
      site: embedded lab
    snmp:
      version: 2c
      community: env:DEMO_GLOBAL
    contexts:
      - vrf: global
"""

_V2C_CONTEXT = """\
      - vrf: {vrf}
        community: env:DEMO_{secret}
"""

_V3 = """\
  # The same hub once more, with SNMPv3; the agent says itself which contexts show which VRFs.
  - name: {name}-v3
    address: {address}
    port: {port}
    snmp:
      version: 3
      user: {user}
      auth:
        protocol: SHA-256
        secret: env:DEMO_AUTH
      priv:
        protocol: AES
        secret: env:DEMO_PRIV
    contexts: discover
"""


_TRAP_COMMUNITY = """\
      - {{community: env:DEMO_{secret}, vrf: {vrf}}}
"""

_TUNNEL = """\
  - name: "{name}"
    match:
      target: {target}
      vrf: {vrf}
      peer: {peer}
    expected: {expected}
    description: "{note}"
    site: {site}
"""

_EXPECTED = {MADRID.name: "on-demand"}
"""What is expected of spokes, where that is not that they are always up."""


def _tunnels() -> str:
    """Name the tunnels of the lab: one of them is only learned, one is expected that nobody ever sees."""
    known = [
        (plan.name, spoke.name, spoke.address, spoke.note, len(spoke.selectors))
        for plan in PLANS
        for spoke in plan.spokes
    ]
    known = [one for one in known if one[1] != DUBLIN.name]
    vrf, name, address, note = ABSENT
    return "".join(
        _TUNNEL.format(
            name=name if selectors == 1 else f"{name} {{selectors}}",
            target=HUB_NAME,
            vrf=vrf,
            peer=IPv4Address(address),
            expected=_EXPECTED.get(name, "always"),
            note=note,
            site=name[:3],
        )
        for vrf, name, address, note, selectors in [*known, (vrf, name, address, note, 1)]
    )


def _trap_communities() -> str:
    return "".join(_TRAP_COMMUNITY.format(vrf=plan.name, secret=plan.name.upper()) for plan in PLANS)


class Lab:
    """An async context manager: inside, the hub answers on loopback.

    Args:
        seed: Which of the possible stories the hub plays.
        port: The agent's UDP port; 0 lets the system choose.
    """

    def __init__(self, *, seed: int = 1, port: int = 0) -> None:
        self._seed = seed
        self._process: Process | None = None
        self.port = port
        """The agent's UDP port, known inside."""
        self.trap_port = 0
        """The UDP port that the agent sends its traps to, known inside; who listens there is the daemon's business."""

    async def __aenter__(self) -> Self:
        """Start the agent, and wait until it answers.

        Raises: SourceError if it does not.
        """
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as kept:
            # Kept until the agent has its own port, so that the system does not choose the same one for that.
            kept.bind((ADDRESS, 0))
            self.trap_port = kept.getsockname()[1]
            await self._start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the agent, and wait for its end."""
        await self._stop()

    @property
    def pid(self) -> int | None:
        """The agent's process."""
        return self._process.pid if self._process else None

    @property
    def environment(self) -> Mapping[str, str]:
        """What the configuration's `env:` secrets refer to; no secrets really."""
        return dict(_SECRETS)

    def configuration(
        self,
        *,
        listen: str = "127.0.0.1:9171",
        state: Path | str = "tunnelwatch-state",
        interval: float = 5.0,
        version_3: bool = False,
    ) -> str:
        """Write the configuration that polls the hub; its secrets are in `environment`.

        Args:
            listen: Where the daemon serves what it sees.
            state: Directory of the ledger.
            interval: Seconds from poll to poll.
            version_3: Poll it a second time, with SNMPv3 and discovered contexts.
        """
        place = {"name": HUB_NAME, "address": ADDRESS, "port": self.port}
        hears = {"traps": f"{ADDRESS}:{self.trap_port}", "communities": _trap_communities()}
        head = _HEAD.format(listen=listen, state=state, interval=interval, tunnels=_tunnels(), **hears)
        parts = [head, _V2C.format(**place)]
        parts += [_V2C_CONTEXT.format(vrf=plan.name, secret=plan.name.upper()) for plan in PLANS]
        if version_3:
            parts.append(_V3.format(**place, user=USER))
        return "".join(parts)

    def commands(self) -> tuple[str, ...]:
        """Give net-snmp command lines that look at the hub without us."""
        where = f"{ADDRESS}:{self.port}"
        vrf1, vrf2 = PLANS
        credentials = f"-u {USER} -l authPriv -a SHA-256 -A {AUTH_SECRET} -x AES -X {PRIV_SECRET}"
        return (
            f"snmpbulkwalk -v2c -c {vrf1.community} {where} 1.3.6.1.4.1.9.9.171",
            f"snmpbulkwalk -v3 {credentials} -n {vrf2.context} {where} 1.3.6.1.4.1.9.9.171",
        )

    def story(self) -> tuple[tuple[str, str, str, str], ...]:
        """Tell what there is to see: VRF, spoke, its address as the tunnels show it, and what happens to it."""
        return tuple(
            (plan.name, spoke.name, str(IPv4Address(spoke.address)), spoke.note)
            for plan in PLANS
            for spoke in plan.spokes
        )

    async def _start(self) -> None:
        numbers = {"--seed": self._seed, "--port": self.port, "--traps-to": self.trap_port}
        arguments = [f"{name}={number}" for name, number in numbers.items()]
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "collector.demo.agent", *arguments),
            stdin=PIPE,
            stdout=PIPE,
            env={**os.environ, "PYTHONPATH": _import_path()},
            # Ctrl-C on the terminal is for the daemon, which then ends the agent in its turn.
            start_new_session=True,
        )
        try:
            self.port = await _port_said_by(self._process)
        except BaseException:
            await self._stop()
            raise

    async def _stop(self) -> None:
        """End the agent; whoever is cancelled meanwhile has it killed, and waits for that."""
        process, self._process = self._process, None
        if process is None:
            return
        ending = asyncio.ensure_future(_end(process))
        try:
            await asyncio.shield(ending)
        except asyncio.CancelledError:
            _kill(process)
            await ending
            raise


async def _port_said_by(process: Process) -> int:
    try:
        async with asyncio.timeout(_START_SECONDS):
            line = await process.stdout.readline() if process.stdout else b""
            if not line:
                raise SourceError(f"starting the demo's agent: it ended with status {await process.wait()}")
    except TimeoutError:
        raise SourceError(f"starting the demo's agent: it did not answer within {_START_SECONDS:g} s") from None
    return int(json.loads(line)["port"])


async def _end(process: Process) -> None:
    """Close the agent's standard input, which ends it; do not wait for that for ever."""
    if process.stdin:
        process.stdin.close()
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        _kill(process)
        await process.wait()


def _kill(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()


def _import_path() -> str:
    """Give the agent this very package, wherever it was imported from."""
    root = str(Path(__file__).parents[2])
    return os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
