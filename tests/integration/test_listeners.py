"""Listeners with the tools that people send with: net-snmp's, util-linux's logger, and TLS by Python's ssl."""

import asyncio
import os
import shutil
import ssl
import time

import pytest

from collector.sources.listener import Listener
from collector.sources.syslog import SyslogListeners, SyslogPort
from collector.sources.tls import TlsFiles
from collector.sources.trap import TrapListeners
from collector.wire import ber, snmp
from collector.wire.notification import SecurityLevel
from collector.wire.notification_receiver import OwnEngine, Receiver, TrapUser
from collector.wire.usm import AuthProtocol, PrivProtocol, UsmUser
from tests.agents.certificates import Authority

pytestmark = pytest.mark.integration

TUNNEL_STOP = "1.3.6.1.4.1.9.9.171.2.0.8"
ENTERPRISE = "1.3.6.1.4.1.9.9.171.2"
ACTIVE_TIME = ("1.3.6.1.4.1.9.9.171.1.3.2.1.10.77", "i", "337")
V2C = ("-v2c", "-c", "public")
V3 = ("-v3", "-u", "trapper", "-l", "authPriv", "-a", "SHA-256", "-A", "authpass123", "-x", "AES", "-X", "privpass456")
USER = TrapUser(UsmUser("trapper", AuthProtocol.SHA256, b"authpass123", PrivProtocol.AES, b"privpass456"))
LISTENERS = [Listener("udp", "0.0.0.0", 0), Listener("udp", "::1", 0, "red")]
LINE = "%CRYPTO-5-SESSION_STATUS: Crypto tunnel is DOWN. Peer 192.0.2.7:500"
HOSTS = ["127.0.0.1", "udp6:[::1]"]


class Taker:
    """Keeps what it is given, and refuses what it is told to."""

    def __init__(self):
        self.arrivals = []
        self.refusals = []

    def take(self, arrival):
        self.arrivals.append(arrival)
        return self.refusals.pop() if self.refusals else None


@pytest.fixture
def taker():
    return Taker()


@pytest.fixture
def traps(taker):
    """Ports on all of IPv4 and on ::1, not yet open, that admit community `public` and user `trapper`."""
    engine = OwnEngine(bytes.fromhex("80001f880474756e6e656c"), 7, time.monotonic() - 1000)
    receiver = Receiver(communities=[b"public"], users=[USER], engine=engine, salt=time.monotonic_ns())
    return TrapListeners(LISTENERS, receiver, taker.take)


@pytest.fixture
def run(tmp_path):
    """Return a function that runs a program to its end, and gives its status and what it said of errors."""
    (tmp_path / "cert_indexes").mkdir()  # or net-snmp says that it has made it

    async def program(*arguments):
        directories = {"SNMP_PERSISTENT_DIR": str(tmp_path), "SNMPCONFPATH": str(tmp_path), "MIBS": ""}
        process = await asyncio.create_subprocess_exec(
            *arguments, env=os.environ | directories, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
        )
        try:
            _, errors = await asyncio.wait_for(process.communicate(), 30)
        except BaseException:
            process.kill()
            await process.wait()
            raise
        return process.returncode, errors.decode()

    return program


@pytest.fixture
def send(peer, run):
    """Return a function that runs snmptrap or snmpinform against one of the open ports."""

    async def tool(name, open_ports, number, *options, head=("12345", TUNNEL_STOP)):
        address = f"{HOSTS[number]}:{open_ports.listeners[number].port}"
        return await run(peer(name, "snmp"), "-r", "1", "-t", "3", *options, address, *head, *ACTIVE_TIME)

    return tool


async def wait_until(true, seconds=10):
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.005)


V1_TRAP = (("-v1", "-c", "public"), (ENTERPRISE, "198.51.100.7", "6", "8", "12345"))
V2C_TRAP = (V2C, ("12345", TUNNEL_STOP))
V3_TRAP = ((*V3, "-e", "8000000903001122334455"), ("12345", TUNNEL_STOP))
LEVELS = {
    V1_TRAP: (snmp.VERSION_1, SecurityLevel.NO_AUTH_NO_PRIV),
    V2C_TRAP: (snmp.VERSION_2C, SecurityLevel.NO_AUTH_NO_PRIV),
    V3_TRAP: (snmp.VERSION_3, SecurityLevel.AUTH_PRIV),
}


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("trap", [V1_TRAP, V2C_TRAP, V3_TRAP])
async def test_traps(trap, number, traps, taker, send):
    """A trap of each version arrives by IPv4 and IPv6, with its sender and port."""
    async with traps:
        options, head = trap
        assert await send("snmptrap", traps, number, *options, head=head) == (0, "")
        await wait_until(lambda: taker.arrivals)
        stats = traps.stats()[number]
    (arrival,) = taker.arrivals
    record = arrival.record
    assert (record.principal.version, record.principal.level) == LEVELS[trap]
    assert record.trap_oid == ber.oid(TUNNEL_STOP)
    assert list(record.varbinds) == [(ber.oid(ACTIVE_TIME[0]), snmp.INTEGER, b"\x01\x51")]
    assert (arrival.sender, arrival.listener.vrf) == (("127.0.0.1", None), ("::1", "red"))[number]
    assert abs(arrival.received_at - time.time()) < 30
    assert (stats.taken, stats.dropped, stats.answers) == ({"trap": 1, "inform": 0}, {}, 0)


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("options", [V2C, V3])
async def test_informs(options, number, traps, taker, send):
    """The tool asks who we are and what time it is here where it must, and is content with the answer."""
    async with traps:
        assert await send("snmpinform", traps, number, *options) == (0, "")
        stats = traps.stats()[number]
    assert [arrival.record.inform for arrival in taker.arrivals] == [True]
    assert stats.taken == {"trap": 0, "inform": 1}
    assert stats.dropped.keys() <= {"discovery"}


