"""What polls read and remember, with the real tables against an agent in memory."""

from dataclasses import replace

import pytest

from collector.interpret.plan import Poll, PollMemory
from collector.model import PollCosts
from collector.tables import load
from collector.wire.ber import decode_oid, encode_arcs, encode_integer
from collector.wire.snmp import COUNTER32, COUNTER64, INTEGER, OCTET_STRING, ErrorStatus, PduType
from collector.wire.walk import Fault
from tests.agents.model_agent import ModelAgent, drive

TABLES = load()
TUNNELS = TABLES.tables["cipSecTunnelTable"]
GLOBALS = TABLES.tables["cipSecGlobalStats"]
SPIS = TABLES.tables["cipSecSpiTable"]
AFTER = {(1, 3, 6, 1, 6, 3, 1, 1, 6, 1, 0): (INTEGER, b"\x01")}
FULL_EVERY = 4


def module(*tables):
    return replace(TABLES.modules["ipsec"], tables=tables)


def column(table, name):
    return next(each for each in table.columns if each.name == name)


def cell(number):
    return (INTEGER, encode_integer(number)[2:])


def objects_of(table, rows, **values):
    """Objects of a table whose cells tell column and row; `values` are those of whole columns, by name."""
    suffixes = [(0,)] if table.scalars else rows
    return {
        (*decode_oid(each.oid), *suffix): values.get(each.name, (INTEGER, bytes((each.number, suffix[-1] % 100))))
        for each in table.columns
        for suffix in suffixes
    }


def tunnels(*rows, **values):
    return objects_of(TUNNELS, [(row,) for row in rows], **values) | AFTER


def polled(agent, tables, memory, *, now=0.0, full=None, max_rows=1000):
    """Poll once; returns the read and what was asked (requests, varbinds)."""
    agent.requests.clear()
    poll = Poll(tables, memory, now=now, max_rows=max_rows, full=full)
    for step in poll.steps(memory.limits_for(40, now), bulk=agent.version > 1):
        if step is not None:
            drive(step, agent)
            assert step.failure is None
    for _ in poll.finish():
        pass
    return poll.read(PollCosts())


def asked(agent):
    return sum(request.varbinds for request in agent.requests)


def numbers(read, table=0):
    return {number for row in read.tables[table].rows.values() for number in row}


@pytest.fixture
def memory():
    return PollMemory(full_every=FULL_EVERY)


# --- full and steady polls --------------------------------------------------------------------------------------------


def test_the_first_poll_reads_everything(memory):
    """The first poll is a full one."""
    read = polled(ModelAgent(tunnels(1, 2)), module(TUNNELS), memory)
    assert read.full
    assert numbers(read) == {each.number for each in TUNNELS.columns}
    assert read.costs.full


def test_a_steady_poll_asks_for_what_moves_and_knows_the_rest(memory):
    """A steady poll of the tunnels asks for at most 28 % of the columns; its rows are as complete as before."""
    agent = ModelAgent(tunnels(*range(1, 101), cipSecTunHcInOctets=cell(5), cipSecTunHcOutOctets=cell(5)))
    full = polled(agent, module(TUNNELS), memory)
    steady = polled(agent, module(TUNNELS), memory)
    assert not steady.full
    assert asked(agent) <= 0.28 * 50 * 101
    needless = {each.number for each in TUNNELS.columns if each.superseded_by}
    for index, row in full.tables[0].rows.items():
        expected = {number: value for number, value in row.items() if number not in needless}
        found = steady.tables[0].rows[index]
        assert {number: value for number, value in found.items() if number in expected} == expected


def test_every_nth_poll_is_full(memory):
    """One poll in `full_every` reads everything again."""
    agent = ModelAgent(tunnels(1))
    fulls = [polled(agent, module(TUNNELS), memory).full for _ in range(2 * FULL_EVERY + 1)]
    assert fulls == [True, False, False, False, True, False, False, False, True]


