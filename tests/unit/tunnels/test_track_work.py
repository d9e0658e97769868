from collector.tunnels import Plan
from collector.tunnels.device_clock import DeviceClock
from collector.tunnels.track_state import ContextState
from collector.tunnels.track_work import Work
from tests.unit.tunnels.story import NAME, T0, UP, Story, child, closed, closed_endpoint, endpoint, module, plan_of


def poll(story, *rows, at, **more):
    story.poll("ipsec", *rows, *(endpoint(int(row.index)) for row in rows), at=at, **more)


def work_on(story, vrf="global"):
    return Work(story.target, story.state.contexts[vrf], story.state.clock, story.plan, T0)


def test_a_step_in_which_nothing_happens_changes_nothing():
    """Neither state nor record."""
    story = Story()
    poll(story, child(), at=0)
    before = story.state.contexts["global"]
    after, changes = work_on(story).finish()
    assert after == before
    assert not changes
    assert after.record is before.record


def test_what_a_step_changes_is_not_seen_before_it_ends():
    """Whoever reads a state meanwhile reads one moment."""
    story = Story()
    poll(story, child(), at=0)
    context = story.state.contexts["global"]
    was = repr(context)
    work = work_on(story)
    key = next(iter(work.tunnels["child"]))
    work.forget("child", key)
    work.begin_gap("unanswered", "ipsec", T0)
    work.mark(module("history"), "ClosedChildSa", 1, T0)
    work.use(key, (1, 1))
    assert repr(context) == was


def test_the_record_of_a_context_goes_with_every_change():
    """Numbers that were given are given no second time."""
    story = Story()
    poll(story, child(), at=0)
    assert story.records["global"].next_number == 2
    poll(story, child(8, seconds=5), at=60)
    assert story.records["global"].next_number == 3


def test_a_gap_that_goes_on_is_begun_once():
    """And ended once, not before it began."""
    story = Story(plan_of(silence_seconds=100))
    poll(story, child(), at=0)
    for at in (60, 120, 180, 240):
        story.silence("ipsec", at=at)
    gap = story.gap()
    assert (gap.kind, gap.module, gap.begins_at, gap.ends_at) == ("unanswered", "ipsec", T0, None)
    poll(story, child(seconds=400), at=-300)
    assert story.gap().ends_at == T0


def test_silence_of_what_tells_of_no_tunnel_is_no_gap():
    """Nothing that is on record comes from it."""
    story = Story(plan_of(silence_seconds=100))
    for at in (0, 600, 1200):
        story.silence("system", at=at)
        story.silence("unheard-of", at=at)
    assert story.gaps == {}


def test_a_module_that_never_answered_is_silent_since_it_was_asked():
    """There is no earlier time to tell."""
    story = Story(plan_of(silence_seconds=100))
    story.silence("history", at=0)
    story.silence("history", at=120)
    assert (story.gap().module, story.gap().begins_at) == ("history", T0)


def test_an_older_end_does_not_become_the_last_one():
    """Histories tell in their own time."""
    story = Story()
    story.look(at=0)
    story.poll("history", at=1)
    story.look(at=2)
    poll(story, child(7, seconds=100), at=10)
    poll(story, at=70)
    rows = closed(1, began=-90, seconds=140, reason="peerLost"), closed(2, 9, began=5, seconds=3, reason="other")
    story.poll("history", *rows, closed_endpoint(1), closed_endpoint(2), at=72)
    story.look(at=73)
    tunnel = story.tunnel(NAME)
    assert (tunnel.last_end_at, tunnel.last_end_reason, tunnel.sessions) == (T0 + 50, "peerLost", 2)
    assert {(level, reason): count for level, reason, count in story.exposed().ends} == {
        ("child", "peerLost"): 1,
        ("child", "other"): 1,
    }


def test_without_a_plan_of_polls_the_clock_is_looked_at_once_it_was():
    """As in small tools."""
    context = ContextState(record=Story().poll("ipsec", at=0).state.contexts["global"].record, **_times())
    for clock, looks in ((DeviceClock(), False), (DeviceClock(read_at=T0, uptime=UP), True)):
        assert Work("hub1", context, clock, Plan(), T0).has_clock() is looks
    assert Work("hub1", context, DeviceClock(read_at=T0, readable=False), Plan(), T0).has_clock() is False


def _times():
    return {"checkpoint_at": T0, "swept_at": T0}


def test_what_is_forgotten_and_known_again_in_one_step_is_known():
    """It is on record as it is now."""
    story = Story()
    poll(story, child(), at=0)
    work = work_on(story)
    key, tracked = next(iter(work.tunnels["child"].items()))
    work.forget("child", key)
    work.put("child", key, tracked)
    changes = work.finish()[1]
    assert (changes.tunnels, changes.forgotten) == ((tracked.known,), ())


def test_sessions_that_ended_are_remembered_for_some_minutes_only():
    """A poll that began before does not take longer."""
    story = Story()
    story.look(at=0)
    story.poll("history", at=1)
    story.look(at=2)
    poll(story, child(seconds=100), at=290)
    story.poll("history", closed(1, began=190, seconds=105), closed_endpoint(1), at=301)
    story.look(at=303)
    assert len(story.state.contexts["global"].ended) == 1
    poll(story, at=2000)
    assert not story.state.contexts["global"].ended
