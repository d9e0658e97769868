"""USM against net-snmp's real agent, at every authentication and privacy protocol that it offers."""

import contextlib
import itertools
import os
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from collector.wire import ber, snmp
from collector.wire.snmp import PduType
from collector.wire.usm import (
    AuthProtocol,
    DecryptionError,
    NotInTimeWindowError,
    PrivProtocol,
    ReportKind,
    ScopedPdu,
    UsmSession,
    UsmUser,
)

pytestmark = pytest.mark.integration

SYS_UP_TIME = ber.oid("1.3.6.1.2.1.1.3.0")
ENGINE_ID = bytes.fromhex("80001f8804746573742d656e67696e65")
CONTEXT = "vrf-one"
AUTH_SECRET = b"authpass123"
PRIV_SECRET = b"privpass456"
AUTHS = {
    AuthProtocol.MD5: "MD5",
    AuthProtocol.SHA: "SHA",
    AuthProtocol.SHA224: "SHA-224",
    AuthProtocol.SHA256: "SHA-256",
    AuthProtocol.SHA384: "SHA-384",
    AuthProtocol.SHA512: "SHA-512",
}
PRIVS = {
    PrivProtocol.DES: "DES",
    PrivProtocol.AES: "AES",
    PrivProtocol.AES192: "AES-192",
    PrivProtocol.AES256: "AES-256",
    PrivProtocol.AES192C: "AES-192-C",
    PrivProtocol.AES256C: "AES-256-C",
}
LEVELS = list(itertools.product(AUTHS, (None, *PRIVS)))


def user_for(auth: AuthProtocol, priv: PrivProtocol | None) -> UsmUser:
    name = f"{auth.value}-{priv.value}" if priv else auth.value
    return UsmUser(name, auth, AUTH_SECRET, priv, PRIV_SECRET if priv else None)


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def configuration(port: int, boots: int, engine_id: bytes) -> str:
    lines = [
        f"agentaddress udp:127.0.0.1:{port}",
        f"exactEngineID 0x{engine_id.hex()}",
        # snmpd counts up the boots that it finds, unless the engine ID is new to it: then it starts at 1.
        f"oldEngineID 0x{engine_id.hex()}",
        f"engineBoots {boots - 1}",
        "view all included .1",
        "group everyone usm open",
        "createUser open",
        'access everyone "" usm noauth exact all none none',
        f"access everyone {CONTEXT} usm noauth exact all none none",
        "rocommunity local 127.0.0.1",
        f"proxy -Cn {CONTEXT} -v 2c -c local 127.0.0.1:{port} .1.3.6.1.2.1.1",
    ]
    for auth, priv in LEVELS:
        name = user_for(auth, priv).name
        encryption = f" {PRIVS[priv]} {PRIV_SECRET.decode()}" if priv else ""
        lines.append(f"createUser {name} {AUTHS[auth]} {AUTH_SECRET.decode()}{encryption}")
        lines.append(f"group everyone usm {name}")
    return "\n".join(lines) + "\n"


@dataclass
class Agent:
    """A blocking socket to the agent, and the numbers that requests need."""

    port: int
    numbers: itertools.count

    def exchange(self, message: bytes) -> bytes:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(10)
            sock.connect(("127.0.0.1", self.port))
            sock.send(message)
            return sock.recv(65535)

    def discover(self, session: UsmSession) -> list[ScopedPdu]:
        reports = []
        while not session.ready and len(reports) < 3:
            answer = self.exchange(session.discovery_message(next(self.numbers), time.monotonic()))
            reports.append(session.decode(answer, time.monotonic()))
        return reports

    def answer(self, session: UsmSession, context_name: bytes = b"") -> bytes:
        number = next(self.numbers)
        pdu = snmp.encode_request(PduType.GET, number, [SYS_UP_TIME])
        answer = self.exchange(session.encode(pdu, msg_id=number, context_name=context_name, now=time.monotonic()))
        assert snmp.peek_msg_id(answer) == number
        return answer

    def get(self, session: UsmSession, context_name: bytes = b"") -> ScopedPdu:
        return session.decode(self.answer(session, context_name), time.monotonic())


@contextlib.contextmanager
def running(program: str, directory: Path, boots: int, port: int | None = None, engine_id: bytes = ENGINE_ID):
    """Run snmpd until it answers, and end it."""
    port = port or free_port()
    directory.mkdir()
    config = directory / "snmpd.conf"
    config.write_text(configuration(port, boots, engine_id))
    environment = {**os.environ, "SNMP_PERSISTENT_DIR": str(directory / "state"), "MIBS": ""}
    command = [program, "-f", "-Lo", "-C", "-c", str(config)]
    with (
        (directory / "log").open("w") as log,
        subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT) as process,
    ):
        try:
            agent = Agent(port, itertools.count(1))
            wait_until_it_answers(agent, process, directory / "log")
            yield agent
        finally:
            process.terminate()
            process.wait(10)


def wait_until_it_answers(agent: Agent, process: subprocess.Popen, log: Path) -> None:
    session = UsmSession(UsmUser("open"), salt=0)
    deadline = time.monotonic() + 20
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(0.1)
        sock.connect(("127.0.0.1", agent.port))
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(OSError):
                sock.send(session.discovery_message(next(agent.numbers), time.monotonic()))
                sock.recv(65535)
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
    pytest.fail(f"snmpd does not answer:\n{log.read_text()}")


@pytest.fixture(scope="session")
def program(peer):
    return peer("snmpd", "snmpd")


@pytest.fixture(scope="module")
def snmpd(program, tmp_path_factory):
    with running(program, tmp_path_factory.mktemp("usm") / "snmpd", boots=5) as agent:
        yield agent