def test_a_poll_can_be_forced_to_be_full_or_steady(memory):
    """On demand a poll is full out of turn, or is not full when it would be."""
    agent = ModelAgent(tunnels(1))
    polled(agent, module(TUNNELS), memory)
    assert polled(agent, module(TUNNELS), memory, full=True).full
    memory.polls = FULL_EVERY
    assert not polled(agent, module(TUNNELS), memory, full=False).full


def test_a_table_that_was_never_read_is_read_whole_by_a_steady_poll(memory):
    """Without anything to build on, a steady poll reads all columns."""
    read = polled(ModelAgent(tunnels(1)), module(TUNNELS), memory, full=False)
    assert numbers(read) == {each.number for each in TUNNELS.columns}


def test_values_that_move_are_new_in_every_poll(memory):
    """What a steady poll reads replaces what was read before."""
    agent = ModelAgent(tunnels(1))
    polled(agent, module(TUNNELS), memory)
    packets = column(TUNNELS, "cipSecTunInPkts")
    agent.replace(tunnels(1, cipSecTunInPkts=cell(4711)))
    read = polled(agent, module(TUNNELS), memory)
    assert read.tables[0].rows[b"\x01"][packets.number] == cell(4711)


def test_a_table_that_only_has_static_columns_is_watched_by_one_of_them(memory):
    """Where nothing moves, one column shows which rows there are."""
    table = replace(SPIS, columns=tuple(replace(each, kind="static", renews=None) for each in SPIS.columns))
    agent = ModelAgent(objects_of(table, [(1, 1), (1, 2)]) | AFTER)
    first = polled(agent, module(table), memory)
    steady = polled(agent, module(table), memory)
    assert steady.tables[0].rows == first.tables[0].rows
    assert asked(agent) == 3


# --- rows that come, change and go ------------------------------------------------------------------------------------


def test_a_new_row_is_read_whole(memory):
    """A row that is new in a steady poll gets all its columns, at the cost of this row."""
    agent = ModelAgent(tunnels(*range(1, 51)))
    polled(agent, module(TUNNELS), memory)
    steady = polled(agent, module(TUNNELS), memory)
    cost = asked(agent)
    agent.replace(tunnels(*range(1, 52)))
    read = polled(agent, module(TUNNELS), memory)
    assert read.tables[0].rows[b"\x33"].keys() == steady.tables[0].rows[b"\x01"].keys()
    assert asked(agent) < cost + 100


def test_a_row_that_vanished_is_forgotten(memory):
    """Nothing is remembered of rows that are gone."""
    agent = ModelAgent(tunnels(1, 2, 3))
    polled(agent, module(TUNNELS), memory)
    agent.replace(tunnels(1, 3))
    read = polled(agent, module(TUNNELS), memory)
    assert set(read.tables[0].rows) == {b"\x01", b"\x03"}
    remembered = memory.table("cipSecTunnelTable")
    assert set(remembered.remembered) == set(remembered.marks) == set(remembered.known) == {b"\x01", b"\x03"}


@pytest.mark.parametrize(
    ("name", "before", "after", "again"),
    [
        ("cipSecTunActiveTime", 5000, 300, True),
        ("cipSecTunActiveTime", 300, 5000, False),
        ("cipSecTunTotalRefreshes", 3, 4, True),
        ("cipSecTunTotalRefreshes", 3, 3, False),
    ],
)
def test_a_row_that_has_become_another_is_read_again(memory, name, before, after, again):
    """If a tunnel's active time goes back, or its rekeys move, the static columns of its row are read again."""
    agent = ModelAgent(tunnels(1, 2, **{name: cell(before)}))
    polled(agent, module(TUNNELS), memory)
    polled(agent, module(TUNNELS), memory)
    cost = asked(agent)
    algorithm = column(TUNNELS, "cipSecTunInSaEncryptAlgo")
    agent.replace(tunnels(1, 2, **{name: cell(after), algorithm.name: cell(14)}))
    read = polled(agent, module(TUNNELS), memory)
    assert (read.tables[0].rows[b"\x01"][algorithm.number] == cell(14)) is again
    assert (asked(agent) > cost) is again


