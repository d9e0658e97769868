import sys
from dataclasses import replace
from types import SimpleNamespace

from collector.model import ChildSa, IkeSa, NotificationSwitch, Origin, RoutingSession, Spi
from collector.store import ContextKey, Store
from exporters.families.daemon import SCHEDULE, SHOWN, TARGET
from exporters.families.routing import SESSION
from exporters.families.tallies import GAPS
from exporters.families.tunnel import IKE, TUNNEL
from exporters.views import ROWS_PER_STEP, Views

LATER = 1_700_000_060.0


def child(number, **fields):
    return ChildSa(index=str(number), local_address="10.0.0.1", remote_address=f"10.0.1.{number}", **fields)


def refreshed(views):
    for _ in views.refresh():
        pass
    return {(view.key.target, view.key.vrf): view for view in views.current if view.rows(TUNNEL) or view.rows(SESSION)}


def test_each_context_has_a_view_of_its_own(store, snapshot):
    """Contexts of a target, and targets, are apart."""
    store.publish(snapshot(child(1), IkeSa(index="1", local_address="10.0.0.1", remote_address="10.0.1.1"), vrf="vrf1"))
    store.publish(snapshot(child(2), child(3), vrf="vrf2"))
    store.publish(snapshot(child(4), target="hub2"))
    views = refreshed(store.views())
    assert {key: [row.peer for row in view.rows(TUNNEL)] for key, view in views.items()} == {
        ("hub1", "vrf1"): ["10.0.1.1"],
        ("hub1", "vrf2"): ["10.0.1.2", "10.0.1.3"],
        ("hub2", "vrf1"): ["10.0.1.4"],
    }
    assert [row.name for row in views["hub1", "vrf1"].rows(IKE)] == ["10.0.0.1-10.0.1.1"]
    assert views["hub2", "vrf1"].rows(IKE) == ()


def test_a_view_is_made_again_only_after_a_poll_of_its_context(store, snapshot):
    """Two scrapes between two polls write the same rows."""
    store.publish(snapshot(child(1)))
    store.publish(snapshot(child(2), vrf="vrf2"))
    views = store.views()
    before = refreshed(views)
    assert all(refreshed(views)[key] is view for key, view in before.items())
    store.publish(snapshot(child(1, receive_bytes=7), taken_at=LATER))
    after = refreshed(views)
    assert after["hub1", "vrf2"] is before["hub1", "vrf2"]
    assert after["hub1", "vrf1"].rows(TUNNEL)[0].seen.sa.receive_bytes == 7


def test_a_view_that_is_held_does_not_change(store, snapshot):
    """A scrape writes one moment of a context, whatever is polled meanwhile."""
    store.publish(snapshot(child(1, receive_bytes=1)))
    views = store.views()
    held = refreshed(views)["hub1", "vrf1"]
    store.publish(snapshot(error="timed out"))
    assert refreshed(views)["hub1", "vrf1"].rows(TUNNEL)[0].account.receive_bytes is None
    assert held.rows(TUNNEL)[0].account.receive_bytes == 1


def test_tunnels_stay_while_their_target_does_not_answer(store, snapshot):
    """What is known for good is told; whether they are up, and what they carried meanwhile, is not."""
    store.publish(snapshot(child(1, receive_bytes=1), Spi(child_index=1, spi=7), Spi(child_index=9, spi=8)))
    store.publish(snapshot(error="timed out", taken_at=LATER))
    view = refreshed(store.views())["hub1", "vrf1"]
    (row,) = view.rows(TUNNEL)
    assert (row.up, row.state, row.sessions, row.rows) == (None, "unknown", 1, None)
    assert view.groups["tunnel"].infos["ipsec_tunnel_info"] == [""]
    assert view.groups["tunnel"].infos["ipsec_tunnel_config_info"] != [""]
    assert not {"sas", "orphans"} & view.groups.keys()


def test_nothing_is_shown_of_what_was_never_polled_or_is_not_tracked(store, snapshot):
    """A context that the store does not know, though tracking remembers it; one that nobody follows."""
    store.publish(snapshot(child(1)))
    store.configure([])
    assert refreshed(store.views()) == {}
    untracked = Store()
    untracked.publish(snapshot(child(1)))
    views = Views(untracked)
    assert refreshed(views) == {}
    (view,) = [view for view in views.current if "poll" in view.groups]
    assert not {"tunnel", "ike", "states", "unidentified"} & view.groups.keys()