@pytest.mark.parametrize("options", [V2C, V3])
async def test_an_inform_comes_again_until_it_is_taken(options, traps, taker, send):
    """What was not taken is not answered, so that its sender tries again."""
    taker.refusals = ["busy"]
    async with traps:
        assert (await send("snmpinform", traps, 0, "-t", "1", *options))[0] == 0
        assert traps.stats()[0].dropped["busy"] == 1
        assert traps.stats()[0].taken["inform"] == 1
    assert len(taker.arrivals) == 2


async def test_refused(traps, taker, send):
    """Wrong community, user and secret are counted by reason, and not taken."""
    wrong = [*V3[:-5], "wrong-secret", *V3[-4:]]
    async with traps:
        await send("snmptrap", traps, 0, "-v2c", "-c", "private")
        await send("snmptrap", traps, 0, *(each.replace("trapper", "nobody") for each in V3))
        await send("snmptrap", traps, 0, *wrong)
        expected = {"unknown-community": 1, "unknown-user": 1, "wrong-digest": 1}
        await wait_until(lambda: traps.stats()[0].dropped == expected)
    assert not taker.arrivals


@pytest.fixture
def syslog(taker, tmp_path):
    """UDP, TCP and TLS, not yet open, and the authority that clients must be of."""
    authority = Authority(tmp_path)
    server = authority.issue("server")
    files = TlsFiles(server.certificate, server.key, authority.certificate)
    ports = [
        SyslogPort(listener=Listener("udp", "127.0.0.1", 0)),
        SyslogPort(listener=Listener("tcp", "127.0.0.1", 0)),
        SyslogPort(listener=Listener("tls", "127.0.0.1", 0), tls=files),
    ]
    return SyslogListeners(ports, taker.take), authority


@pytest.fixture
def log(peer, run):
    """Return a function that sends a line with logger."""

    async def tool(port, *options):
        where = ["--server", "127.0.0.1", "--port", str(port), "--tag", "cisco", "-p", "local7.notice"]
        return await run(peer("logger", "bsdutils"), *options, *where, LINE)

    return tool


@pytest.mark.parametrize("form", ["--rfc3164", "--rfc5424"])
@pytest.mark.parametrize("options", [["--udp"], ["--tcp"], ["--tcp", "--octet-count"]])
async def test_logger(form, options, syslog, taker, log):
    """What logger sends is read, in both formats, by UDP and in both framings of TCP."""
    listeners, _ = syslog
    number = ["--udp", "--tcp"].index(options[0])
    async with listeners:
        assert await log(listeners.listeners[number].port, *options, form) == (0, "")
        await wait_until(lambda: taker.arrivals)
        stats = listeners.stats()[number]
    (arrival,) = taker.arrivals
    assert arrival.message.text == LINE
    assert (arrival.message.facility, arrival.message.severity) == (23, 5)
    assert arrival.message.hostname
    assert (stats.taken, stats.dropped, stats.ended) == (1, {}, {})


async def test_tls_versions(syslog, taker):
    """TLS 1.2 and 1.3 are spoken; what is older is not."""
    listeners, authority = syslog
    pair = authority.issue("router")
    async with listeners:
        port = listeners.listeners[2].port
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = authority.client_context(pair)
            context.minimum_version = context.maximum_version = version
            _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
            writer.write(b"10 <13>secret")
            writer.close()
            await writer.wait_closed()
        await wait_until(lambda: len(taker.arrivals) == 2)
        assert listeners.stats()[2].ended == {}
        command = [shutil.which("openssl") or pytest.skip("needs openssl"), "s_client", "-tls1_1", "-connect"]
        process = await asyncio.create_subprocess_exec(
            *command,
            f"127.0.0.1:{port}",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert await asyncio.wait_for(process.wait(), 10) != 0
    assert [arrival.message.text for arrival in taker.arrivals] == ["secret", "secret"]