def test_a_mark_that_is_absent_says_nothing(memory):
    """A row whose active time is not told is not read again and again."""
    active = column(TUNNELS, "cipSecTunActiveTime")
    without = {oid: value for oid, value in tunnels(1).items() if oid[:-1] != decode_oid(active.oid)}
    agent = ModelAgent(tunnels(1))
    polled(agent, module(TUNNELS), memory)
    polled(agent, module(TUNNELS), memory)
    cost = asked(agent)
    agent.replace(without)
    polled(agent, module(TUNNELS), memory)
    assert asked(agent) <= cost


def test_a_new_row_that_could_not_be_read_is_tried_again(memory):
    """A row that vanishes before it is read whole, and comes back, is read whole then."""
    agent = ModelAgent(tunnels(1))
    polled(agent, module(TUNNELS), memory)
    static = column(TUNNELS, "cipSecTunLifeTime")
    agent.replace(tunnels(1, 2))
    statics = [each for each in TUNNELS.columns if each.kind == "static"]
    agent.errors = {(*decode_oid(each.oid), 2): (ErrorStatus.genErr, True) for each in statics}
    read = polled(agent, module(TUNNELS), memory)
    assert static.number not in read.tables[0].rows[b"\x02"]
    assert not read.tables[0].complete
    agent.errors = {}
    read = polled(agent, module(TUNNELS), memory)
    assert static.number in read.tables[0].rows[b"\x02"]


def test_the_first_rows_of_a_table_are_read_whole(memory):
    """A table that was empty when it was read in full gets all columns of its first rows from a steady poll."""
    agent = ModelAgent(tunnels() | objects_of(GLOBALS, ()))
    polled(agent, module(TUNNELS, GLOBALS), memory)
    agent.replace(tunnels(7) | objects_of(GLOBALS, ()))
    read = polled(agent, module(TUNNELS, GLOBALS), memory)
    assert numbers(read) == {each.number for each in TUNNELS.columns}
    polled(agent, module(TUNNELS, GLOBALS), memory)
    assert asked(agent) < 80


# --- columns that need not be read ------------------------------------------------------------------------------------


def test_a_better_column_that_counts_makes_others_needless(memory):
    """Once the 64-bit column counts, the 32-bit one and its wraps are neither read by steady polls nor remembered."""
    low, wraps = column(TUNNELS, "cipSecTunInOctets"), column(TUNNELS, "cipSecTunInOctWraps")
    agent = ModelAgent(tunnels(1, 2, cipSecTunHcInOctets=(COUNTER64, b"\x07")))
    polled(agent, module(TUNNELS), memory)
    read = polled(agent, module(TUNNELS), memory)
    assert not {low.number, wraps.number} & numbers(read)


def test_a_better_column_that_stays_0_replaces_nothing(memory):
    """Where the 64-bit column is 0 in every row the 32-bit one is read too: on some devices only that one counts."""
    low = column(TUNNELS, "cipSecTunInOctets")
    agent = ModelAgent(tunnels(1, 2, cipSecTunHcInOctets=(COUNTER64, b"\x00")))
    polled(agent, module(TUNNELS), memory)
    agent.replace(tunnels(1, 2, cipSecTunHcInOctets=(COUNTER64, b"\x00"), cipSecTunInOctets=(COUNTER32, b"\x63")))
    read = polled(agent, module(TUNNELS), memory)
    assert read.tables[0].rows[b"\x01"][low.number] == (COUNTER32, b"\x63")
    agent.replace(tunnels(1, 2, cipSecTunHcInOctets=(COUNTER64, b"\x05")))
    polled(agent, module(TUNNELS), memory)
    read = polled(agent, module(TUNNELS), memory)
    assert low.number not in numbers(read)


