"""Sizes, clocks, isolation: how a number is taken."""

import asyncio
import gc
import importlib
import json
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large a run is; claims are made for `FULL`, the others say whether it still works."""

    name: str
    tunnels: tuple[int, ...]
    """Sizes of the table that polls are measured on."""
    targets: int
    target_tunnels: int
    samples: tuple[int, ...]
    """Numbers of samples in an exposition."""
    runs: int
    """Times that a thing is measured; medians are told."""
    peer_varbinds: int
    """Where a pysnmp walk is cut: its costs per varbind do not depend on where it is."""


FULL = Size(
    name="full",
    tunnels=(1_000, 10_000),
    targets=200,
    target_tunnels=50,
    samples=(100_000, 1_000_000),
    runs=5,
    peer_varbinds=50_000,
)
QUICK = Size(
    name="quick",
    tunnels=(1_000,),
    targets=200,
    target_tunnels=50,
    samples=(100_000,),
    runs=3,
    peer_varbinds=10_000,
)
SMOKE = Size(
    name="smoke",
    tunnels=(20,),
    targets=3,
    target_tunnels=5,
    samples=(1_000,),
    runs=1,
    peer_varbinds=100,
)
SIZES = {size.name: size for size in (FULL, QUICK, SMOKE)}


@dataclass(slots=True)
class Spent:
    """Time that a piece of work took: `cpu` is user and system time of the measured process, in seconds."""

    cpu: float = 0.0
    wall: float = 0.0


@contextmanager
def spending(pid: int | None = None) -> Iterator[Spent]:
    """Fills a `Spent` on leaving; of this process, or of another one by its id."""
    spent = Spent()
    cpu, wall = cpu_seconds(pid), time.perf_counter()
    yield spent
    spent.cpu, spent.wall = cpu_seconds(pid) - cpu, time.perf_counter() - wall


def cpu_seconds(pid: int | None = None) -> float:
    """User and system time of all threads of a process so far, by the scheduler's own clock (not in ticks).

    Source: clock_getcpuclockid(3); Linux makes the clock's id of the process id.
    """
    clock = time.CLOCK_PROCESS_CPUTIME_ID if pid is None else (~pid << 3) | 2
    return time.clock_gettime(clock)


@asynccontextmanager
async def turns_watched() -> AsyncIterator[dict[str, float]]:
    """A task takes a turn of the event loop whenever it can; yields the longest that it waited for one.

    `wall` is what others feel; `cpu`, of this thread, leaves out what other processes on the machine took meanwhile.
    """
    longest = {"wall": 0.0, "cpu": 0.0}
    watcher = asyncio.create_task(_watch_turns(longest))
    try:
        yield longest
    finally:
        watcher.cancel()


async def _watch_turns(longest: dict[str, float]) -> None:
    while True:
        wall, cpu = time.perf_counter(), time.thread_time()
        await asyncio.sleep(0)
        longest["wall"] = max(longest["wall"], time.perf_counter() - wall)
        longest["cpu"] = max(longest["cpu"], time.thread_time() - cpu)


def isolated(function: Callable[..., Result], **arguments: object) -> Result:
    """Calls a function of an importable module in a fresh interpreter; arguments and result travel as JSON."""
    command = [sys.executable, "-m", "benchmarks.isolated", function.__module__, function.__name__]
    done = subprocess.run(command, input=json.dumps(arguments), text=True, stdout=subprocess.PIPE, cwd=ROOT, check=True)
    result: Result = json.loads(done.stdout.splitlines()[-1])
    return result


def call(module: str, name: str, arguments: str) -> str:
    """The other end of `isolated`."""
    function = getattr(importlib.import_module(module), name)
    gc.collect()
    return json.dumps(function(**json.loads(arguments)))


def medians(results: Sequence[dict[str, float]]) -> dict[str, float]:
    """Key by key the median of several results: runs on a shared machine have outliers upwards."""
    return {key: statistics.median([result[key] for result in results]) for key in results[0]}


def ratio(numerator: float | None, denominator: float | None) -> float | None:
    """A quotient, or None where one side is missing."""
    return numerator / denominator if numerator is not None and denominator else None
