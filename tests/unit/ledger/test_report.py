import pytest

from collector.ledger.ledger import Ledger
from collector.ledger.pruning import Retention
from collector.ledger.query_answers import Questions
from collector.ledger.query_fields import FIELDS
from collector.ledger.query_parameters import CURSOR, QueryError, asked, cursor_text
from collector.ledger.schema import CONTEXT_USAGE, USAGE
from collector.model import Changes, ContextRecord, Failure, Gap, KnownTunnel, Session, Usage

HOUR, DAY = 3600, 86_400
AT = 1_699_920_000.0
"""A midnight."""
END = AT + 10 * HOUR


class Records:
    """A ledger in the making; hub1/red watched from AT to END unless it says otherwise."""

    def __init__(self, ledger):
        self.ledger = ledger
        self.number = 0

    def put(self, target="hub1", vrf="red", **changes):
        self.ledger.write([Changes(target=target, vrf=vrf, at=AT, **changes)])

    def watch(self, target="hub1", vrf="red", since=AT, answered=(("ipsec", END),)):
        self.put(target, vrf, record=ContextRecord(target=target, vrf=vrf, watched_since=since, answered=answered))

    def tunnel(self, name="branch", *, target="hub1", vrf="red", since=AT, **fields):
        known = {"level": "child", "peer": "p", "known_since": since, **fields}
        one = KnownTunnel(target=target, vrf=vrf, name=name, **known)
        self.put(target, vrf, tunnels=(one,))

    def session(self, begin, end=None, reason=None, *, name="branch", target="hub1", vrf="red", **fields):
        self.number += 1
        known = {"level": "child", "peer": "p", "source": "snmp", "module": "ipsec", "index": "1"}
        at = {"started_at": AT + begin, "seen_at": AT + begin}
        if end is not None:
            at |= {"gone_at": AT + end, "ended_at": AT + end, "reason": reason, "closed_by": "history"}
        names = {"target": target, "vrf": vrf, "number": self.number, "tunnel": name}
        self.put(target, vrf, sessions=(Session(**{**known, **at, **names, **fields}),))

    def gap(self, begin, end=None, kind="unanswered", module="ipsec", vrf="red"):
        self.number += 1
        ends_at = None if end is None else AT + end
        names = {"target": "hub1", "vrf": vrf, "number": self.number, "kind": kind, "module": module}
        self.put("hub1", vrf, gaps=(Gap(**names, begins_at=AT + begin, ends_at=ends_at),))

    def failure(self, at, reason="peerLost", tunnel="branch", peer="p", level="child"):
        self.number += 1
        names = {"target": "hub1", "vrf": "red", "number": self.number, "level": level, "module": "ipsec", "index": "1"}
        self.put(failures=(Failure(**names, seen_at=AT + at, reason=reason, tunnel=tunnel, peer=peer),))

    def usage(self, begin, seconds, received, sent=0, *, name="branch", target="hub1", vrf="red"):
        names = {"target": target, "vrf": vrf, "tunnel": name, "peer": "p"}
        one = Usage(**names, begins_at=AT + begin, seconds=seconds, receive_bytes=received, transmit_bytes=sent)
        self.put(target, vrf, usages=(one,))

    def ask(self, **texts):
        values = asked("report", {"since": str(int(AT)), "until": str(int(END)), **texts}, END)
        return Questions(self.ledger)("report", values, 60)

    def row(self, **texts):
        (one,) = self.ask(**texts)["report"]
        return one


@pytest.fixture
def records(tmp_path):
    ledger = Ledger.open(tmp_path / "ledger")
    yield Records(ledger)
    ledger.close()


@pytest.fixture
def watched(records):
    records.watch()
    records.tunnel()
    return records


def test_a_report_tells_all_its_fields(watched):
    """In the declared order, even if nothing happened."""
    row = watched.row()
    assert list(row) == [field.name for field in FIELDS["report"]]
    assert row == {
        **dict.fromkeys(row),
        "target": "hub1",
        "vrf": "red",
        "level": "child",
        "tunnel": "branch",
        "peer": "p",
        "expectation": "no",
        "tunnels": 1,
        "forgotten": 0,
        "availability_ratio": 0.0,
        "up_seconds": 0,
        "known_seconds": 10.0 * HOUR,
        "sessions": 0,
        "failures": 0,
        "ends_by_reason": {},
        "failures_by_reason": {},
    }


