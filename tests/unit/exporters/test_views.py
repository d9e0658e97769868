import sys
from types import SimpleNamespace

import pytest

from collector.model import ChildSa, IkeSa, NotificationSwitch, Origin, RoutingSession
from collector.store import ContextKey, Store
from exporters.families.daemon import SCHEDULE, SHOWN, TARGET
from exporters.families.routing import SESSION
from exporters.families.tunnel import IKE, TUNNEL
from exporters.views import ROWS_PER_STEP, Views


def child(number, **fields):
    return ChildSa(index=str(number), local_address="10.0.0.1", remote_address=f"10.0.1.{number}", **fields)


@pytest.fixture
def store():
    return Store()


def refreshed(views):
    for _ in views.refresh():
        pass
    return {(view.key.target, view.key.vrf): view for view in views.current if view.rows(TUNNEL) or view.rows(SESSION)}


def test_each_context_has_a_view_of_its_own(store, snapshot):
    """Contexts of a target, and targets, are apart."""
    store.publish(snapshot(child(1), IkeSa(index="1"), vrf="vrf1"))
    store.publish(snapshot(child(2), child(3), vrf="vrf2"))
    store.publish(snapshot(child(4), target="hub2"))
    views = refreshed(Views(store))
    assert {key: [row.peer for row in view.rows(TUNNEL)] for key, view in views.items()} == {
        ("hub1", "vrf1"): ["10.0.1.1"],
        ("hub1", "vrf2"): ["10.0.1.2", "10.0.1.3"],
        ("hub2", "vrf1"): ["10.0.1.4"],
    }
    assert [row.name for row in views["hub1", "vrf1"].rows(IKE)] == ["unknown"]
    assert views["hub2", "vrf1"].rows(IKE) == ()


def test_a_view_is_made_again_only_after_a_poll_of_its_context(store, snapshot):
    """Two scrapes between two polls write the same rows."""
    store.publish(snapshot(child(1)))
    store.publish(snapshot(child(2), vrf="vrf2"))
    views = Views(store)
    before = refreshed(views)
    assert all(refreshed(views)[key] is view for key, view in before.items())
    store.publish(snapshot(child(1, receive_bytes=7)))
    after = refreshed(views)
    assert after["hub1", "vrf2"] is before["hub1", "vrf2"]
    assert after["hub1", "vrf1"].rows(TUNNEL)[0].sa.receive_bytes == 7


def test_a_view_that_is_held_does_not_change(store, snapshot):
    """A scrape writes one moment of a context, whatever is polled meanwhile."""
    store.publish(snapshot(child(1, receive_bytes=1)))
    views = Views(store)
    held = refreshed(views)["hub1", "vrf1"]
    store.publish(snapshot(error="timed out"))
    assert refreshed(views) == {}
    assert held.rows(TUNNEL)[0].sa.receive_bytes == 1


def test_label_blocks_live_as_long_as_their_series(store, snapshot):
    """The blocks of tunnels that stay are the same objects; those of tunnels that went are gone."""
    store.publish(snapshot(child(1), child(2)))
    views = Views(store)
    before = refreshed(views)["hub1", "vrf1"].groups["tunnel"].blocks
    store.publish(snapshot(child(2), child(3)))
    after = refreshed(views)["hub1", "vrf1"].groups["tunnel"].blocks
    assert after[0] is before[1]
    (made,) = views._contexts.values()
    groups = [group for name, group in made.view.groups.items() if name != SHOWN.name]
    assert len(made.blocks) == sum(len(blocks) for group in groups for blocks in (group.blocks, *group.infos.values()))


def test_what_left_the_store_leaves_the_views(store, snapshot):
    """Nothing is kept of targets that are no longer watched."""
    store.publish(snapshot(child(1)))
    views = Views(store)
    refreshed(views)
    store.configure([])
    assert refreshed(views) == {}
    assert (views._contexts, views._routing) == ({}, {})


def test_a_target_shows_no_more_rows_than_its_limit(store, snapshot):
    """Over all its contexts, in the order of their names; what is over is counted, also where polls found too many."""
    for vrf in ("a", "b", "c"):
        store.publish(snapshot(*map(child, range(1, 5)), NotificationSwitch(notification="n"), vrf=vrf))
    views = Views(store)
    views.configure(target_labels={}, max_rows={"hub1": 3})
    refreshed(views)
    tunnels = {view.key.vrf: len(view.rows(TUNNEL)) for view in views.current if view.groups.get("tunnel")}
    assert tunnels == {"a": 3, "b": 0, "c": 0}
    shown = {(view.key.vrf, row.kind): (row.shown, row.over) for view in views.current for row in view.rows(SHOWN)}
    assert shown == {("a", "tunnel"): (3, 1), ("b", "tunnel"): (0, 4), ("c", "tunnel"): (0, 4)}


