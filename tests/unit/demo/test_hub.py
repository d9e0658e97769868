from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.demo.hub import Hub
from collector.demo.mib import snapshot

CONTEXTS = ("vrf-vrf1-context", "vrf-vrf2-context")
SEEDS = st.integers(0, 2**32)
STEPS = st.lists(st.integers(1, 800).map(lambda number: number / 64), min_size=1, max_size=40)
"""Seconds, in parts that floats add up without error."""


def watch(seed, steps, start=1_000.0):
    """Yield the hub after each step."""
    hub, now = Hub(seed=seed, start=start), start
    yield hub
    for step in steps:
        now += step
        hub.advance(now)
        yield hub


def lives(vrf, now):
    """Give the counters of all that lives in a VRF."""
    return {("ike", index): ike.traffic(now) for index, ike in vrf.ikes.items()} | {
        ("child", index): child.traffic(now) for index, child in vrf.children.items()
    }


@given(SEEDS, STEPS)
@settings(max_examples=60, deadline=None)
def test_counters_never_decrease(seed, steps):
    """As long as a row keeps its index, none of its counters gets smaller."""
    before = {}
    for hub in watch(seed, steps):
        for context in CONTEXTS:
            for key, counts in lives(hub.vrfs[context], hub.now).items():
                last = before.get((context, key), counts)
                assert all(old <= new for old, new in zip(last, counts, strict=True))
                before[context, key] = counts


@given(SEEDS, STEPS)
@settings(max_examples=60, deadline=None)
def test_indexes_are_never_given_twice(seed, steps):
    """A new row's index is greater than all before it."""
    highest, known = dict.fromkeys([(c, k) for c in CONTEXTS for k in ("ike", "child")], 0), set()
    for hub in watch(seed, steps):
        for context in CONTEXTS:
            live = lives(hub.vrfs[context], hub.now)
            new = sorted((context, *key) for key in live if (context, *key) not in known)
            for _, kind, index in new:
                assert index > highest[context, kind]
                highest[context, kind] = index
            known.update(new)


@given(SEEDS, STEPS)
@settings(max_examples=60, deadline=None)
def test_what_vanished_is_in_the_history_once(seed, steps):
    """Each row that vanished is exactly one row of the history, as long as that has not slid on."""
    before = {context: {} for context in CONTEXTS}
    for hub in watch(seed, steps):
        for context in CONTEXTS:
            vrf = hub.vrfs[context]
            live = lives(vrf, hub.now)
            for kind, history, ended in (
                ("ike", vrf.ike_history, vrf.previous_ikes),
                ("child", vrf.child_history, vrf.previous_children),
            ):
                indexes = [sa.index for _, sa in history]
                assert len(indexes) == len(set(indexes)) == min(ended, history.maxlen)
                assert [number for number, _ in history] == list(range(ended - len(history) + 1, ended + 1))
                vanished = {index for key, index in before[context] if key == kind and (kind, index) not in live}
                if ended <= history.maxlen:
                    assert vanished <= set(indexes)
            before[context] = live


@given(SEEDS, STEPS)
@settings(max_examples=40, deadline=None)
def test_totals_are_sums(seed, steps):
    """The totals of a VRF are the sums of what lives and of all that ever ended."""
    closed = {context: {} for context in CONTEXTS}
    for hub in watch(seed, [each / 4 for each in steps]):
        for context in CONTEXTS:
            vrf, seen = hub.vrfs[context], closed[context]
            seen |= {("ike", number): sa.traffic(hub.now) for number, sa in vrf.ike_history}
            seen |= {("child", number): sa.traffic(hub.now) for number, sa in vrf.child_history}
            assert len(seen) == vrf.previous_ikes + vrf.previous_children
            parts = [*seen.items(), *lives(vrf, hub.now).items()]
            for kind, total in (("ike", vrf.exchanged(hub.now)), ("child", vrf.carried(hub.now))):
                columns = zip(*(counts for (key, _), counts in parts if key == kind), strict=True)
                assert tuple(total) == tuple(map(sum, columns))


@given(SEEDS, STEPS)
@settings(max_examples=25, deadline=None)
def test_the_story_does_not_depend_on_who_looks_on(seed, steps):
    """The hub shows the same after many small steps as after one leap, and the same again with the same seed."""
    *_, walked = watch(seed, steps)
    leapt = Hub(seed=seed, start=7.0)
    leapt.advance(7.0 + sum(steps))
    for context in ("", *CONTEXTS):
        assert snapshot(walked, context) == snapshot(leapt, context)


def test_seeds_are_different_stories():
    """Another seed, other times."""
    hubs = Hub(seed=1), Hub(seed=2)
    for hub in hubs:
        hub.advance(150)
    first, second = (snapshot(hub, CONTEXTS[0]) for hub in hubs)
    assert first != second