def test_availability_is_up_time_to_known_time(watched):
    """Overlapping sessions once; a session that lives is up as long as the target answered."""
    watched.session(0, 2 * HOUR, "peerLost")
    watched.session(1 * HOUR, 3 * HOUR, "reload")
    watched.session(8 * HOUR)
    row = watched.row()
    assert (row["up_seconds"], row["known_seconds"]) == (5 * HOUR, 10 * HOUR)
    assert row["availability_ratio"] == 0.5
    assert (row["sessions"], row["failures"], row["mtbf_seconds"]) == (3, 1, 5 * HOUR)
    assert row["ends_by_reason"] == {"peerLost": 1, "reload": 1}


def test_sessions_whose_start_is_not_known_count_since_they_were_seen(watched):
    """Between, before and after those whose start is known, as if that were their start."""
    for begin in (6, 1, 4):
        watched.session(begin * HOUR, (begin + 1) * HOUR, "peerDelRequest", started_at=None)
    for begin in (5, 3):
        watched.session(begin * HOUR, (begin + 1) * HOUR, "peerDelRequest")
    row = watched.row()
    assert (row["up_seconds"], row["sessions"], row["failures"]) == (5 * HOUR, 5, 2)


def test_gaps_count_neither_way(watched):
    """Unanswered and stopped ones, of the tunnel's tables or of all; an overrun history hides nothing that is up."""
    watched.session(0, 4 * HOUR)
    watched.gap(3 * HOUR, 5 * HOUR)
    watched.gap(9 * HOUR, kind="stopped", module="")
    watched.gap(0, 9 * HOUR, kind="history-overrun")
    watched.gap(0, 9 * HOUR, module="another")
    row = watched.row()
    assert (row["up_seconds"], row["known_seconds"]) == (3 * HOUR, 7 * HOUR)


def test_a_tunnel_counts_since_it_is_known(watched):
    """And since its VRF was watched."""
    watched.tunnel("late", since=AT + 6 * HOUR)
    watched.session(0, 7 * HOUR, name="late")
    watched.watch(vrf="blue", since=AT + 8 * HOUR)
    watched.tunnel("blue one", vrf="blue", since=AT)
    rows = {row["tunnel"]: row for row in watched.ask()["report"]}
    assert (rows["late"]["up_seconds"], rows["late"]["known_seconds"]) == (1 * HOUR, 4 * HOUR)
    assert rows["blue one"]["known_seconds"] == 2 * HOUR


def test_nothing_is_known_after_the_last_answer(records):
    """A daemon that stopped wrote no gap yet: what it last heard bounds what is known."""
    records.watch(answered=(("ipsec", AT + 4 * HOUR), ("other", AT + 9 * HOUR)))
    records.tunnel()
    records.session(2 * HOUR)
    row = records.row()
    assert (row["up_seconds"], row["known_seconds"]) == (2 * HOUR, 4 * HOUR)


def test_what_is_known_of_no_time_has_no_availability(records):
    """None, not 0."""
    records.watch(since=AT + 20 * HOUR)
    records.tunnel()
    assert records.row()["availability_ratio"] is None


def test_a_context_that_was_never_recorded_is_known_throughout(records):
    """As far as there are sessions of it."""
    records.session(0, HOUR)
    row = records.row()
    assert (row["forgotten"], row["availability_ratio"], row["known_seconds"]) == (1, 1.0, HOUR)


def test_a_forgotten_tunnel_counts_from_its_first_session_to_its_last(watched):
    """What became of it afterwards nobody knows."""
    watched.session(1 * HOUR, 2 * HOUR, name="gone")
    watched.session(4 * HOUR, 5 * HOUR, name="gone")
    row = watched.row(tunnel="gone")
    assert (row["up_seconds"], row["known_seconds"], row["forgotten"]) == (2 * HOUR, 4 * HOUR, 1)


