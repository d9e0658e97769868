"""A device that sends traps, in a process of its own, so that what it costs is not counted as ours.

`python -m benchmarks.notifier` reads a request per line as JSON and answers each with a line of JSON once it has sent.
"""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks import trap_codec
from benchmarks.measuring import ROOT


@dataclass(frozen=True, slots=True)
class Notifier:
    """The other end."""

    process: subprocess.Popen[str]

    def send(self, port: int, version: str, indexes: Sequence[int]) -> float:
        """Have a tunnel-stop sent of each of these rows, at once; returns when, in monotonic time.

        It blocks until all are sent: whatever shall take them waits, and so do they.
        """
        request = {"port": port, "version": version, "indexes": indexes}
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        began: float = json.loads(self.process.stdout.readline())
        return began


@contextmanager
def notifier() -> Iterator[Notifier]:
    """A device that waits for what to send, ended on leaving."""
    command = [sys.executable, "-m", "benchmarks.notifier"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT) as process:
        try:
            yield Notifier(process)
        finally:
            process.terminate()


def _send(udp: socket.socket, port: int, version: str, indexes: Sequence[int]) -> float:
    if version == "v3":
        datagrams = [trap_codec.v3(number, index) for number, index in enumerate(indexes)]
    else:
        datagrams = [trap_codec.v2c(index) for index in indexes]
    began = time.monotonic()
    for each in datagrams:
        udp.sendto(each, ("127.0.0.1", port))
    return began


if __name__ == "__main__":
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending:
        for line in sys.stdin:
            print(json.dumps(_send(sending, **json.loads(line))), flush=True)
