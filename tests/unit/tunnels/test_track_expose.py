import pytest

from collector.model import COUNTED
from collector.tunnels import Learning, Rule, Rules, TrackedTunnels, exposing
from tests.unit.tunnels.story import BARE, HUB, NAME, PEER, T0, Story, child, endpoint, ike, module, plan_of

UNLEARNED = Rules(default=Learning(enabled=False))


def many(number, **more):
    """CHILD SAs to so many peers."""
    return [child(n, **{**more, "remote_address": f"10.2.{n >> 8}.{n & 255}"}) for n in range(1, number + 1)]


def test_a_context_that_was_never_polled_has_no_tunnels():
    assert Story().exposed() == TrackedTunnels()


def test_a_live_tunnel_is_shown_with_its_account_and_start():
    """What the target lists, when it began, and what it has carried."""
    story = Story(plan_of("ipsec", "ike"))
    story.poll("ipsec", child(seconds=100, octets=5, refreshes=2, status="active"), endpoint(), at=0)
    tunnel = story.tunnel(NAME)
    assert (tunnel.state, tunnel.up, tunnel.peer, tunnel.sessions, tunnel.rows) == ("up", True, PEER, 1, 1)
    assert (tunnel.established_at, tunnel.account.receive_bytes, tunnel.rekeys) == (T0 - 100, 5, 2)
    assert tunnel.seen.sa.status == "active"
    assert tunnel.identity == tunnel.seen.identity


def test_a_tunnel_that_is_down_keeps_its_account_and_identity():
    """Nothing is listed of it, and everything is remembered."""
    story = Story(plan_of("ipsec"))
    story.poll("ipsec", child(octets=5), endpoint(), at=0)
    story.poll("ipsec", at=60)
    tunnel = story.tunnel(NAME)
    assert (tunnel.state, tunnel.up, tunnel.account.receive_bytes, tunnel.rows) == ("down", False, 5, 0)
    assert (tunnel.established_at, tunnel.seen.sa.receive_bytes) == (None, None)
    assert tunnel.identity.remote == HUB["remote_address"]
    assert tunnel.last_end_at == T0 + 60


def test_an_account_is_not_told_while_the_target_does_not_answer():
    """No sample is better than one of which nobody knows whether it still holds."""
    story = Story()
    story.poll("ipsec", child(octets=5), at=0)
    story.silence("ipsec", at=60)
    tunnel = story.tunnel()
    assert (tunnel.state, tunnel.up, tunnel.rows, tunnel.seen.sa.receive_bytes) == ("unknown", None, None, None)
    assert set(tunnel.account) == {None}
    assert tunnel.sessions == 1


def test_a_tunnel_is_unknown_while_its_table_was_not_read_to_its_end():
    """It may be there all the same."""
    story = Story()
    story.poll("ipsec", child(7), child(8, remote_address="10.1.1.9"), at=0)
    story.poll("ipsec", child(7, seconds=160), at=60, incomplete=("cipSecTunnelTable",))
    assert story.tunnel().state == "up"
    assert story.tunnel("10.1.1.2-10.1.1.9").state == "unknown"
    story.poll("ipsec", child(7, seconds=220), child(8, seconds=220, remote_address="10.1.1.9"), at=120)
    assert story.tunnel("10.1.1.2-10.1.1.9").state == "up"
    assert story.moves() == []


def test_a_down_tunnel_is_unknown_while_the_target_does_not_answer():
    """It may have come back."""
    story = Story(plan_of("ipsec"))
    story.poll("ipsec", child(), at=0)
    story.poll("ipsec", at=60)
    story.silence("ipsec", at=120)
    assert story.tunnel().state == "unknown"
    story.poll("ipsec", at=180)
    assert story.tunnel().state == "down"


def test_what_the_configuration_says_goes_with_a_tunnel():
    """Name, description, labels and expectation."""
    always = {"expectation": "always", "ike_expectation": "always"}
    rule = Rule(peers=("10.1.1.1",), name="site", description="a site", labels=(("town", "Ulm"),), **always)
    story = Story(plan_of("ipsec", "ike", rules=Rules([rule])))
    story.poll("ipsec", child(), at=0)
    story.poll("ike", ike(), at=0)
    for level in ("child", "ike"):
        tunnel = story.tunnel("site", level)
        assert (tunnel.expected, tunnel.configured, tunnel.description) == (True, True, "a site")
        assert (tunnel.labels, tunnel.idle, tunnel.idle_transitions) == ((("town", "Ulm"),), None, None)


def test_an_on_demand_tunnel_is_idle_when_it_is_not_there():
    """Down by design."""
    rule = Rule(peers=("10.1.1.1",), name="site", expectation="on-demand")
    story = Story(plan_of("ipsec", rules=Rules([rule])))
    story.poll("ipsec", child(), at=0)
    assert (story.tunnel("site").idle, story.tunnel("site").expected) == (False, False)
    story.poll("ipsec", at=60)
    tunnel = story.tunnel("site")
    assert (tunnel.state, tunnel.idle, tunnel.up, tunnel.idle_transitions) == ("idle", True, False, 1)
    story.silence("ipsec", at=120)
    assert story.tunnel("site").idle is None