def test_a_forgotten_tunnel_with_nothing_in_the_period_is_no_row(watched):
    """Nor is one whose only session began after the period, or one that was over before it was watched."""
    watched.session(10 * HOUR + 30, name="gone")
    watched.session(0, HOUR, name="before", accounted=False)
    watched.session(0, 0, name="instant")
    assert {row["tunnel"]: row["availability_ratio"] for row in watched.ask()["report"]} == {
        "branch": 0.0,
        "instant": None,
    }


def test_a_session_whose_details_are_awaited_is_over(watched):
    """Since it was missed."""
    watched.session(0, gone_at=AT + 3 * HOUR)
    row = watched.row()
    assert (row["up_seconds"], row["failures"]) == (3 * HOUR, 1)


def test_a_session_that_began_after_the_last_answer_was_written_is_not_up_yet(watched):
    """Answers are written at checkpoints."""
    watched.watch(answered=(("ipsec", AT + HOUR),))
    watched.session(2 * HOUR)
    assert watched.row()["up_seconds"] == 0


def test_volume_comes_from_usage_in_proportion(watched):
    """Rows that straddle the period count as far as they lie within; rates are the 95th percentile."""
    watched.usage(-1800, 3600, 7200)  # in the hour before
    watched.usage(5 * HOUR, 300, 30_000, 60_000)
    watched.usage(10 * HOUR, 300, 10**9)
    row = watched.row()
    assert row["receive_bytes"] == pytest.approx(3600 + 30_000)
    assert row["transmit_bytes"] == 60_000
    assert row["receive_p95_bytes_per_second"] == pytest.approx(100.0, rel=0.05)
    assert row["transmit_p95_bytes_per_second"] == pytest.approx(200.0, rel=0.05)
    assert (row["rate_seconds"], row["rated_seconds"]) == (300, pytest.approx(2100))


@pytest.mark.parametrize("folded_at", [None, AT + 11 * HOUR, AT + 2 * DAY, AT + 40 * DAY])
def test_what_is_carried_is_the_same_from_the_log_from_hours_and_from_days(watched, folded_at):
    """Wherever it is on record meanwhile: in the log, in hours, in days beside hours, or in days alone."""
    watched.usage(5 * HOUR, 300, 30_000)
    watched.usage(6 * HOUR, 300, 30_000, 600)
    watched.usage(6 * HOUR + 300, 300, 0)
    if folded_at:
        watched.ledger.prune(folded_at)
    row, whole_day = watched.row(), {"until": str(int(AT + DAY))}
    assert (row["receive_bytes"], row["transmit_bytes"]) == (60_000, 600)
    assert watched.row(**whole_day)["receive_bytes"] == 60_000
    assert watched.row(**whole_day)["receive_p95_bytes_per_second"] == pytest.approx(100, rel=0.05)
    assert watched.row(sort="volume")["receive_bytes"] == 60_000
    assert watched.row(by="hub", tunnel="branch")["receive_bytes"] == 60_000
    hub = watched.row(by="hub")
    assert (hub["receive_bytes"], hub["transmit_bytes"], hub["rate_seconds"]) == (60_000, 600, 3600)
    assert hub["receive_p95_bytes_per_second"] == pytest.approx(100, rel=0.05)


def test_what_was_carried_before_and_after_the_period_does_not_count(watched):
    """Whole days are read as days, their neighbours by the hour: each moment once, stretches over midnight in part."""
    half = 12 * HOUR
    for day in range(-1, 4):
        watched.usage(day * DAY + half, half - 100, half - 100)
        watched.usage((day + 1) * DAY - 100, 300, 300)
    watched.ledger.prune(AT + 6 * DAY)

    def carried(first, last):
        return watched.row(since=str(int(AT + first * DAY)), until=str(int(AT + last * DAY)))["receive_bytes"]

    assert carried(1, 2) == pytest.approx(200 + half)
    assert carried(1, 3) == pytest.approx(2 * (200 + half))
    assert carried(1.5, 3) == pytest.approx(half + 200 + half)
    assert carried(1.25, 1.75) == pytest.approx(half / 2)
    watched.ledger.prune(AT + 60 * DAY)
    assert carried(1, 3) == pytest.approx(2 * (200 + half))
    assert carried(-3, 9) == pytest.approx(5 * (200 + half))