def test_columns_that_the_agent_has_not_are_asked_for_by_full_polls_only(memory):
    """A column without any value costs nothing in steady polls and next to nothing in full ones; it may come later."""
    absent = column(TUNNELS, "cipSecTunHcInOctets")
    without = {oid: value for oid, value in tunnels(*range(1, 21)).items() if oid[:-1] != decode_oid(absent.oid)}
    agent = ModelAgent(without)
    polled(agent, module(TUNNELS), memory)
    polled(agent, module(TUNNELS), memory)
    assert not any(name.startswith(absent.oid) for request in agent.requests for name in request.oids)
    polled(agent, module(TUNNELS), memory, full=True)
    assert asked(agent) < 49 * 21 + 10
    agent.replace(tunnels(*range(1, 21)))
    read = polled(agent, module(TUNNELS), memory, full=True)
    assert absent.number in read.tables[0].rows[b"\x14"]


def test_columns_that_say_little_are_read_by_full_polls_only(memory):
    """A slow column keeps its value between full polls."""
    slow = column(TUNNELS, "cipSecTunInAuths")
    agent = ModelAgent(tunnels(1, cipSecTunInAuths=cell(1)))
    polled(agent, module(TUNNELS), memory)
    agent.replace(tunnels(1, cipSecTunInAuths=cell(2)))
    values = [polled(agent, module(TUNNELS), memory).tables[0].rows[b"\x01"][slow.number] for _ in range(FULL_EVERY)]
    assert values == [cell(1)] * (FULL_EVERY - 1) + [cell(2)]


# --- what the agent has not got ---------------------------------------------------------------------------------------


def test_a_mib_that_the_agent_has_not_is_asked_for_again_after_an_hour(memory):
    """A MIB of which the agent has nothing is named missing, costs nothing for an hour, and is asked for again then."""
    agent = ModelAgent(AFTER)
    tables = module(GLOBALS, TUNNELS)
    assert polled(agent, tables, memory, now=10.0).missing == ("cipSecGlobalStats", "cipSecTunnelTable")
    for poll in range(2 * FULL_EVERY):
        read = polled(agent, tables, memory, now=20.0 + poll)
        assert read.missing == ("cipSecGlobalStats", "cipSecTunnelTable")
        assert read.tables == ()
        assert agent.requests == []
    agent.replace(tunnels(1) | objects_of(GLOBALS, ()))
    memory.polls = FULL_EVERY
    read = polled(agent, tables, memory, now=3611.0)
    assert read.missing == ()
    assert [len(table.rows) for table in read.tables] == [1, 1]


def test_a_missing_mib_is_asked_for_again_on_demand(memory):
    """A poll that is forced to be full asks for what was missing."""
    agent = ModelAgent(AFTER)
    polled(agent, module(TUNNELS), memory)
    agent.replace(tunnels(1))
    assert len(polled(agent, module(TUNNELS), memory, full=True).tables[0].rows) == 1
    assert memory.table("cipSecTunnelTable").missing_since is None


def test_a_missing_table_of_a_mib_that_is_there_is_watched(memory):
    """A table that the agent denies while it has others of the MIB may only be empty: its rows are seen at once."""
    agent = ModelAgent(objects_of(GLOBALS, ()) | AFTER)
    tables = module(GLOBALS, TUNNELS)
    assert polled(agent, tables, memory).missing == ("cipSecTunnelTable",)
    assert polled(agent, tables, memory).missing == ("cipSecTunnelTable",)
    agent.replace(objects_of(GLOBALS, ()) | tunnels(5))
    read = polled(agent, tables, memory)
    assert read.missing == ()
    assert set(read.tables[1].rows) == {b"\x05"}


def test_an_empty_table_is_not_missing(memory):
    """A table that the agent has without a row is read, as empty."""
    agent = ModelAgent(AFTER)
    agent.respond = lambda request, honest=agent.respond: _with_no_such_instance(honest(request), request)
    read = polled(agent, module(TUNNELS), memory)
    assert read.missing == ()
    assert [table.rows for table in read.tables] == [{}]


def _with_no_such_instance(answer, request):
    if request.type is not PduType.GET:
        return answer
    return replace(answer, varbinds=[(name, 0x81, b"") for name, _, _ in answer.varbinds])


