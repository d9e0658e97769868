"""Whatever a target says: tracking never fails, accounts never fall, and what it puts on record is consistent."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.model import (
    Certificate,
    ChildSa,
    ClosedChildSa,
    ClosedEndpoint,
    ClosedIkeSa,
    Endpoint,
    IkeFailure,
    IkePeerTunnel,
    IkeSa,
    IpsecFailure,
    IpsecPolicyMap,
    Spi,
    System,
)
from tests.unit.tunnels.story import T0, TELLS, UP, Story, plan_of

MODULES = [name for _, name in TELLS]
ADDRESSES = st.sampled_from([None, "", "10.1.1.1", "10.1.1.2", "010.001.001.001", "not an address"])
INDEXES = st.sampled_from(["", "1", "2", "3", "x", "1.2", "-5", "2147483647", "2147483646", "99999999999999999999"])
SMALL = st.none() | st.integers(-2, 4)
NUMBERS = SMALL | st.sampled_from([1 << 31, (1 << 32) - 1, 1 << 64, -(1 << 70)])
COUNTERS = st.none() | st.integers(0, 5) | st.integers(0, 1 << 33)
SECONDS = st.none() | st.floats(-1e18, 1e18, allow_nan=False) | st.floats(0, 1000)
UPTIMES = st.none() | st.floats(UP - 2000, UP + 2000)
PEERS = {"local_address": ADDRESSES, "remote_address": ADDRESSES}
TRAFFIC = {"receive_bytes": COUNTERS, "transmit_packets": COUNTERS, "refreshes": COUNTERS, "active_seconds": SECONDS}
END = {
    "active_index": SMALL,
    "start_uptime_seconds": UPTIMES,
    "reason": st.sampled_from([None, "normal", "checkPointReq", "unknown(9)"]),
}
KINDS = {
    ChildSa: {**PEERS, **TRAFFIC, "expired_sas": COUNTERS, "ike_index": NUMBERS},
    IkeSa: {**PEERS, **TRAFFIC, "local_identity": ADDRESSES, "remote_identity": ADDRESSES},
    ClosedChildSa: {**PEERS, **TRAFFIC, **END},
    ClosedIkeSa: {**PEERS, **TRAFFIC, **END, "remote_identity": ADDRESSES},
    Endpoint: {"child_index": SMALL, "local_first_address": ADDRESSES, "remote_first_address": ADDRESSES},
    ClosedEndpoint: {"closed_child_index": SMALL, "local_first_address": ADDRESSES},
    IkeFailure: {**PEERS, "uptime_seconds": UPTIMES},
    IpsecFailure: {"child_index": NUMBERS, "source_address": ADDRESSES, "destination_address": ADDRESSES},
    System: {"uptime_seconds": UPTIMES | st.floats(0, 100), "engine_boots": SMALL, "engine_seconds": SMALL},
}
ODD = st.one_of(*(st.builds(kind, index=INDEXES, **fields) for kind, fields in KINDS.items()))
EMPTY = st.sampled_from([kind() for kind in (*KINDS, Certificate, IkePeerTunnel, IpsecPolicyMap, Spi)])
POLLS = st.fixed_dictionaries(
    {
        "name": st.sampled_from(MODULES),
        "rows": st.lists(ODD | EMPTY, max_size=6),
        "later": st.sampled_from([-5000.0, -1.0, 0.0, 5.0, 60.0, 60.0, 60.0, 1000.0, 90_000.0]),
        "then": st.sampled_from(["", "", "", "pass", "fail", "restart", "half", "missing"]),
    }
)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(POLLS, min_size=1, max_size=8))
def test_nothing_that_a_target_says_breaks_tracking(polls):
    """Tables of wrong modules, rows twice, times that run backwards, numbers without bounds."""
    story, at = Story(plan_of(*MODULES)), 0.0
    accounts = {}
    for poll in polls:
        at += poll["later"]
        then, tables = poll["then"], tuple(TELLS["snmp", poll["name"]])
        told = {"half": {"incomplete": tables}, "missing": {"missing": tables}, "fail": {"error": "timed out"}}
        story.poll(poll["name"], *(poll["rows"] if then != "fail" else ()), at=at, **told.get(then, {}))
        if then == "pass":
            story.pass_time(at=at + 1)
        elif then == "restart" and story.records:
            story.restart(at=at)
            accounts = {}
        _check_accounts(story, accounts)
        _check_record(story)


def _check_accounts(story, accounts):
    """No account of a tunnel falls for as long as it is known."""
    exposed = story.exposed()
    for one in (*exposed.children, *exposed.ikes):
        known = story.known(one.name, one.peer, one.level)
        before = accounts.setdefault((one.level, one.name, one.peer, known.known_since), {})
        for name, value in one.account._asdict().items():
            if value is not None:
                assert value >= before.get(name, 0), name
                before[name] = value


def _check_record(story):
    """Numbers are given once, what ended had begun, and what is on record is what is remembered."""
    numbers = [(one.vrf, one.number) for kept in (story.sessions, story.failures, story.gaps) for one in kept.values()]
    assert len(numbers) == len(set(numbers))
    for changes in story.all_changes:
        assert changes.record is not None or not (changes.sessions or changes.failures or changes.gaps)
        assert not {(known.level, known.name, known.peer) for known in changes.tunnels} & {
            (known.level, known.name, known.peer) for known in changes.forgotten
        }
    for session in story.sessions.values():
        assert session.end_uncertainty_seconds >= 0
        assert (session.ended_at is None) == (session.closed_by is None)
        assert session.gone_at is not None or session.ended_at is None
    for usage in story.usages:
        assert min(usage.seconds, usage.receive_bytes, usage.transmit_bytes) >= 0
    for gap in story.gaps.values():
        assert gap.ends_at is None or gap.ends_at >= gap.begins_at
    context = story.state.contexts["global"]
    live = {session.number for session in story.sessions.values() if session.live}
    remembered = {one.session.number for each in context.tunnels.values() for t in each.values() for one in t.live}
    assert live == remembered
    assert T0