def test_an_hour_that_came_late_counts_at_once(watched):
    """A day that was made without it is read by the hour, until it is made again."""
    watched.usage(5 * HOUR, 300, 30_000)
    whole_day = {"until": str(int(AT + DAY))}
    watched.ledger.prune(AT + 2 * DAY)
    watched.usage(7 * HOUR, 300, 1)
    folding = watched.ledger.folding(AT + 2 * DAY)
    assert next(folding).rows == 1
    assert watched.row(**whole_day)["receive_bytes"] == 30_001
    assert sum(done.days for done in folding) == 1
    assert watched.row(**whole_day)["receive_bytes"] == 30_001


def test_the_log_is_read_of_the_tunnels_that_are_asked_for(watched):
    """Of many in a row of it."""
    watched.tunnel("two")
    watched.usage(0, 300, 5)
    watched.usage(300, 300, 7, name="two")
    assert watched.row(tunnel="two")["receive_bytes"] == 7
    assert {row["receive_bytes"] for row in watched.ask(peer="p")["report"]} == {5, 7}
    first = watched.ask(limit="1", sort="name")["report"]
    assert [row["receive_bytes"] for row in first] == [5]
    hub = watched.row(by="hub", tunnel="two")
    assert (hub["receive_bytes"], hub["receive_p95_bytes_per_second"]) == (7, None)


def test_rows_of_usage_that_cover_no_time_are_not_shared_out(watched):
    """They would be divided by it."""
    watched.usage(10 * HOUR - 300, 300, 900)
    watched.ledger.prune(AT + 12 * HOUR)
    with watched.ledger.engine.begin() as connection:
        for table in (USAGE, CONTEXT_USAGE):
            connection.execute(table.update().values(covered_until=END + 300, seconds=0.0))
    assert watched.row()["receive_bytes"] == 0
    assert watched.row(by="vrf")["receive_bytes"] == 0


def test_rows_of_hubs_and_vrfs_sum_up_their_tunnels(watched):
    """Rates are of all tunnels together, by the hour; the peak is of distinct tunnels."""
    watched.watch(vrf="blue")
    watched.tunnel("two", vrf="blue")
    watched.session(0, 4 * HOUR, "reload")
    watched.session(3 * HOUR, 5 * HOUR, "operRequest")
    watched.session(2 * HOUR, 6 * HOUR, "peerLost", name="two", vrf="blue")
    for hour in range(10):
        watched.usage(hour * HOUR, 3600, 3600)
        watched.usage(hour * HOUR, 3600, 7200, vrf="blue", name="two")
    hub = watched.row(by="hub")
    assert (hub["target"], hub["vrf"], hub["tunnel"], hub["tunnels"]) == ("hub1", None, None, 2)
    assert (hub["up_seconds"], hub["known_seconds"], hub["availability_ratio"]) == (9 * HOUR, 20 * HOUR, 0.45)
    assert (hub["sessions"], hub["failures"], hub["mtbf_seconds"]) == (3, 1, 9 * HOUR)
    assert (hub["peak_tunnels"], hub["peak_at"]) == (2, AT + 2 * HOUR)
    assert hub["receive_bytes"] == 108_000
    assert hub["receive_p95_bytes_per_second"] == pytest.approx(3.0, rel=0.05)
    assert (hub["rate_seconds"], hub["rated_seconds"]) == (3600, 10 * HOUR)
    red, blue = sorted(watched.ask(by="vrf")["report"], key=lambda row: -row["up_seconds"])
    assert (red["vrf"], red["up_seconds"], red["peak_tunnels"]) == ("red", 5 * HOUR, 1)
    assert (blue["vrf"], blue["receive_p95_bytes_per_second"]) == ("blue", pytest.approx(2.0, rel=0.05))


def test_hours_that_nothing_is_known_of_have_no_rate(watched):
    """A row that covers no seconds."""
    watched.usage(0, 300, 900)
    watched.ledger.prune(AT + 12 * HOUR)
    with watched.ledger.engine.begin() as connection:
        connection.execute(CONTEXT_USAGE.update().values(seconds=0.0))
    assert watched.row(by="hub")["receive_p95_bytes_per_second"] is None