def test_version_1_cannot_tell_missing_from_empty(memory):
    """SNMPv1 says noSuchName to both: tables are read, as empty; a MIB with scalars only can be missing."""
    agent = ModelAgent({}, version=1)
    read = polled(agent, module(GLOBALS, TUNNELS), memory)
    assert read.missing == ("cipSecGlobalStats",)
    assert [table.table.name for table in read.tables] == ["cipSecTunnelTable"]
    agent.replace({oid: value for oid, value in tunnels(1, 2).items() if oid not in AFTER})
    assert set(polled(agent, module(GLOBALS, TUNNELS), memory).tables[0].rows) == {b"\x01", b"\x02"}


# --- scalars ----------------------------------------------------------------------------------------------------------


def test_scalars_are_read_with_gets(memory):
    """What stands behind a scalar may be the table of all routes: scalars are never walked."""
    agent = ModelAgent(objects_of(GLOBALS, ()) | AFTER)
    read = polled(agent, module(GLOBALS), memory)
    assert {request.type for request in agent.requests} == {PduType.GET}
    assert set(read.tables[0].rows) == {b"\x00"}
    assert numbers(read) == {each.number for each in GLOBALS.columns}


def test_static_scalars_are_read_again_when_the_device_restarts(memory):
    """When sysUpTime goes back, sysDescr is read again; otherwise it is remembered."""
    system = TABLES.tables["system"]
    description = column(system, "sysDescr")

    def device(uptime, text):
        return ModelAgent(objects_of(system, (), sysUpTime=cell(uptime), sysDescr=(OCTET_STRING, text)))

    polled(device(1000, b"old"), module(system), memory)
    read = polled(device(2000, b"new"), module(system), memory)
    assert read.tables[0].rows[b"\x00"][description.number] == (OCTET_STRING, b"old")
    read = polled(device(500, b"new"), module(system), memory)
    assert read.tables[0].rows[b"\x00"][description.number] == (OCTET_STRING, b"new")


def test_a_scalar_that_cannot_be_read_is_a_fault(memory):
    """An error at one scalar makes the group incomplete; the others are there."""
    broken = GLOBALS.columns[3]
    agent = ModelAgent(objects_of(GLOBALS, ()), errors={decode_oid(broken.oid): (ErrorStatus.genErr, True)})
    read = polled(agent, module(GLOBALS), memory)
    assert (read.tables[0].complete, read.tables[0].faults) == (False, (("genErr", 1),))
    assert numbers(read) == {each.number for each in GLOBALS.columns} - {broken.number}
    assert read.costs.faults == (("genErr", 1),)


def test_scalars_without_instance_are_an_empty_group(memory):
    """A group of which a context has no instance is read, as empty; it is not missing."""
    agent = ModelAgent({(*oid[:-1], 9): value for oid, value in objects_of(GLOBALS, ()).items()})
    read = polled(agent, module(GLOBALS), memory)
    assert (read.missing, read.tables[0].rows, read.tables[0].complete) == ((), {}, True)


# --- faults and failures ----------------------------------------------------------------------------------------------


def test_ragged_rows_are_counted_and_kept(memory):
    """Rows that lack columns which others have are kept, and counted; scalars cannot be ragged."""
    lacking = column(TUNNELS, "cipSecTunLocalAddr")
    objects = {oid: value for oid, value in tunnels(1, 2, 3).items() if oid != (*decode_oid(lacking.oid), 2)}
    read = polled(ModelAgent(objects), module(TUNNELS), memory)
    assert read.tables[0].faults == ((Fault.RAGGED_ROWS.value, 1),)
    assert lacking.number not in read.tables[0].rows[b"\x02"]
    assert read.tables[0].complete


def half(row):
    """Objects of a row that was written after the first columns were read."""
    return {arcs: value for arcs, value in tunnels(row).items() if arcs in AFTER or arcs[-2] > 10}


def test_a_row_that_came_while_its_table_was_read_is_read_again(memory):
    """It is whole at the next poll, and not at the next full one only."""
    agent = ModelAgent(tunnels(1, 2) | half(3))
    polled(agent, module(TUNNELS), memory)
    agent.replace(tunnels(1, 2, 3))
    steady = polled(agent, module(TUNNELS), memory)
    assert not steady.full
    rows = steady.tables[0].rows
    assert rows[encode_arcs((3,))].keys() == rows[encode_arcs((1,))].keys()


