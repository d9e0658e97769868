"""net-snmp's snmpd as a replayer of recordings: communities and users for each context, ended by its own id."""

import contextlib
import os
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from collector.sources.snmp import Community, SnmpContext, SnmpTarget
from collector.wire.ber import INTEGER, OBJECT_IDENTIFIER, decode_integer, oid, oid_text
from collector.wire.pdu import COUNTER32, COUNTER64, GAUGE32, TIMETICKS
from collector.wire.snmp import PduType, encode_community_message, encode_request
from collector.wire.usm import AuthProtocol, PrivProtocol, UsmUser

SOURCE = Path(__file__).with_name("replay.c")
ENGINE_ID = bytes.fromhex("80001f8804656e67696e652d6f6e65")
COMMUNITY = b"global-secret"
AUTH_SECRET = b"authentic-secret"
PRIV_SECRET = b"encrypted-secret"
LEVELS = {
    (AuthProtocol.SHA256, PrivProtocol.AES): "SHA-256 {auth} AES {priv}",
    (AuthProtocol.SHA512, PrivProtocol.AES256): "SHA-512 {auth} AES-256 {priv}",
    (AuthProtocol.MD5, PrivProtocol.DES): "MD5 {auth} DES {priv}",
}
SYS_UP_TIME_GET = encode_community_message(1, COMMUNITY, encode_request(PduType.GET, 1, [oid("1.3.6.1.2.1.1.3.0")]))
_INTEGERS = {INTEGER, COUNTER32, GAUGE32, TIMETICKS, COUNTER64}


def community_of(context):
    """The community that is mapped to a context, as `snmp mib community-map` does on IOS."""
    return f"secret-of-{context}".encode() if context else COMMUNITY


def user(auth=AuthProtocol.SHA256, priv=PrivProtocol.AES):
    """A user that every context may be read as."""
    return UsmUser(f"{auth.name}-{priv.name}", auth, AUTH_SECRET, priv, PRIV_SECRET)


def target(port, credentials=None, **more):
    """snmpd, or what stands before it, as a target; v2c unless a user is given."""
    credentials = credentials or Community(community=COMMUNITY)
    return SnmpTarget(**{"name": "hub1", "address": "127.0.0.1", "port": port, "credentials": credentials, **more})


def context(name=""):
    """A context for both, v2c and v3."""
    return SnmpContext(vrf=name or "global", community=community_of(name), context_name=name)


def compile_replay(compiler, directory):
    """Compile the module that serves recordings; return where it is."""
    module = directory / "replay.so"
    command = [compiler, "-O2", "-shared", "-fPIC", str(SOURCE), "-o", str(module)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"replay.c does not compile; apt-get install libsnmp-dev:\n{done.stderr}"
    return module


def replay_lines(context_name, varbinds):
    """What replay.c reads, of the varbinds of one context in any order; the last of each name counts."""
    values = {tuple(map(int, oid_text(name).split("."))): (tag, content) for name, tag, content in varbinds}
    for arcs in sorted(values):
        tag, content = values[arcs]
        yield f"{context_name or '-'} {'.'.join(map(str, arcs))} {tag} {_shown(tag, content) or '-'}"


def _shown(tag, content):
    if tag == OBJECT_IDENTIFIER:
        return oid_text(content)
    if tag in _INTEGERS:
        return str(decode_integer(content))
    return content.hex()


@dataclass(frozen=True)
class Replay:
    """Where snmpd, its module and what it serves are: what does not change when it is started again."""

    program: str
    module: Path
    directory: Path
    port: int
    contexts: tuple[str, ...]

    @property
    def objects(self):
        return self.directory / "objects"

    def configuration(self, boots, engine_id):
        lines = [
            f"agentaddress udp:127.0.0.1:{self.port},udp6:[::1]:{self.port}",
            f"exactEngineID 0x{engine_id.hex()}",
            # snmpd counts up the boots that it finds, unless the engine ID is new to it: then it starts at 1.
            f"oldEngineID 0x{engine_id.hex()}",
            f"engineBoots {boots - 1}",
            "view all included .1",
            f"dlmod replay {self.module}",
        ]
        for name in ("", *self.contexts):
            where, community = f"-Cn {name} " if name else "", community_of(name).decode()
            security = f"security-{name or 'global'}"
            lines.append(f"com2sec {where}{security} 127.0.0.1 {community}")
            lines.append(f"com2sec6 {where}{security} ::1 {community}")
            lines += [f"group everyone {version} {security}" for version in ("v1", "v2c")]
            # In quotes, the name of a context would never be matched.
            lines.append(f"access everyone {name or chr(34) * 2} any noauth exact all none none")
        for (auth, priv), protocols in LEVELS.items():
            secrets = protocols.format(auth=AUTH_SECRET.decode(), priv=PRIV_SECRET.decode())
            lines.append(f"createUser {user(auth, priv).name} {secrets}")
            lines.append(f"group everyone usm {user(auth, priv).name}")
        return "\n".join(lines) + "\n"

    @contextlib.contextmanager
    def running(self, boots=5, engine_id=ENGINE_ID):
        """Run snmpd until it answers, and end it."""
        config, log = self.directory / "snmpd.conf", self.directory / "log"
        config.write_text(self.configuration(boots, engine_id))
        state = self.directory / f"state-{boots}-{engine_id.hex()}"
        environment = {**os.environ, "SNMP_PERSISTENT_DIR": str(state), "MIBS": "", "REPLAY_FILE": str(self.objects)}
        command = [self.program, "-f", "-Lo", "-C", "-c", str(config)]
        with (
            log.open("w") as output,
            subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT) as process,
        ):
            try:
                _wait_until_it_answers(self.port, process, log)
                yield
            finally:
                process.terminate()
                process.wait(10)


def _wait_until_it_answers(port, process, log):
    deadline = time.monotonic() + 20
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(0.1)
        sock.connect(("127.0.0.1", port))
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(OSError):
                sock.send(SYS_UP_TIME_GET)
                sock.recv(65535)
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
    raise AssertionError(f"snmpd does not answer:\n{log.read_text()}")


def make_replay(peer, directory, contexts):
    """Make a Replay of contexts ({name: varbinds}); a missing program skips the test, or fails CI."""
    program, compiler = peer("snmpd", "snmpd"), peer("cc", "gcc libc6-dev libsnmp-dev")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    names = tuple(name for name in contexts if name)
    replay = Replay(program, compile_replay(compiler, directory), directory, port, names)
    lines = (line for name, varbinds in contexts.items() for line in replay_lines(name, varbinds))
    replay.objects.write_text("".join(f"{line}\n" for line in lines))
    return replay