def test_time_does_not_run_back():
    """Being told an earlier time changes nothing."""
    hub = Hub(start=0)
    hub.advance(100)
    before = snapshot(hub, CONTEXTS[1])
    hub.advance(50)
    assert snapshot(hub, CONTEXTS[1]) == before


def story(seed):
    """Play two minutes, a look every half second; spoke → what was seen of it."""
    hub, seen = Hub(seed=seed), {}
    for half_seconds in range(241):
        hub.advance(half_seconds / 2)
        for context in CONTEXTS:
            for branch in hub.branches(context):
                looks = seen.setdefault(branch.spoke.name, [])
                session = branch.session.established if branch.session else None
                looks.append(
                    {
                        "ike": branch.ike.index if branch.ike else None,
                        "children": tuple(child.index for child in branch.children),
                        "refreshes": sum(child.refreshes for child in branch.children),
                        "sas": max((len(child.spis) for child in branch.children), default=0),
                        "octets": max((child.traffic(hub.now).in_octets for child in branch.children), default=0),
                        "bgp": session,
                    }
                )
    return hub, seen


def gaps(looks):
    """Give the lengths, in seconds, of the times without a phase-2 tunnel that ended."""
    changes = [
        place
        for place, (one, other) in enumerate(pairwise(looks), 1)
        if bool(one["children"]) != bool(other["children"])
    ]
    if not looks[0]["children"]:
        changes = changes[1:]
    return [(up - down) / 2 for down, up in zip(changes[::2], changes[1::2], strict=False)]


@pytest.mark.parametrize("seed", range(5))
def test_newcomer_sees_it_all_within_two_minutes(seed):
    """Rekeys with overlap, a flap, a long gap, one on demand, refusals, a wrap and a lost BGP session: all in 120 s."""
    hub, seen = story(seed)
    oslo, lisbon, zurich, madrid = (seen[name] for name in ("oslo", "lisbon", "zurich", "madrid"))

    assert len(oslo[0]["children"]) == 2
    assert {look["children"] for look in oslo} == {oslo[0]["children"]}, "rekeys do not change the index"
    assert oslo[-1]["refreshes"] >= oslo[0]["refreshes"] + 2 * 3
    assert {look["sas"] for look in oslo} == {2, 4}, "old and new SAs overlap"
    assert len({look["ike"] for look in oslo}) >= 2, "its IKE SA is replaced"

    assert 4 < gaps(lisbon)[0] < 10
    assert lisbon[0]["children"] != lisbon[80]["children"] != (), "it comes back with a new index"

    assert 40 < gaps(zurich)[0] < 60
    assert zurich[0]["children"] != zurich[-1]["children"] != ()
    assert {look["bgp"] for look in zurich} == {True, False}
    assert zurich[-1]["bgp"]

    assert not madrid[0]["children"]
    assert {bool(look["children"]) for look in madrid} == {True, False}

    reasons = {failure.reason for failure in hub.vrfs[CONTEXTS[1]].ike_failures}
    assert {3, 5, 6, 10} <= reasons
    assert 4 in {failure.reason for failure in hub.vrfs[CONTEXTS[1]].child_failures}
    assert seen["vienna"][0]["octets"] < 2**32 <= seen["vienna"][-1]["octets"]


def test_paris_is_the_steady_one():
    """The recorded tunnel stays under its index, from the recorded counters on, and is rekeyed now and then."""
    _, seen = story(1)
    paris = seen["paris"]
    assert {look["children"] for look in paris} == {(1,)}
    assert paris[0]["octets"] == 400
    assert paris[-1]["refreshes"] >= 1


def test_ike_tunnel_may_be_gone_before_its_children():
    """After an IKE SA was replaced, its phase-2 tunnels name the old one until they are rekeyed."""
    hub = Hub()
    orphaned = []
    for second in range(120):
        hub.advance(second)
        vrf = hub.vrfs[CONTEXTS[0]]
        orphaned.append(any(child.ike_index not in vrf.ikes for child in vrf.children.values()))
    assert not orphaned[0]
    assert any(orphaned)
    assert not all(orphaned[orphaned.index(True) :])


def test_it_runs_on():
    """After a day the hub still lives, within its bounds."""
    hub = Hub()
    hub.advance(86_400)
    for context in CONTEXTS:
        vrf = hub.vrfs[context]
        assert len(vrf.child_history) == vrf.child_history.maxlen
        assert len(vrf.children) <= 5
        assert max(len(child.spis) for child in vrf.children.values()) <= 8
    assert len(snapshot(hub, CONTEXTS[0])) < 2_000
