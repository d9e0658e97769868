"""Agents and peers as processes on loopback: compiled, started, asked, and ended by their own id."""

import http.client
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

AGENTS = Path(__file__).resolve().parent / "agents"
COMMUNITY = "public"
"""Default context of every agent; `vrf-1` … are contexts of snmpd."""
USER = "bench"
SECRET = "benchmark-passphrase"
START_SECONDS = 10.0
SYS_UPTIME_GET = bytes.fromhex("302602010104067075626c6963a019020101020100020100300e300c06082b060102010103000500")


class MissingPartError(Exception):
    """A program or header that a benchmark needs is not installed; the text says what to install."""


@dataclass(frozen=True, slots=True)
class Responder:
    """`agents/responder.c`, running."""

    process: subprocess.Popen[str]
    ports: tuple[int, ...]

    def statistics(self) -> dict[str, int]:
        """Totals since start or the last `reset`: requests, varbinds, peak_pending (per target) and more."""
        return self._told("stats")

    def reset(self) -> dict[str, int]:
        """Zeroes the totals and returns what they were."""
        return self._told("reset")

    def end_tunnel(self, row: int) -> None:
        """Takes a row out of the table, for good."""
        self._told(f"gone {row}")

    def _told(self, word: str) -> dict[str, int]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()
        told: dict[str, int] = json.loads(self.process.stdout.readline())
        return told


@dataclass(frozen=True, slots=True)
class SnmpExporter:
    """prometheus-snmp-exporter, running."""

    pid: int
    port: int

    def scrape(self, module: str, agent_port: int, *, gzip: bool) -> bytes:
        """One scrape of an agent as Prometheus does it; the body as it was sent."""
        return http_get(self.port, f"/snmp?module={module}&target=127.0.0.1:{agent_port}", gzip=gzip)


def http_get(port: int, path: str, *, gzip: bool) -> bytes:
    """The body of a GET, still compressed if `gzip`."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    try:
        connection.request("GET", path, headers={"Accept-Encoding": "gzip" if gzip else "identity"})
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    if response.status != http.client.OK:
        raise RuntimeError(f"GET {path}: {response.status} {body[:300]!r}")
    return body


@cache
def _build_directory() -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(prefix="tunnelwatch-benchmarks-")


@cache
def compiled(source: str, *options: str) -> Path:
    """Compiles a file of `agents/` once per run, into a directory that goes with the run.

    Raises:
        MissingPartError: no compiler, or it refused (headers missing).
    """
    compiler = program("cc", "gcc libc6-dev")
    target = Path(_build_directory().name) / source.replace(".c", ".so" if "-shared" in options else "")
    command = [compiler, "-O2", "-o", str(target), *options, str(AGENTS / source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MissingPartError(f"{source} does not compile (libsnmp-dev installed?): {done.stderr[:500]}")
    return target


def program(name: str, package: str) -> str:
    """The path of a program, system directories included.

    Raises:
        MissingPartError: it is not there; the text names the Debian package.
    """
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/bin")
    if found is None:
        raise MissingPartError(f"{name} is not installed: apt-get install {package}")
    return found


@contextmanager
def responder(tunnels: int, *, targets: int = 1, delay_ms: float = 0, serial: bool = False) -> Iterator[Responder]:
    """Our v2c agent, counters moving."""
    command = [str(compiled("responder.c")), "--tunnels", str(tunnels), "--targets", str(targets), "--move"]
    command += ["--delay", str(delay_ms), *(["--serial"] if serial else [])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Responder(process, tuple(int(port) for port in process.stdout.readline().split()))
        finally:
            process.terminate()


@contextmanager
def snmpd(tunnels: int, *, contexts: int = 2, most_varbinds: int = 2_000) -> Iterator[int]:
    """net-snmp's agent with the same table, for SNMPv3 with contexts `vrf-1` …; yields its port.

    `most_varbinds` of a response: its own limit is 100, which no router has.
    """
    port = free_port(socket.SOCK_DGRAM)
    with tempfile.TemporaryDirectory(prefix="tunnelwatch-snmpd-") as directory:
        configuration = Path(directory) / "snmpd.conf"
        configuration.write_text(_snmpd_configuration(port, most_varbinds, compiled("bigtab.c", "-shared", "-fPIC")))
        command = [program("snmpd", "snmpd libsnmp-dev"), "-f", "-C", "-c", str(configuration), "-Lo", "-I", "-smux"]
        environment = {
            "BENCHMARK_TUNNELS": str(tunnels),
            "BENCHMARK_CONTEXTS": str(contexts),
            "BENCHMARK_MOVE": "1",
            "SNMP_PERSISTENT_DIR": directory,
        }
        with started(command, Path(directory) / "log", environment, lambda: _answers(port)):
            yield port


def _snmpd_configuration(port: int, most_varbinds: int, module: Path) -> str:
    return "\n".join(
        [
            f"agentaddress udp:127.0.0.1:{port}",
            f"rocommunity {COMMUNITY} 127.0.0.1",
            f"createUser {USER} SHA-256 {SECRET} AES {SECRET}",
            f"createUser {USER}-sha SHA {SECRET} AES {SECRET}",
            f"group bench usm {USER}",
            f"group bench usm {USER}-sha",
            "view all included .1",
            'access bench "" usm priv exact all none none',
            "access bench vrf- usm priv prefix all none none",
            f"maxGetbulkResponses {most_varbinds}",
            f"dlmod bigtab {module}",
            "",
        ]
    )


def _answers(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(0.1)
        udp.connect(("127.0.0.1", port))
        try:
            udp.send(SYS_UPTIME_GET)
            return bool(udp.recv(1500))
        except OSError:
            return False


@contextmanager
def snmp_exporter(configuration: str) -> Iterator[SnmpExporter]:
    """Debian's prometheus-snmp-exporter with a `snmp.yml`."""
    port = free_port(socket.SOCK_STREAM)
    with tempfile.TemporaryDirectory(prefix="tunnelwatch-exporter-") as directory:
        path = Path(directory) / "snmp.yml"
        path.write_text(configuration)
        command = [program("prometheus-snmp-exporter", "prometheus-snmp-exporter"), f"--config.file={path}"]
        command += [f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"]
        with started(command, Path(directory) / "log", {}, lambda: _listens(port)) as pid:
            yield SnmpExporter(pid, port)


def _listens(port: int) -> bool:
    with socket.socket() as tcp:
        return tcp.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def started(command: list[str], log: Path, environment: Mapping[str, str], ready: Callable[[], bool]) -> Iterator[int]:
    """A process that answers, by its id; it is ended on leaving, by its id.

    Raises:
        RuntimeError: it ended or did not answer in time; the text has the end of its log.
    """
    with (
        log.open("wb") as out,
        subprocess.Popen(
            command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, env={**os.environ, **environment}
        ) as process,
    ):
        try:
            _wait_until(lambda: ready() or process.poll() is not None)
            if process.poll() is not None or not ready():
                raise RuntimeError(f"{command[0]} does not answer: {log.read_text(errors='replace')[-2000:]}")
            yield process.pid
        finally:
            process.terminate()
            try:
                process.wait(START_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + START_SECONDS
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)


def free_port(kind: socket.SocketKind) -> int:
    """A port of 127.0.0.1 that was free a moment ago."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
