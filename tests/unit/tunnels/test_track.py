from collector.model import ChildSa, Origin, Snapshot, System
from collector.tunnels import Rule, Rules, Wanted, observing
from tests.unit.tunnels.story import BARE, NAME, PEER, T0, UP, Story, child, closed, endpoint, ike, module, plan_of


def test_a_poll_that_fails_before_any_succeeded_knows_a_context():
    """It is watched from now on; nothing is known of it."""
    story = Story()
    story.silence("ipsec", at=0)
    assert story.state.contexts["global"].record.watched_since == T0
    assert story.exposed().children == ()


def test_contexts_of_a_target_are_apart():
    """Two VRFs may use the same addresses."""
    story = Story()
    for vrf, octets in (("red", 5), ("blue", 7)):
        story.poll("ipsec", child(octets=octets), at=0, vrf=vrf)
    assert [story.shown(vrf=vrf)[BARE].account.receive_bytes for vrf in ("red", "blue")] == [5, 7]
    assert [one.number for one in story.sessions.values()] == [1, 1]
    assert story.forget(Wanted("red", BARE), at=1).changes == ()


def test_a_context_begins_with_the_clock_of_its_target():
    """Which is looked at in the default context only."""
    story = Story()
    story.look(at=0, engine_boots=3)
    story.poll("ipsec", child(), at=1, vrf="red")
    record = story.records["red"]
    assert (record.boot_at, record.boots) == (T0 - UP, 3)


def test_a_look_at_the_clock_settles_every_context():
    """What waited for it in any of them."""
    polled = {("hub1", vrf): frozenset(map(module, ("ipsec", "history"))) for vrf in ("red", "blue")}
    plan = plan_of()
    story = Story(type(plan)(tells=plan.tells, histories=plan.histories, polled={**plan.polled, **polled}))
    story.look(at=0)
    for vrf in ("red", "blue"):
        story.poll("ipsec", child(seconds=100), at=10, vrf=vrf)
        story.poll("ipsec", at=70, vrf=vrf)
        story.poll("history", closed(1, began=-90, seconds=130), at=72, vrf=vrf)
    assert {one.ended_at for one in story.sessions.values()} == {None}
    story.look(at=75)
    assert {one.closed_by for one in story.sessions.values()} == {"history"}
    assert {change.vrf for change in story.step.changes} >= {"red", "blue"}


def test_a_history_that_was_read_before_a_restart_is_of_the_life_before_it():
    """Its stamps are of the clock that ended then."""
    story = Story()
    story.look(at=0)
    story.poll("history", at=1)
    story.look(at=2)
    story.poll("ipsec", child(seconds=100), at=10)
    story.poll("ipsec", at=70)
    story.poll("history", closed(1, began=-90, seconds=130), at=72)
    story.look(at=300, uptime=100.0)
    session = story.session()
    assert (session.closed_by, session.ended_at, session.started_at) == ("history", T0 + 40, T0 - 90)
    assert story.step.rebooted


def test_what_was_missed_before_a_restart_ended_with_it():
    """The history is empty then."""
    story = Story()
    story.look(at=0)
    story.poll("ipsec", child(seconds=100), at=10)
    story.poll("ipsec", at=70)
    assert story.session().ended_at is None
    story.look(at=80, uptime=50.0)
    session = story.session()
    assert (session.closed_by, session.reason, session.ended_at) == ("reload", "reload", T0 + 30)
    assert story.exposed().ends == (("child", "reload", 1),)


def test_a_module_that_the_plan_does_not_know_tells_what_it_lists():
    """A source that is not described yet."""
    story = Story(plan_of("ipsec"))
    story.poll("other", child(octets=5), at=0)
    assert story.tunnel().state == "up"


def test_a_system_group_among_other_rows_is_no_look_at_the_clock():
    """Only the module that is asked for it."""
    story = Story()
    story.poll("ipsec", System(uptime_seconds=5.0), child(), at=0)
    assert story.state.clock.boot_at is None


def test_kinds_that_tell_of_no_tunnel_change_no_record():
    """Policies, gateways, routing."""
    story = Story()
    assert story.poll("policy", at=0).changes == ()


def test_work_is_done_in_steps_of_a_few_milliseconds():
    """Whoever holds the event loop lets it go often."""
    story = Story()
    rows = [child(n, remote_address=f"10.2.{n >> 8}.{n & 255}") for n in range(1, 2001)]
    origin = Origin(target="hub1", source="snmp", module="ipsec")
    snapshot = Snapshot(origin=origin, taken_at=T0, duration_seconds=1.0, entities=tuple(rows))
    assert sum(1 for _ in observing(story.state, snapshot, T0, story.plan)) > 20


def test_the_history_is_asked_for_no_clock_while_nothing_is_new():
    """One look more per poll of a history would be one too many."""
    story = Story()
    story.look(at=0)
    story.poll("history", closed(5, began=-500), at=1)
    assert story.step.look_at == {("global", "snmp", "system")}
    story.look(at=2)
    story.poll("history", closed(5, began=-500), at=301)
    assert story.step.look_at == set()


def test_orphans_are_told_of_both_levels():
    """Rows that name a tunnel which is not there."""
    story = Story()
    story.poll("ipsec", child(), endpoint(), endpoint(9), at=0)
    story.poll("ike", ike(), at=1)
    orphans = dict(story.exposed().seen.orphans)
    assert (orphans["Endpoint"], orphans["IkePolicyMap"]) == (1, 0)


def test_rows_without_an_index_harm_nothing():
    """No agent can send one; a file may."""
    story = Story()
    for at in (0, 60):
        story.poll("ipsec", ChildSa(local_address="10.1.1.2", remote_address="10.1.1.1", receive_bytes=5), at=at)
    assert story.tunnel().account.receive_bytes == 5
    story.restart(at=100)
    assert NAME not in story.shown()


def test_an_expected_tunnel_is_down_where_the_target_says_that_it_has_no_such_table():
    """Some agents say so of a table without rows."""
    rules = Rules([Rule(name="paris", targets=("hub1",), vrfs=("global",), peers=(PEER,), expectation="always")])
    story = Story(plan_of("system", "ipsec", rules=rules))
    assert "paris" not in story.shown() or story.tunnel("paris").state == "unknown"
    story.poll("ipsec", at=10, missing=("cipSecTunnelTable", "cipSecEndPtTable"))
    assert (story.tunnel("paris").state, story.tunnel("paris").up) == ("down", False)