def test_what_was_counted_is_told():
    """Ends and gaps since the daemon began, and rows that belong to no tunnel."""
    story = Story(plan_of("ipsec", "ike"))
    story.poll("ipsec", child(), child(9, local_address=None, remote_address=None), at=0)
    story.poll("ike", ike(), at=1)
    assert story.exposed().unidentified_rows == 1
    story.poll("ipsec", at=60)
    story.poll("ike", at=61)
    exposed = story.exposed()
    assert set(exposed.ends) == {("child", None, 1), ("ike", None, 1)}
    assert (exposed.gaps, exposed.failures, exposed.unidentified_rows) == ((("history-unreadable", 2),), (), 0)


def test_live_tunnels_come_first_then_configured_ones():
    """A limit leaves out what matters least, and says how much."""
    rule = Rule(peers=("10.2.0.2",), name="named")
    story = Story(plan_of("ipsec", rules=Rules([rule])))
    story.poll("ipsec", *many(4), at=0)
    story.poll("ipsec", child(4, remote_address="10.2.0.4", seconds=160), at=60)
    shown = [(one.name, one.state) for one in story.exposed(limit=2).children]
    assert shown == [("10.1.1.2-10.2.0.4", "up"), ("named", "down")]
    assert story.exposed(limit=2).children_over_limit == 2
    assert story.exposed().children_over_limit == 0


def test_the_first_tunnels_stay_below_the_limit():
    """On either level, so that a tunnel more does not drive out another."""
    story = Story(plan_of("ipsec", "ike"))
    story.poll("ike", *(ike(n, remote_address=f"10.2.0.{n}") for n in range(1, 5)), at=0)
    for at, number, left_out in ((1, 5, 2), (61, 6, 3)):
        story.poll("ipsec", *many(number, seconds=100 + at), at=at)
        exposed = story.exposed(limit=3)
        assert [one.peer for one in exposed.children] == ["10.2.0.1", "10.2.0.2", "10.2.0.3"]
        assert [one.peer for one in exposed.ikes] == ["10.2.0.1", "10.2.0.2", "10.2.0.3"]
        assert (exposed.children_over_limit, exposed.ikes_over_limit) == (left_out, 1)


def test_large_contexts_are_exposed_in_steps():
    """Whoever holds the event loop lets it go often."""
    story = Story()
    story.poll("ipsec", *many(1000), at=0)
    assert sum(1 for _ in exposing(story.state, "global", story.plan)) >= 4


class TestTunnelsThatAreNotLearned:
    """The target learns nothing and no rule matches: shown while they live, neither remembered nor on record."""

    @pytest.mark.parametrize(("level", "name"), [("child", NAME), ("ike", BARE)])
    def test_they_are_shown_while_they_live(self, level, name):
        """With their own counters: there is no account."""
        story = Story(plan_of("ipsec", "ike", rules=UNLEARNED))
        story.poll("ipsec", child(octets=5, refreshes=2), endpoint(), at=0)
        story.poll("ike", ike(octets=5, refreshes=2), at=0)
        tunnel = story.tunnel(name, level)
        assert (tunnel.state, tunnel.peer, tunnel.sessions, tunnel.rows) == ("up", PEER, 1, 1)
        assert (tunnel.account.receive_bytes, tunnel.rekeys) == (5, 2)
        assert len(tunnel.account) == len(COUNTED[level])
        assert (tunnel.established_at, tunnel.state_since, tunnel.expectation) == (T0 - 100, None, "no")
        story.poll("ipsec", at=60)
        story.poll("ike", at=60)
        assert story.shown(level) == {}

    def test_they_are_not_on_record(self):
        """Neither as tunnels nor as sessions."""
        story = Story(plan_of("ipsec", "ike", rules=UNLEARNED))
        story.poll("ipsec", child(), endpoint(), at=0)
        story.poll("ipsec", at=60)
        assert story.all_changes == []

    def test_they_are_unknown_while_the_target_does_not_answer(self):
        story = Story(plan_of("ipsec", rules=UNLEARNED))
        story.poll("ipsec", child(octets=5), at=0)
        story.silence("ipsec", at=60)
        tunnel = story.tunnel()
        assert (tunnel.state, tunnel.established_at, tunnel.seen.sa.receive_bytes) == ("unknown", None, None)
        assert set(tunnel.account) == {None}

    def test_one_of_unknown_age_has_no_start(self):
        story = Story(plan_of("ipsec", rules=UNLEARNED))
        story.poll("ipsec", child(seconds=None), at=0)
        assert (story.tunnel().state, story.tunnel().established_at) == ("up", None)

    def test_they_come_after_those_that_are_known(self):
        """A limit leaves them out first."""
        rules = Rules([Rule(peers=("10.2.0.3",), name="named")], default=Learning(enabled=False))
        story = Story(plan_of("ipsec", rules=rules))
        story.poll("ipsec", *many(3), at=0)
        assert next(iter(story.shown())) == "named"
        assert len(story.exposed().children) == 3
        for limit, left_out in ((2, 1), (1, 2)):
            exposed = story.exposed(limit=limit)
            assert (len(exposed.children), exposed.children_over_limit) == (limit, left_out)

    def test_a_module_that_is_silent_hides_only_what_it_listed(self):
        """Two modules list SAs: one answers."""
        story = Story(plan_of("ipsec", "enhanced", rules=UNLEARNED))
        story.poll("ipsec", child(7), at=0)
        story.poll("enhanced", child(1, remote_address="10.1.1.9"), at=1)
        story.silence("enhanced", at=60)
        assert story.tunnel().state == "up"
        assert story.tunnel("10.1.1.2-10.1.1.9").state == "unknown"
        assert module("enhanced") in story.state.contexts["global"].modules