def test_a_tunnel_on_demand_has_no_availability(watched):
    """It idles by design; how long it was up is told."""
    watched.tunnel("lazy", expectation="on-demand")
    watched.session(0, 2 * HOUR, "normal", name="lazy")
    row = watched.row(tunnel="lazy")
    assert (row["expectation"], row["availability_ratio"]) == ("on-demand", None)
    assert (row["up_seconds"], row["known_seconds"]) == (2 * HOUR, 10 * HOUR)


def test_the_availability_of_many_is_of_those_that_should_be_up(watched):
    """Always; if there are none, of all but those on demand; of these alone there is none."""
    watched.session(0, 5 * HOUR, "normal")
    watched.tunnel("lazy", expectation="on-demand")
    assert watched.row(by="hub")["availability_ratio"] == 0.5
    assert watched.row(by="hub", tunnel="lazy")["availability_ratio"] is None
    watched.tunnel("vital", expectation="always")
    watched.session(0, HOUR, "normal", name="vital")
    hub = watched.row(by="hub")
    assert (hub["expectation"], hub["tunnels"], hub["availability_ratio"]) == (None, 3, 0.1)
    assert (hub["up_seconds"], hub["known_seconds"]) == (6 * HOUR, 30 * HOUR)


def test_an_expected_tunnel_that_never_came_is_down_since_it_is_known(watched):
    """A placeholder of the configuration."""
    watched.tunnel("vital", expectation="always", since=AT + 4 * HOUR)
    row = watched.row(tunnel="vital")
    assert (row["availability_ratio"], row["known_seconds"]) == (0.0, 6 * HOUR)


@pytest.mark.parametrize("most", [1, None])
def test_what_was_pruned_is_no_time_without_sessions(tmp_path, most):
    """A report begins where the record does, whether age or number had older sessions go, and says so."""
    retention = Retention(max_sessions=most) if most else Retention(sessions_seconds=DAY)
    ledger = Ledger.open(tmp_path / "short", retention=retention)
    records = Records(ledger)
    records.watch()
    records.tunnel()
    records.session(0, 4 * HOUR, "normal")
    records.session(4 * HOUR, 9 * HOUR, "normal")
    assert records.ask()["record_begins_at"] is None
    ledger.prune(AT + DAY + 5 * HOUR)
    made = records.ask()
    assert (made["since"], made["record_begins_at"]) == (AT + 4 * HOUR, AT + 4 * HOUR)
    assert (made["report"][0]["up_seconds"], made["report"][0]["known_seconds"]) == (5 * HOUR, 6 * HOUR)
    later = records.ask(since=str(int(AT + 5 * HOUR)))
    assert (later["since"], later["record_begins_at"]) == (AT + 5 * HOUR, AT + 4 * HOUR)
    before = records.ask(until=str(int(AT + HOUR)))
    assert (before["since"], before["until"], before["report"][0]["availability_ratio"]) == (AT + HOUR,) * 2 + (None,)
    ledger.close()


def test_gaps_that_were_pruned_bound_a_report_too(tmp_path):
    """Else time in which nobody knew would count as down."""
    ledger = Ledger.open(tmp_path / "short", retention=Retention(gaps_seconds=DAY))
    records = Records(ledger)
    records.watch()
    records.gap(0, 2 * HOUR)
    ledger.prune(AT + 2 * DAY)
    assert records.ask()["since"] == AT + 2 * HOUR
    ledger.close()


def test_failures_on_record_are_counted_by_reason(watched):
    """Those that nobody can assign are told apart in a report on tunnels, and belong to their hub."""
    watched.failure(HOUR)
    watched.failure(2 * HOUR)
    watched.failure(3 * HOUR, None, tunnel=None, peer=None)
    watched.failure(4 * HOUR, level="ike")
    watched.failure(11 * HOUR)
    made = watched.ask()
    assert (made["report"][0]["failures_by_reason"], made["unassigned_failures"]) == ({"peerLost": 2}, 1)
    hub = watched.ask(by="hub")
    assert (hub["report"][0]["failures_by_reason"], hub["unassigned_failures"]) == ({"none": 1, "peerLost": 2}, 0)