def test_within_the_limit_tunnels_are_counted_only(store, snapshot):
    """The number shown is always told."""
    store.publish(snapshot(child(1), child(2), NotificationSwitch(notification="n")))
    views = Views(store)
    views.configure(target_labels={}, max_rows={"hub1": 2})
    refreshed(views)
    assert [row for view in views.current for row in view.rows(SHOWN)] == [("tunnel", 2, 0)]


def test_polls_are_told_of_however_few_rows_are_allowed(store, snapshot):
    """The limit is for what targets can make grow."""
    for module in ("ipsec", "ike", "bgp"):
        store.publish(snapshot(module=module))
    views = Views(store)
    views.configure(target_labels={}, max_rows={"hub1": 1})
    refreshed(views)
    assert [len(view.groups["poll"].rows) for view in views.current if "poll" in view.groups] == [3]


def test_routing_sessions_are_shown_in_the_vrf_that_they_name(store, snapshot):
    """Also if that is no polled context; two contexts that list one session show one."""
    own = RoutingSession(remote_address="10.0.0.1")
    store.publish(snapshot(own, module="bgp"))
    store.publish(
        snapshot(
            RoutingSession(remote_address="10.0.0.1", vrf="vrf1"),
            RoutingSession(remote_address="10.0.0.2", vrf="vrf9"),
            vrf="global",
            module="bgp",
        )
    )
    views = Views(store)
    sessions = [(view.key.vrf, row.peer) for view in refreshed(views).values() for row in view.rows(SESSION)]
    assert sorted(sessions) == [("vrf1", "10.0.0.1"), ("vrf9", "10.0.0.2")]
    before = [view for view in views.current if view.rows(SESSION)]
    refreshed(views)
    assert all(a is b for a, b in zip(before, (view for view in views.current if view.rows(SESSION)), strict=True))
    store.publish(snapshot(own, RoutingSession(remote_address="10.0.0.3"), module="bgp"))
    refreshed(views)
    assert sum(len(view.rows(SESSION)) for view in views.current) == 3


def test_targets_are_told_with_the_labels_of_the_configuration(store, snapshot):
    """A new configuration shows at the next refresh."""
    store.publish(snapshot())
    views = Views(store)
    for site in ("Bern", "Genf"):
        views.configure(target_labels={"hub1": {"site": site}}, max_rows={})
        refreshed(views)
        (group,) = [view.groups[TARGET.name] for view in views.current if TARGET.name in view.groups]
        assert group.blocks == [f'{{target="hub1",site="{site}"}} ']


def test_punctuality_is_told_even_while_nothing_is_polled(store):
    """The schedule is asked at each refresh."""
    origin = Origin(target="hub1", vrf="vrf1", source="snmp", module="ipsec")
    punctuality = SimpleNamespace(started=1, late=0, lateness_seconds=0.0)
    views = Views(store, lambda: {origin: punctuality})
    refreshed(views)
    punctuality.late = 7
    refreshed(views)
    ((block, row),) = [
        pair
        for view in views.current
        for pair in zip(view.groups[SCHEDULE.name].blocks, view.rows(SCHEDULE), strict=True)
    ]
    assert (block, row.late) == ('{target="hub1",vrf="vrf1",source="snmp",module="ipsec"} ', 7)


def test_an_abandoned_refresh_leaves_the_views_as_they_were(store, snapshot):
    """And the next one completes."""
    store.publish(snapshot(child(1)))
    views = Views(store)
    refreshed(views)
    current = views.current
    store.publish(snapshot(*map(child, range(1, 200))))
    steps = views.refresh()
    next(steps)
    steps.close()
    assert views.current is current
    assert len(refreshed(views)["hub1", "vrf1"].rows(TUNNEL)) == 199


def test_views_are_let_go_in_steps(store, snapshot):
    """The rows of the last poll are freed a few at a time, when nobody holds them any more."""
    store.publish(snapshot(*(child(number) for number in range(1_000))))
    views = Views(store)
    refreshed(views)
    old = refreshed(views)["hub1", "vrf1"].rows(TUNNEL)[0].sa
    store.publish(snapshot(child(1)))
    held = [sys.getrefcount(old) for _ in views.refresh()]
    assert len(held) > 1_000 / ROWS_PER_STEP
    assert held[0] > held[-1] >= sys.getrefcount(old) == 2


def test_views_are_refreshed_in_steps(store, snapshot):
    """However large a context is, the event loop has its turn every few hundred rows."""
    store.publish(snapshot(*(child(number) for number in range(3_000))))
    assert sum(1 for _ in Views(store).refresh()) > 60
    assert ContextKey("hub1", "vrf1") in store.contexts()