def session_for(user: UsmUser, agent: Agent) -> UsmSession:
    session = UsmSession(user, salt=2**63)
    agent.discover(session)
    assert session.ready
    assert session.engine_id
    return session


def assert_answered(scoped: ScopedPdu, *, authenticated: bool = True) -> None:
    assert (scoped.authenticated, scoped.report, scoped.pdu.error_status) == (authenticated, None, 0)
    [(oid, tag, content)] = scoped.pdu.varbinds
    assert (oid, tag) == (SYS_UP_TIME, snmp.TIMETICKS)
    assert ber.decode_unsigned32(content) > 0


SECURE = user_for(AuthProtocol.SHA256, PrivProtocol.AES)


@pytest.mark.parametrize(("auth", "priv"), LEVELS, ids=lambda level: level.value if level else "no privacy")
def test_every_level_is_understood(snmpd, auth, priv):
    """At each combination the agent takes our request and we take its answer."""
    session = session_for(user_for(auth, priv), snmpd)
    assert session.engine_id == ENGINE_ID
    assert_answered(snmpd.get(session))


def test_no_security_at_all(snmpd):
    """A user without secrets needs only the engine ID."""
    assert_answered(snmpd.get(session_for(UsmUser("open"), snmpd)), authenticated=False)


def test_localized_keys(snmpd):
    """Keys localized by hand work as the passphrases do that they were made from."""
    user = UsmUser.from_keys(
        SECURE.name, AuthProtocol.SHA256, SECURE.auth_key(ENGINE_ID), PrivProtocol.AES, SECURE.priv_key(ENGINE_ID)
    )
    assert_answered(snmpd.get(session_for(user, snmpd)))


def test_context_name_reaches_the_agent(snmpd):
    """An object is read in the context that was named, which here is a proxy to the agent itself."""
    scoped = snmpd.get(session_for(SECURE, snmpd), context_name=CONTEXT.encode())
    assert_answered(scoped)
    assert scoped.context_name == CONTEXT.encode()


def test_wrong_authentication_secret(snmpd):
    """The agent refuses our MAC, and cannot sign the Report that says so."""
    session = session_for(UsmUser(SECURE.name, AuthProtocol.SHA256, b"not the secret"), snmpd)
    scoped = snmpd.get(session)
    assert (scoped.report, scoped.authenticated) == (ReportKind.WRONG_DIGESTS, False)


def test_wrong_privacy_secret(snmpd):
    """What the agent encrypted is no scoped PDU under another key."""
    session = session_for(SECURE, snmpd)
    answer = snmpd.answer(session)
    other = session_for(UsmUser(SECURE.name, SECURE.auth, AUTH_SECRET, SECURE.priv, b"not the secret"), snmpd)
    with pytest.raises(DecryptionError):
        other.decode(answer, time.monotonic())


def test_unknown_user(snmpd):
    """The agent names the reason in a Report that nobody signed."""
    session = session_for(UsmUser("stranger", AuthProtocol.SHA, AUTH_SECRET), snmpd)
    scoped = snmpd.get(session)
    assert (scoped.report, scoped.authenticated) == (ReportKind.UNKNOWN_USER_NAMES, False)


def test_level_that_the_user_does_not_have(snmpd):
    """Encryption for a user whom the agent knows without it is refused."""
    session = session_for(UsmUser("SHA", AuthProtocol.SHA, AUTH_SECRET, PrivProtocol.AES, PRIV_SECRET), snmpd)
    assert snmpd.get(session).report is ReportKind.UNSUPPORTED_SEC_LEVELS


def test_time_is_asked_for_where_discovery_does_not_tell(snmpd):
    """With the engine ID alone, a signed Report brings boots and time, and the next request is taken."""
    session = session_for(SECURE, snmpd)
    session._clock = type(session._clock)()
    assert not session.ready
    [report] = snmpd.discover(session)
    assert (report.report, report.authenticated) == (ReportKind.NOT_IN_TIME_WINDOWS, True)
    assert session.ready
    assert_answered(snmpd.get(session))


def test_restarted_engine(program, tmp_path):
    """An engine that comes back with more boots says so in a signed Report, and then takes the request."""
    with running(program, tmp_path / "before", boots=5) as before:
        session = session_for(SECURE, before)
        assert_answered(before.get(session))
    with running(program, tmp_path / "after", boots=9, port=before.port) as after:
        scoped = after.get(session)
        assert (scoped.report, scoped.authenticated) == (ReportKind.NOT_IN_TIME_WINDOWS, True)
        assert_answered(after.get(session))


def test_engine_that_lost_its_boots(program, tmp_path):
    """An engine that comes back with fewer boots looks like a replay until the session is reset."""
    with running(program, tmp_path / "before", boots=9) as before:
        session = session_for(SECURE, before)
        assert_answered(before.get(session))
    with running(program, tmp_path / "after", boots=5, port=before.port) as after:
        with pytest.raises(NotInTimeWindowError):
            after.get(session)
        session.reset()
        after.discover(session)
        assert_answered(after.get(session))


def test_replaced_engine(program, tmp_path):
    """Another engine ID at the same address is found out from its Report, and the next request is taken."""
    with running(program, tmp_path / "before", boots=5) as before:
        session = session_for(SECURE, before)
        assert_answered(before.get(session))
    with running(program, tmp_path / "after", boots=2, port=before.port, engine_id=ENGINE_ID[::-1]) as after:
        scoped = after.get(session)
        assert (scoped.report, scoped.authenticated) == (ReportKind.UNKNOWN_ENGINE_IDS, False)
        assert session.engine_id == ENGINE_ID[::-1]
        assert_answered(after.get(session))
