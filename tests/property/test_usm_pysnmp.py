"""USM against pysnmp's whole engine as an agent, in memory: what either encodes, the other decodes.

pysnmp does not verify time windows of its own requests as we do, so those are tested elsewhere (test_usm_clock,
test_usm_snmpd).
"""

import itertools
import tempfile
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pysnmp.carrier.base import AbstractTransportDispatcher
from pysnmp.entity import config, engine
from pysnmp.entity.rfc3413 import cmdrsp, context
from pysnmp.proto import rfc1902

from collector.wire import ber, snmp
from collector.wire.snmp import PduType
from collector.wire.usm import AuthProtocol, PrivProtocol, ReportKind, UsmSession, UsmUser

ENGINE_ID = bytes.fromhex("80000000010203040506")
CONTEXT = b"vrf-one"
AUTHS = {
    None: config.USM_AUTH_NONE,
    AuthProtocol.MD5: config.USM_AUTH_HMAC96_MD5,
    AuthProtocol.SHA: config.USM_AUTH_HMAC96_SHA,
    AuthProtocol.SHA224: config.USM_AUTH_HMAC128_SHA224,
    AuthProtocol.SHA256: config.USM_AUTH_HMAC192_SHA256,
    AuthProtocol.SHA384: config.USM_AUTH_HMAC256_SHA384,
    AuthProtocol.SHA512: config.USM_AUTH_HMAC384_SHA512,
}
PRIVS = {
    None: config.USM_PRIV_NONE,
    PrivProtocol.DES: config.USM_PRIV_CBC56_DES,
    PrivProtocol.AES: config.USM_PRIV_CFB128_AES,
    PrivProtocol.AES192: config.USM_PRIV_CFB192_AES_BLUMENTHAL,
    PrivProtocol.AES256: config.USM_PRIV_CFB256_AES_BLUMENTHAL,
    PrivProtocol.AES192C: config.USM_PRIV_CFB192_AES,
    PrivProtocol.AES256C: config.USM_PRIV_CFB256_AES,
}
LEVELS = [(None, None), *itertools.product([auth for auth in AUTHS if auth], PRIVS)]
AUTH_SECRET = b"maplesyrup"
PRIV_SECRET = b"treacle-tart"
SYSTEM = ber.oid("1.3.6.1.2.1.1")
SYS_DESCR = ber.oid("1.3.6.1.2.1.1.1.0")


def user_for(auth: AuthProtocol | None, priv: PrivProtocol | None) -> UsmUser:
    name = "-".join(protocol.value for protocol in (auth, priv) if protocol) or "open"
    return UsmUser(name, auth, AUTH_SECRET if auth else None, priv, PRIV_SECRET if priv else None)


class Wire(AbstractTransportDispatcher):
    """Keeps what pysnmp sends."""

    def __init__(self):
        super().__init__()
        self.sent = []

    def send_message(self, outgoing_message, _domain, _address):
        self.sent.append(bytes(outgoing_message))


class Agent:
    """A pysnmp command responder with the users of all levels, one of which is called for each message."""

    def __init__(self):
        self.wire = Wire()
        self.engine = engine.SnmpEngine(rfc1902.OctetString(ENGINE_ID))
        self.engine.register_transport_dispatcher(self.wire)
        for auth, priv in LEVELS:
            user = user_for(auth, priv)
            secrets = {"authKey": user.auth_secret, "privKey": user.priv_secret}
            config.add_v3_user(
                self.engine, user.name, AUTHS[auth], privProtocol=PRIVS[priv],
                **{key: secret.decode() for key, secret in secrets.items() if secret},
            )  # fmt: skip
            level = "authPriv" if priv else "authNoPriv" if auth else "noAuthNoPriv"
            for name in (b"", CONTEXT):
                config.add_vacm_user(self.engine, 3, user.name, level, (1, 3, 6), (), contextName=name)
        contexts = context.SnmpContext(self.engine)
        contexts.register_context_name(CONTEXT, self.engine.message_dispatcher.mib_instrum_controller)
        cmdrsp.GetCommandResponder(self.engine, contexts)
        cmdrsp.BulkCommandResponder(self.engine, contexts)

    def answer(self, message: bytes) -> bytes:
        self.wire.sent.clear()
        address = ((1, 3, 6, 1, 6, 1, 1), ("127.0.0.1", 161))
        self.engine.message_dispatcher.receive_message(self.engine, *address, message)
        [answer] = self.wire.sent
        return answer


