"""What the hub says by itself, against the tables that a manager reads at the same time."""

import pytest

from collector.demo.hub import Hub
from collector.demo.mib import snapshot
from collector.demo.mib.notifications import Notices
from collector.demo.mib.rows import INTEGER, OBJECT_IDENTIFIER, TIMETICKS

FLOW = (1, 3, 6, 1, 4, 1, 9, 9, 171)
KINDS = {1: "ike start", 2: "ike stop", 7: "start", 8: "stop"}
VRF1, VRF2 = "vrf-vrf1-context", "vrf-vrf2-context"
LOOK_SECONDS = 0.25
ACTIVE_TIMES = {(*FLOW, 1, 2, 3, 1, 16), (*FLOW, 1, 3, 2, 1, 10)}


def kind_of(notice):
    (tag, oid) = notice.varbinds[1][1]
    assert (tag, oid[:-1]) == (OBJECT_IDENTIFIER, (*FLOW, 2, 0))
    return KINDS[oid[-1]]


def looks(hub, seconds, every=LOOK_SECONDS):
    """Yield what is told at each look, beginning at the hub's start."""
    notices = Notices(hub)
    for number in range(1, int(seconds / every) + 1):
        hub.advance(number * every)
        yield notices.news()


def rows_of(hub):
    """What lives in each context, by level and index."""
    return {
        (context, level, index)
        for context, vrf in hub.vrfs.items()
        for level, rows in (("ike ", vrf.ikes), ("", vrf.children))
        for index in rows
    }


def row_of(notice):
    """The row of cikeTunnelTable or cipSecTunnelTable that a notice names."""
    tables = {(*FLOW, 1, 2, 3, 1), (*FLOW, 1, 3, 2, 1)}
    (index,) = {oid[-1] for oid, _ in notice.varbinds if oid[:-2] in tables}
    return index


def test_what_is_there_at_first_is_no_news():
    """The tunnels that the hub begins with came up hours ago."""
    hub = Hub()
    assert rows_of(hub)
    assert Notices(hub).news() == []


def test_everything_that_comes_or_goes_is_told_once():
    """What was there at first, with the starts and without the stops, is what is there in the end."""
    hub = Hub()
    live, told = rows_of(hub), 0
    for notice in (notice for news in looks(hub, 300) for notice in news):
        *level, verb = kind_of(notice).split()
        row = notice.context, "ike " if level else "", row_of(notice)
        assert (row in live) == (verb == "stop")
        live ^= {row}
        told += 1
    assert live == rows_of(hub)
    assert told > 40


def test_a_rekey_is_no_news_but_a_new_ike_sa_is():
    """New SAs leave a phase-2 tunnel what it is; the IKE SA under it is replaced, and that is told."""
    hub = Hub()
    told = [(notice.context, kind_of(notice)) for news in looks(hub, 62) for notice in news]
    assert (VRF1, "ike stop") in told
    assert all(kind_of(n) != "start" for news in looks(Hub(), 14) for n in news)


def test_an_ike_sa_ends_after_its_tunnels_and_begins_before_them():
    """Within a look, ends come before beginnings."""
    notices = Notices(hub := Hub())
    hub.advance(27.5)
    assert [kind_of(notice) for notice in notices.news()] == ["stop", "ike stop", "ike start", "start"]


def test_the_envelope():
    """The first varbind is sysUpTime.0 as it is then, the second snmpTrapOID.0."""
    hub = Hub()
    for news in looks(hub, 60):
        for notice in news:
            assert notice.varbinds[0] == ((1, 3, 6, 1, 2, 1, 1, 3, 0), (TIMETICKS, hub.now))
            assert notice.varbinds[1][0] == (1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0)


def test_the_tables_say_the_same():
    """Every varbind is an instance with that value; the row that is over has only its age, and its peer may be gone."""
    hub = Hub()
    seen = set()
    for notice in (notice for news in looks(hub, 130) for notice in news):
        rows, kind = snapshot(hub, notice.context), kind_of(notice)
        seen.add((notice.context, kind))
        for oid, value in notice.varbinds[2:]:
            if kind.endswith("stop") and (oid[:-1] in ACTIVE_TIMES or oid[: len(FLOW) + 2] == (*FLOW, 1, 2)):
                assert rows.get(oid, value)[0] == value[0]
            else:
                assert rows[oid] == value
    assert seen == {(context, kind) for context in (VRF1, VRF2) for kind in KINDS.values()}


def test_the_end_of_a_tunnel():
    """It has the age in hundredths of a second, the protected networks, and the reason of the history row."""
    hub = Hub()
    (notice,) = [notice for news in looks(hub, 27) for notice in news if kind_of(notice) == "stop"]
    rows = dict(notice.varbinds[2:])
    number = hub.vrfs[VRF1].child_history[-1][0]
    age = hub.vrfs[VRF1].child_history[-1][1].age(hub.now)
    assert rows == {
        (*FLOW, 1, 3, 2, 1, 10, row_of(notice)): (INTEGER, age),
        (*FLOW, 1, 4, 3, 2, 1, 6, number): (4, bytes([10, 20, 0, 0])),
        (*FLOW, 1, 4, 3, 2, 1, 12, number): (4, bytes([10, 41, 9, 0])),
        (*FLOW, 1, 4, 3, 1, 1, 2, number): (INTEGER, 5),
    }
    assert 95 * 100 < age < 125 * 100


@pytest.mark.parametrize("seconds", [600, 3000])
def test_a_leap_overruns_the_history(seconds):
    """What ended so long ago that its history row is gone is told without it."""
    notices = Notices(hub := Hub())
    hub.advance(seconds)
    stops = [notice for notice in notices.news() if kind_of(notice).endswith("stop")]
    assert any(len(notice.varbinds) in {3, 5} for notice in stops)
    history = {(*FLOW, 1, 4, 3, 1, 1, 2), (*FLOW, 1, 4, 2, 1, 1, 2)}
    for notice in stops:
        rows = snapshot(hub, notice.context)
        assert all(rows[oid] == value for oid, value in notice.varbinds if oid[:-1] in history)