def test_a_row_that_lacks_columns_for_ever_is_read_again_once(memory):
    """Steady polls stay cheap where an agent has such rows."""
    agent = ModelAgent(tunnels(1, 2) | half(3))
    costs = []
    for _ in range(FULL_EVERY):
        polled(agent, module(TUNNELS), memory)
        costs.append(asked(agent))
    assert costs[0] > costs[1] > costs[2] == costs[3]
    steady = polled(agent, module(TUNNELS), memory, full=False)
    assert encode_arcs((3,)) in steady.tables[0].rows


def test_rows_that_may_only_not_have_been_read_are_not_forgotten(memory):
    """After an incomplete read, what is remembered of rows that were not seen stays."""
    agent = ModelAgent(tunnels(*range(1, 21)))
    polled(agent, module(TUNNELS), memory)
    remembered = dict(memory.table("cipSecTunnelTable").remembered)
    agent.errors = {(*decode_oid(each.oid), 5): (ErrorStatus.genErr, True) for each in TUNNELS.columns}
    read = polled(agent, module(TUNNELS), memory)
    assert not read.tables[0].complete
    assert len(read.tables[0].rows) < 20
    assert memory.table("cipSecTunnelTable").remembered == remembered
    assert len(memory.table("cipSecTunnelTable").known) == 20


def test_memory_is_bounded_by_the_bound_of_rows(memory):
    """However many different rows incomplete reads show, no more are remembered than may be read."""
    for start in range(1, 100, 10):
        agent = ModelAgent(tunnels(*range(start, start + 30)))
        read = polled(agent, module(TUNNELS), memory, max_rows=20)
        assert Fault.TOO_MANY_ROWS in dict(read.tables[0].faults)
        table = memory.table("cipSecTunnelTable")
        assert max(len(table.known), len(table.remembered), len(table.marks)) <= 20


def test_a_poll_that_fails_leaves_the_memory_as_it_was(memory):
    """A poll that is not finished changes nothing that is remembered, and does not count."""
    agent = ModelAgent(tunnels(1, 2))
    polled(agent, module(TUNNELS), memory)
    before = (memory.polls, dict(memory.table("cipSecTunnelTable").remembered))
    poll = Poll(module(TUNNELS), memory, now=0.0, max_rows=1000)
    agent.replace(tunnels(3))
    drive(next(poll.steps(memory.limits_for(40, 0.0), bulk=True)), agent)
    assert (memory.polls, memory.table("cipSecTunnelTable").remembered) == before


def test_limits_are_kept_from_poll_to_poll_and_failures_forgotten_after_an_hour(memory):
    """The same limits serve all polls; sizes that failed are allowed again after an hour."""
    limits = memory.limits_for(40, 0.0)
    limits.too_big(64, 32)
    assert memory.limits_for(40, 3599.0) is limits
    limits.answered(32, 16, 32, 900, cut_off=False, slow=False, retried=False)
    assert limits.varbinds == 32
    assert memory.limits_for(40, 3600.0) is limits
    limits.answered(32, 16, 32, 900, cut_off=False, slow=False, retried=False)
    assert limits.varbinds == 64
    assert memory.limits_for(20, 3600.0) is not limits


def test_tables_come_in_the_order_of_the_module(memory):
    """Reads stand in the module's order, whether they were read with GETs or walked."""
    agent = ModelAgent(objects_of(GLOBALS, ()) | tunnels(1) | objects_of(SPIS, [(1, 1)]))
    read = polled(agent, module(TUNNELS, GLOBALS, SPIS), memory)
    assert [each.table.name for each in read.tables] == ["cipSecTunnelTable", "cipSecGlobalStats", "cipSecSpiTable"]
    assert encode_arcs((1, 1)) in read.tables[2].rows


def test_a_module_without_tables_asks_nothing(memory):
    """Without tables there is nothing to ask and nothing to read."""
    assert polled(ModelAgent({}), module(), memory).tables == ()