@pytest.fixture(scope="module")
def agent(tmp_path_factory):
    """The agent, its boots kept in a folder of our own; pysnmp forgets to close that file."""
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore", ResourceWarning)
        patch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("pysnmp")))
        return Agent()


def session_for(user: UsmUser, agent: Agent) -> UsmSession:
    session = UsmSession(user, salt=2**63)
    report = session.decode(agent.answer(session.discovery_message(1, 0.0)), 0.0)
    assert report.report is ReportKind.UNKNOWN_ENGINE_IDS
    assert session.engine_id == ENGINE_ID
    return session


def exchange(agent: Agent, session: UsmSession, pdu: bytes, msg_id: int, context_name: bytes = b""):
    """Return the answer, after at most one Report that asks to send again."""
    for _ in range(2):
        request = session.encode(pdu, msg_id=msg_id, context_name=context_name, now=0.0)
        scoped = session.decode(agent.answer(request), 0.0)
        if scoped.report is None:
            return scoped
        assert scoped.report.asks_to_resend
    pytest.fail("no answer")


@pytest.mark.parametrize(("auth", "priv"), LEVELS, ids=lambda level: level.value if level else "none")
def test_every_level(agent, auth, priv):
    """At each combination of protocols, pysnmp answers in the named context, and its answer is believed."""
    pdu = snmp.encode_request(PduType.GET_BULK, 7, [SYSTEM], max_repetitions=5)
    scoped = exchange(agent, session_for(user_for(auth, priv), agent), pdu, 99, CONTEXT)
    assert (scoped.msg_id, scoped.context_name, scoped.context_engine_id) == (99, CONTEXT, ENGINE_ID)
    assert scoped.authenticated is (auth is not None)
    assert (scoped.pdu.request_id, len(scoped.pdu.varbinds)) == (7, 5)
    assert scoped.pdu.varbinds[0][0] == SYS_DESCR
    assert b"PySNMP" in scoped.pdu.varbinds[0][2]


@given(
    level=st.sampled_from(LEVELS),
    numbers=st.tuples(st.integers(0, 2**31 - 1), st.integers(-(2**31), 2**31 - 1)),
    oids=st.lists(st.lists(st.integers(0, 2**32 - 1), max_size=20), max_size=20),
)
@settings(max_examples=60, deadline=None)
def test_generated_requests(agent, level, numbers, oids):
    """Whatever is asked, at whatever size, is understood, and the answer names what was asked."""
    msg_id, request_id = numbers
    names = [ber.encode_oid((1, 3, 6, 1, 2, 1, 1, 1, *arcs)) for arcs in oids]
    pdu = snmp.encode_request(PduType.GET, request_id, names)
    scoped = exchange(agent, session_for(user_for(*level), agent), pdu, msg_id)
    assert (scoped.msg_id, scoped.pdu.request_id) == (msg_id, request_id)
    assert [oid for oid, _, _ in scoped.pdu.varbinds] == names


def test_wrong_secret_is_refused_by_pysnmp(agent):
    """Were our MAC made of anything but the secret, the agent would say so as it does here."""
    user = user_for(AuthProtocol.SHA256, PrivProtocol.AES)
    session = session_for(UsmUser(user.name, user.auth, b"wrong-secret", user.priv, PRIV_SECRET), agent)
    request = session.encode(snmp.encode_request(PduType.GET, 1, [SYS_DESCR]), msg_id=1, now=0.0)
    assert session.decode(agent.answer(request), 0.0).report is ReportKind.WRONG_DIGESTS
