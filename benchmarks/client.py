"""A scraper in a process of its own, so that what reads an exposition costs the measured process nothing.

`python -m benchmarks.client` reads a request per line as JSON and answers each with a line of JSON.
"""

import asyncio
import gzip
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.measuring import ROOT
from benchmarks.processes import http_get


class Client:
    """The other end: asks the process without blocking the event loop."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def scrape(self, port: int, *, compressed: bool = False, save: Path | None = None) -> dict[str, float]:
        """Gets /metrics; returns `octets` (as sent), `samples` and `wall`."""
        request = {"port": port, "compressed": compressed, "save": None if save is None else str(save)}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        answer: dict[str, float] = json.loads(await self._process.stdout.readline())
        return answer


@asynccontextmanager
async def client() -> AsyncIterator[Client]:
    """A scraper, ended on leaving."""
    command = [sys.executable, "-m", "benchmarks.client"]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, cwd=ROOT)
    try:
        yield Client(process)
    finally:
        process.terminate()
        await process.wait()


def _scrape(port: int, *, compressed: bool, save: str | None) -> dict[str, float]:
    began = time.perf_counter()
    body = http_get(port, "/metrics", gzip=compressed)
    wall = time.perf_counter() - began
    text = gzip.decompress(body) if compressed else body
    if save is not None:
        Path(save).write_bytes(text)
    comments = text.count(b"\n#") + text.startswith(b"#")
    return {"octets": len(body), "samples": text.count(b"\n") - comments, "wall": wall}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(_scrape(**json.loads(line))), flush=True)
