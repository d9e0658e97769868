from collector.model import Origin, PollCosts, Snapshot, System
from collector.store import MAX_FAULT_KINDS, OTHER_FAULTS, ContextKey, Store


def origin(target="hub1", vrf="vrf1", module="ipsec"):
    return Origin(target=target, vrf=vrf, source="snmp", module=module)


def snapshot(taken_at, *, of=None, error=None, **costs):
    return Snapshot(
        origin=of or origin(),
        taken_at=taken_at,
        duration_seconds=0.5,
        entities=() if error else (System(name="hub"),),
        error=error,
        costs=PollCosts(**costs),
    )


def test_a_snapshot_replaces_the_last_one_of_its_origin_whole():
    """Only the latest snapshot of an origin is kept."""
    store = Store()
    store.publish(snapshot(1.0))
    latest = snapshot(2.0)
    store.publish(latest)
    assert store.record(origin()).snapshot is latest
    assert store.record(origin()).polls == 2


def test_a_failed_poll_leaves_no_entities_but_remembers_the_last_success():
    """After a failure there is nothing to show of the origin but when it last succeeded."""
    store = Store()
    store.publish(snapshot(1.0))
    store.publish(snapshot(2.0, error="timed out"))
    record = store.record(origin())
    assert record.snapshot.entities == ()
    assert (record.success, record.polls, record.failures, record.last_success_at) == (False, 2, 1, 1.0)


def test_an_origin_that_never_succeeded_has_no_last_success():
    """Absent is None."""
    store = Store()
    store.publish(snapshot(2.0, error="timed out"))
    assert store.record(origin()).last_success_at is None


def test_costs_add_up():
    """Costs are counters since the first poll, failed polls included."""
    store = Store()
    first = {"requests": 1, "retries": 2, "timeouts": 3, "varbinds": 4, "sent_bytes": 5, "received_bytes": 6}
    store.publish(snapshot(1.0, **first, decode_errors=7, faults=(("ragged-rows", 2),)))
    store.publish(snapshot(2.0, error="timed out", requests=10, timeouts=10, faults=(("ragged-rows", 1), ("late", 1))))
    record = store.record(origin())
    assert (record.requests, record.retries, record.timeouts, record.varbinds) == (11, 2, 13, 4)
    assert (record.sent_bytes, record.received_bytes, record.decode_errors) == (5, 6, 7)
    assert dict(record.faults) == {"ragged-rows": 3, "late": 1}


def test_kinds_of_faults_are_bounded():
    """What is beyond the bound is counted together, and nothing is lost."""
    store = Store()
    store.publish(snapshot(1.0, faults=tuple((f"kind {number}", 1) for number in range(MAX_FAULT_KINDS + 5))))
    faults = dict(store.record(origin()).faults)
    assert len(faults) == MAX_FAULT_KINDS + 1
    assert faults[OTHER_FAULTS] == 5


def test_a_record_is_never_changed():
    """Whoever holds a record holds one moment."""
    store = Store()
    store.publish(snapshot(1.0))
    held = store.record(origin())
    contexts = store.contexts()
    store.publish(snapshot(2.0, error="gone"))
    assert held.polls == 1
    assert contexts == {ContextKey("hub1", "vrf1"): (held,)}


def test_the_number_of_missing_tables_is_told():
    """Tables that a target lacks are counted."""
    store = Store()
    store.publish(Snapshot(origin=origin(), taken_at=0, duration_seconds=1, missing=("cipSecTunnelTable", "x")))
    assert store.record(origin()).missing_tables == 2


def test_an_origin_that_left_the_configuration_is_forgotten():
    """What is not configured any more is neither kept nor taken again, and refusals are counted."""
    store = Store()
    gone, stays, moved = origin("hub1"), origin("hub2"), origin("hub2", module="ike")
    for one in (gone, stays, moved):
        assert store.publish(snapshot(1.0, of=one))
    store.configure([stays])
    assert store.record(gone) is None
    assert store.contexts().keys() == {ContextKey("hub2", "vrf1")}
    assert not store.publish(snapshot(2.0, of=gone))
    assert store.publish(snapshot(2.0, of=stays))
    assert store.refused == 1


def test_configured_origins_are_awaited_until_polled_or_failed():
    """A failure counts: the daemon has then said what it knows."""
    store = Store()
    assert store.awaited() == frozenset()
    first, second = origin("hub1"), origin("hub2")
    store.configure([first, second])
    assert store.awaited() == {first, second}
    store.publish(snapshot(1.0, of=first))
    store.publish(snapshot(1.0, of=second, error="timed out"))
    assert store.awaited() == frozenset()


def test_the_number_of_origins_is_bounded():
    """What is beyond the bound is refused and counted; a forgotten origin makes room."""
    store = Store(max_origins=1)
    assert store.publish(snapshot(1.0, of=origin("hub1")))
    assert not store.publish(snapshot(1.0, of=origin("hub2")))
    assert store.publish(snapshot(2.0, of=origin("hub1")))
    assert store.refused == 1
    store.configure([origin("hub2")])
    assert store.publish(snapshot(1.0, of=origin("hub2")))
    assert store.record(origin("hub3")) is None