def test_a_report_on_ike_is_about_ike_only(watched):
    """Usage is kept of CHILD SAs: volumes are not known."""
    watched.tunnel("branch", level="ike")
    watched.session(0, HOUR, level="ike")
    watched.usage(0, 300, 900)
    row = watched.row(level="ike")
    assert (row["level"], row["up_seconds"], row["receive_bytes"]) == ("ike", HOUR, None)


def test_gaps_are_listed_with_their_sum(watched):
    """Of any kind in the period; those in which nobody knew are summed, at once ones of a VRF once."""
    watched.gap(HOUR, 3 * HOUR)
    watched.gap(2 * HOUR, 4 * HOUR, module="another")
    watched.gap(5 * HOUR, 6 * HOUR, kind="reload")
    watched.gap(11 * HOUR)
    watched.gap(9 * HOUR, vrf="blue")
    made = watched.ask()
    assert [gap["kind"] for gap in made["gaps"]] == ["unanswered", "reload", "unanswered", "unanswered"]
    assert (made["gaps_total"], made["blind_seconds"]) == (4, 4 * HOUR)
    assert watched.ask(vrf="blue")["gaps_total"] == 1


def test_filters_choose_what_is_reported(watched):
    """By target, VRF, tunnel and peer."""
    watched.tunnel("two", target="hub2", peer="q")
    for texts in ({"target": "hub2"}, {"tunnel": "two"}, {"peer": "q"}, {"target": "hub2", "vrf": "red"}):
        assert watched.row(**texts)["tunnel"] == "two"
    assert watched.ask(vrf="green")["report"] == []


def test_pages_of_a_report_are_of_the_same_period(watched):
    """However much later the next one is asked for."""
    for number in range(3):
        watched.tunnel(f"more {number}")
    page = watched.ask(limit="3", sort="name")
    assert ([row["tunnel"] for row in page["report"]], page["total"]) == (["branch", "more 0", "more 1"], 4)
    rest = watched.ask(limit="3", sort="name", cursor=page["next"], until=str(int(END + HOUR)))
    assert ([row["tunnel"] for row in rest["report"]], rest["next"]) == (["more 2"], None)
    assert rest["until"] == END


@pytest.mark.parametrize("key", [[], ["a", 2, 0], [2, 1, 0], [1, 1e300, 0], [1, 2, -1], [None, 2, 0]])
def test_a_cursor_of_another_question_is_refused(watched, key):
    """Whatever is in it."""
    with pytest.raises(QueryError, match=r"^cursor: "):
        watched.ask(cursor=cursor_text(key))
    assert CURSOR.read(cursor_text(key), 0) == key


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("availability", "down"),
        ("failures", "flapping"),
        ("mtbf", "flapping"),
        ("volume", "busy"),
        ("rate", "busy"),
        ("sessions", "flapping"),
        ("peak", "branch"),
        ("name", "branch"),
    ],
)
def test_what_needs_looking_at_comes_first(watched, sort, first):
    """And what is unknown comes last."""
    watched.watch(vrf="zone", since=END)
    watched.tunnel("unknown", vrf="zone")
    for name in ("busy", "down", "flapping"):
        watched.tunnel(name)
    for name in ("branch", "busy"):
        watched.session(0, 9 * HOUR, "normal", name=name)
    for hour in range(5):
        watched.session(hour * HOUR, hour * HOUR + 1800, "peerLost", name="flapping")
    watched.usage(0, 300, 5, 900, name="busy")
    watched.usage(300, 300, 6, 0, name="flapping")
    rows = watched.ask(sort=sort)["report"]
    assert rows[0]["tunnel"] == first
    if sort == "availability":
        assert rows[-1]["tunnel"] == "unknown"
    if sort == "mtbf":
        assert [row["mtbf_seconds"] for row in rows[1:]] == [None] * 4
    assert [row["receive_bytes"] for row in rows if row["tunnel"] == "busy"] == [5]