def test_a_view_is_made_again_when_what_is_known_of_tunnels_changes(store, snapshot):
    """Though nothing was polled: time alone may change it. Rows that were sorted stay so."""
    store.publish(snapshot(child(1)))
    store.publish(snapshot(module="bgp"))
    views = store.views()
    before = refreshed(views)["hub1", "vrf1"]
    tables = views._contexts["hub1", "vrf1"].tables
    state = store.states["hub1"]
    context = replace(state.contexts["vrf1"], tally={("gap", "unanswered", None): 1})
    store.states["hub1"] = replace(state, contexts={"vrf1": context})
    after = refreshed(views)["hub1", "vrf1"]
    assert after is not before
    assert after.rows(GAPS) == [("unanswered", 1)]
    assert views._contexts["hub1", "vrf1"].tables is tables
    store.publish(snapshot(child(1), taken_at=LATER))
    refreshed(views)
    assert views._contexts["hub1", "vrf1"].tables[0] is tables[0]
    assert views._contexts["hub1", "vrf1"].tables[1] is not tables[1]


def test_label_blocks_live_as_long_as_their_series(store, snapshot):
    """The blocks of what stays are the same objects; those of what went are gone."""
    store.publish(snapshot(child(1), NotificationSwitch(notification="a"), NotificationSwitch(notification="b")))
    views = store.views()
    before = refreshed(views)["hub1", "vrf1"].groups
    store.publish(snapshot(child(1), NotificationSwitch(notification="b"), NotificationSwitch(notification="c")))
    after = refreshed(views)["hub1", "vrf1"].groups
    assert after["tunnel"].blocks[0] is before["tunnel"].blocks[0]
    assert after["switch"].blocks[0] is before["switch"].blocks[1]
    (made,) = views._contexts.values()
    groups = [group for name, group in made.view.groups.items() if name != SHOWN.name]
    blocks = [blocks for group in groups for blocks in (group.blocks, *group.infos.values())]
    assert len(made.blocks) == sum(1 for each in blocks for block in each if block)


def test_what_left_the_store_leaves_the_views(store, snapshot):
    """Nothing is kept of targets that are no longer watched."""
    store.publish(snapshot(child(1)))
    views = store.views()
    refreshed(views)
    store.configure([])
    assert refreshed(views) == {}
    assert (views._contexts, views._routing) == ({}, {})


def test_a_target_shows_no_more_rows_than_its_limit(store, snapshot):
    """Over all its contexts, in the order of their names; what is over is counted, also where polls found too many."""
    for vrf in ("a", "b", "c"):
        store.publish(snapshot(*map(child, range(1, 5)), NotificationSwitch(notification="n"), vrf=vrf))
    views = store.views()
    views.configure(target_labels={}, max_rows={"hub1": 3})
    refreshed(views)
    tunnels = {view.key.vrf: len(view.rows(TUNNEL)) for view in views.current if view.groups.get("tunnel")}
    assert tunnels == {"a": 3, "b": 0, "c": 0}
    shown = {(view.key.vrf, row.kind): (row.shown, row.over) for view in views.current for row in view.rows(SHOWN)}
    assert shown == {("a", "tunnel"): (3, 1), ("b", "tunnel"): (0, 4), ("c", "tunnel"): (0, 4)}


def test_within_the_limit_tunnels_are_counted_only(store, snapshot):
    """The number shown is always told."""
    store.publish(snapshot(child(1), child(2), NotificationSwitch(notification="n")))
    views = store.views()
    views.configure(target_labels={}, max_rows={"hub1": 2})
    refreshed(views)
    assert [row for view in views.current for row in view.rows(SHOWN)] == [("tunnel", 2, 0)]


def test_polls_are_told_of_however_few_rows_are_allowed(store, snapshot):
    """The limit is for what targets can make grow."""
    for module in ("ipsec", "ike", "bgp"):
        store.publish(snapshot(module=module))
    views = store.views()
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
    views = store.views()
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
    views = store.views()
    for site in ("Bern", "Genf"):
        views.configure(target_labels={"hub1": {"site": site}}, max_rows={})
        refreshed(views)
        (group,) = [view.groups[TARGET.name] for view in views.current if TARGET.name in view.groups]
        assert group.blocks == [f'{{target="hub1",site="{site}"}} ']


def test_punctuality_is_told_even_while_nothing_is_polled(store):
    """The schedule is asked at each refresh."""
    origin = Origin(target="hub1", vrf="vrf1", source="snmp", module="ipsec")
    punctuality = SimpleNamespace(started=1, late=0, lateness_seconds=0.0)
    views = store.views(lambda: {origin: punctuality})
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
    views = store.views()
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
    views = store.views()
    refreshed(views)
    old = refreshed(views)["hub1", "vrf1"].rows(TUNNEL)[0].seen.sa
    store.publish(snapshot(child(1)))
    held = [sys.getrefcount(old) for _ in views.refresh()]
    assert len(held) > 1_000 / ROWS_PER_STEP
    assert held[0] > held[-1] >= sys.getrefcount(old) == 2


def test_views_are_refreshed_in_steps(store, snapshot):
    """However large a context is, the event loop has its turn every few hundred rows."""
    store.publish(snapshot(*(child(number) for number in range(3_000))))
    assert sum(1 for _ in store.views().refresh()) > 60
    assert ContextKey("hub1", "vrf1") in store.contexts()
