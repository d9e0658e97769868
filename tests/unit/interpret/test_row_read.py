"""A few rows by themselves, with the real tables against an agent in memory."""

from contextlib import suppress
from dataclasses import replace
from random import Random

import pytest

from collector.errors import SourceError
from collector.interpret import row_read
from collector.interpret.plan import Poll, PollMemory
from collector.interpret.row_read import RowRead
from collector.interpret.snmp import interpret
from collector.model import ChildSa, PollCosts
from collector.tables import load
from collector.wire.ber import decode_oid, encode_arcs, encode_oid
from collector.wire.snmp import INTEGER, NO_SUCH_OBJECT, ErrorStatus, PduType
from tests.agents.model_agent import ModelAgent, drive

TABLES = load()
IPSEC, IKE = TABLES.modules["ipsec"], TABLES.modules["ike"]
TUNNELS, ENDPOINTS, SPIS, CHILD_POLICIES = (
    TABLES.tables[f"{name}Table"] for name in ("cipSecTunnel", "cipSecEndPt", "cipSecSpi", "ipSecPolMap")
)
IKES, IKE_POLICIES = TABLES.tables["cikeTunnelTable"], TABLES.tables["ikePolMapTable"]
AFTER = {(1, 3, 6, 1, 6, 3, 1, 1, 6, 1, 0): (INTEGER, b"\x01")}
ENTRY = decode_oid(TUNNELS.columns[0].oid)[:-1]
READ = {"child": (TUNNELS, ENDPOINTS, SPIS, CHILD_POLICIES), "ike": (IKES, IKE_POLICIES)}


def rows_of(table, *indexes, lacking=()):
    """Objects of a table whose cells tell column and row."""
    return {
        (*decode_oid(column.oid), *index): (INTEGER, bytes((column.number, sum(index) % 100)))
        for column in table.columns
        if column.name not in lacking
        for index in indexes
    }


HUB = {
    **rows_of(TUNNELS, (5,), (7,), (8,), (135,), (70_000,)),
    **rows_of(ENDPOINTS, (5, 1), (7, 1), (7, 2), (7, 9), (8, 1), (70_000, 1)),
    **rows_of(SPIS, (5, 1), (7, 1), (7, 2), (7, 3), (7, 4), (70_000, 1), (70_000, 2)),
    **rows_of(CHILD_POLICIES, (7,), (8,)),
    **rows_of(IKES, (7,), (9,)),
    **rows_of(IKE_POLICIES, (9,), (10,)),
    **AFTER,
}
"""Row 7 has more of everything than row 8; row 135 has nothing, and its index begins as that of row 7 would end."""


def read_rows(agent, module, level, *indexes, memory=None):
    """Read rows; returns them by the name of their table, in words of the wire."""
    memory = memory or PollMemory()
    agent.requests.clear()
    rows = RowRead(module, memory, level, indexes)
    for step in rows.steps(memory.limits_for(40, 0.0), bulk=agent.version > 1):
        drive(step, agent)
        assert step.failure is None
    return {read.table: read.rows for read in rows.tables}


def polled(agent, module, memory=None):
    """What a full poll reads."""
    memory = memory or PollMemory()
    poll = Poll(module, memory, now=0.0, max_rows=1000, full=True)
    for step in poll.steps(memory.limits_for(40, 0.0), bulk=agent.version > 1):
        if step is not None:
            drive(step, agent)
    for _ in poll.finish():
        pass
    return {read.table: read.rows for read in poll.read(PollCosts()).tables}


def only(read, level, *indexes):
    """Of what a poll read, the rows that are asked for, and those that belong to them."""
    wanted = tuple(map(index_of, indexes))
    return {
        table: {suffix: row for suffix, row in read.get(table, {}).items() if suffix.startswith(wanted)}
        for table in READ[level]
    }


def index_of(*arcs):
    return encode_arcs(arcs)


def there(read):
    return {table.name: set(rows) for table, rows in read.items() if rows}


def hub(version=2, **more):
    return ModelAgent(HUB, version=version, **more)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(
    ("module", "level", "indexes"),
    [
        (IPSEC, "child", (7,)),
        (IPSEC, "child", (8,)),
        (IPSEC, "child", (135,)),
        (IPSEC, "child", (5, 7, 8, 70_000)),
        (IPSEC, "child", (8, 7, 8)),
        (IPSEC, "child", (6, 0, 2**32 - 1)),
        (IPSEC, "child", (6, 7, 70_001)),
        (IKE, "ike", (7,)),
        (IKE, "ike", (9, 7)),
        (IKE, "ike", (10, 11)),
    ],
)
def test_rows_are_as_a_full_poll_reads_them(version, module, level, indexes):
    """They, and all that belongs to them, in tables that are below theirs or beside it; whether there or gone."""
    read = read_rows(hub(version), module, level, *indexes)
    assert read == only(polled(hub(version), module), level, *indexes)


@pytest.mark.parametrize("version", [1, 2])
def test_chance_finds_no_row_that_is_read_otherwise(version):
    """Tables of any rows that lack any cells, and any rows asked for, with and without a poll before."""
    chance = Random(version)
    for _ in range(12):
        few = sorted(chance.sample(range(400), 12))
        below = [(index, number) for index in few for number in range(1, chance.randrange(1, 5))]
        objects = rows_of(TUNNELS, *((index,) for index in few)) | rows_of(ENDPOINTS, *below)
        objects |= rows_of(SPIS, *below[::2]) | rows_of(CHILD_POLICIES, *((index,) for index in few[::3]))
        ragged = {oid: cell for oid, cell in objects.items() if chance.random() < 0.8} | AFTER
        agent, memory = ModelAgent(ragged, version=version), PollMemory()
        whole = polled(agent, IPSEC, memory)
        asked = [*chance.sample(few, 3), chance.randrange(400)]
        wanted = only(whole, "child", *asked)
        # What belongs to a row that is not there is nobody's.
        for table in (ENDPOINTS, SPIS):
            wanted[table] = {
                suffix: row
                for suffix, row in wanted[table].items()
                if any(suffix.startswith(own) for own in wanted[TUNNELS])
            }
        for known in (memory, PollMemory()):
            assert read_rows(agent, IPSEC, "child", *asked, memory=known) == wanted


def test_what_is_there_is_read_in_few_requests():
    """A row of 50 columns, with its endpoints and SPIs."""
    agent = hub()
    memory = PollMemory()
    polled(agent, IPSEC, memory)
    read_rows(agent, IPSEC, "child", 7, memory=memory)
    assert len(agent.requests) <= 8
    assert {request.type for request in agent.requests} == {PduType.GET, PduType.GET_BULK}


def test_what_is_gone_costs_no_walk():
    """Nothing belongs to it."""
    agent = hub()
    read_rows(agent, IPSEC, "child", 6)
    assert [request.type for request in agent.requests] == [PduType.GET, PduType.GET]


def test_with_snmpv1_what_is_gone_costs_no_request_per_column():
    """A GET would fail at each of them."""
    agent = hub(version=1)
    read = read_rows(agent, IPSEC, "child", 6)
    assert not there(read)
    assert {request.type for request in agent.requests} == {PduType.GET_NEXT}
    assert len(agent.requests) <= 10


def test_a_row_that_is_partly_there_is_there():
    """What it has is read, and what belongs to it."""
    few = rows_of(TUNNELS, (7,), lacking={column.name for column in TUNNELS.columns[:-1]})
    agent = ModelAgent(few | rows_of(SPIS, (7, 1)) | AFTER)
    assert there(read_rows(agent, IPSEC, "child", 7)) == {
        "cipSecTunnelTable": {index_of(7)},
        "cipSecSpiTable": {index_of(7, 1)},
    }


def test_a_table_that_augments_another_completes_its_rows():
    """Its cells are of the same row, and of one entity."""
    low, high = TUNNELS.columns[:20], TUNNELS.columns[20:]
    base = replace(TUNNELS, name="base", columns=low)
    more = replace(TUNNELS, name="more", columns=high, augments="base")
    module = replace(IPSEC, tables=(base, more, ENDPOINTS))
    read = read_rows(hub(), module, "child", 8, 6)
    assert there(read) == {"base": {index_of(8)}, "more": {index_of(8)}, "cipSecEndPtTable": {index_of(8, 1)}}
    assert {number for rows in (read[base], read[more]) for number in rows[index_of(8)]} == {
        column.number for column in TUNNELS.columns
    }


def test_what_is_read_is_whole():
    """As what a poll reads, it can be interpreted."""
    rows = RowRead(IPSEC, PollMemory(), "child", (7,))
    for step in rows.steps(PollMemory().limits_for(40, 0.0), bulk=True):
        drive(step, hub())
    assert all(table.complete for table in rows.tables)
    assert [entity.index for entity in interpret(rows.tables).entities if isinstance(entity, ChildSa)] == ["7"]


def test_columns_that_the_agent_has_not_are_not_asked_for():
    """A poll has shown which there are."""
    lacking = {column.name for column in TUNNELS.columns[10:]}
    agent, memory = ModelAgent(rows_of(TUNNELS, (7,), lacking=lacking) | AFTER), PollMemory()
    polled(agent, IPSEC, memory)
    read_rows(agent, IPSEC, "child", 7, memory=memory)
    names = {name for request in agent.requests for name in request.oids}
    assert not [column for column in TUNNELS.columns[10:] for name in names if name.startswith(column.oid)]
    assert sum(name.startswith(TUNNELS.columns[0].oid[:-1]) for name in names) == 10


def test_a_table_that_is_put_off_is_not_asked_for():
    """The agent has nothing of its MIB; a poll asks again some time."""
    memory = PollMemory()
    memory.table("ipSecPolMapTable").missing_since = 0.0
    agent = hub()
    assert CHILD_POLICIES not in read_rows(agent, IPSEC, "child", 7, memory=memory)
    assert not any(name.startswith(CHILD_POLICIES.columns[0].oid[:-1]) for r in agent.requests for name in r.oids)


def test_the_first_row_of_a_table_is_found():
    """Some agents say of a table without rows that they have no such object: it is asked for all the same."""
    memory = PollMemory()
    polled(ModelAgent({oid: cell for oid, cell in HUB.items() if oid[: len(ENTRY) - 1] != ENTRY[:-1]}), IPSEC, memory)
    assert memory.table("cipSecTunnelTable").missing
    assert there(read_rows(hub(), IPSEC, "child", 8, memory=memory)) == there(
        only(polled(hub(), IPSEC), "child", 8),
    )


@pytest.mark.parametrize(
    ("module", "level", "put_off"),
    [("ipsec", "ike", ()), ("ipsec", "child", ("cipSecTunnelTable",)), ("signaling", "ike", ()), ("bgp", "child", ())],
)
def test_what_no_table_lists_by_one_number_is_no_row_that_is_gone(module, level, put_off):
    """There is no such table, the agent has none, or its rows need more than a number: nothing is said of them."""
    memory = PollMemory()
    for name in put_off:
        memory.table(name).missing_since = 0.0
    agent = hub()
    with pytest.raises(SourceError, match="no table has such rows by one number each"):
        read_rows(agent, TABLES.modules[module], level, 7, memory=memory)
    assert agent.requests == []


# --- agents that fail or lie ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("place", [(*ENTRY, 5, 7), (*ENTRY, 5), decode_oid(ENDPOINTS.columns[3].oid), (1, 3)])
def test_a_row_that_cannot_be_read_is_no_row_that_is_gone(version, place):
    """An error at any cell is an error of the whole: what is not there and what cannot be read must not be confused."""
    agent = hub(version, errors={place: (ErrorStatus.genErr, True)})
    with pytest.raises(SourceError, match=r"genErr"):
        read_rows(agent, IPSEC, "child", 7, 6)


def test_an_error_names_what_was_read():
    """So that a log says where it was."""
    agent = hub(errors={(*ENTRY, 5, 7): (ErrorStatus.genErr, True)})
    with pytest.raises(SourceError) as caught:
        read_rows(agent, IPSEC, "child", 7)
    assert str(caught.value) == f"reading {'.'.join(map(str, ENTRY))}.5.7: genErr"
    agent = hub(errors={decode_oid(ENDPOINTS.columns[3].oid): (ErrorStatus.genErr, True)})
    with pytest.raises(SourceError, match=r"^walking cipSecEndPtTable: genErr$"):
        read_rows(agent, IPSEC, "child", 7)


@pytest.mark.parametrize("version", [1, 2])
def test_small_answers_only_make_it_slower(version):
    """An agent that can answer with few varbinds only says the same."""
    agent = hub(version, max_varbinds=3, max_octets=484)
    assert read_rows(agent, IPSEC, "child", 7, 6) == only(polled(hub(version), IPSEC), "child", 7, 6)


def drop_all(_varbinds, _request):
    return []


def repeat_the_question(_varbinds, request):
    return [(name, INTEGER, b"\x01") for name in request.oids]


def say_no_such_object(varbinds, _request):
    return [(name, NO_SUCH_OBJECT, b"") for name, _, _ in varbinds]


def answer_something_else(varbinds, _request):
    return [(encode_arcs((43, 6, 1, 9, 9, 9)), tag, content) for _, tag, content in varbinds]


def turn_around(varbinds, _request):
    return varbinds[::-1]


def go_on_for_ever(varbinds, request):
    if request.type is PduType.GET:
        return varbinds
    names = [decode_oid(name) for name in request.oids]
    begun = [arcs if len(arcs) > len(ENTRY) + 2 else (*arcs, 0) for arcs in names]
    return [
        (encode_oid((*arcs[:-1], arcs[-1] + row)), INTEGER, b"\x01")
        for row in range(1, request.rows + 1)
        for arcs in begun
    ]


LIES = [drop_all, repeat_the_question, say_no_such_object, answer_something_else, turn_around, go_on_for_ever]


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("lie", LIES)
def test_whatever_an_agent_says_it_ends(version, lie, monkeypatch):
    """With rows that were asked for and no others, or with an error; after a bounded number of requests."""
    monkeypatch.setattr(row_read, "_MOST_BELONGING", 50)
    agent = hub(version)
    agent.distort = lie
    read = {}
    with suppress(SourceError):
        read = read_rows(agent, IPSEC, "child", 7, 6)
    for rows in read.values():
        assert all(suffix.startswith((index_of(7), index_of(6))) for suffix in rows)
        assert len(rows) <= 100
    assert len(agent.requests) < 500


def test_more_than_can_belong_to_a_row_is_an_error():
    """An agent that goes on for ever is cut off."""
    agent = hub()
    agent.distort = go_on_for_ever
    with pytest.raises(SourceError, match="too-many-rows"):
        read_rows(agent, IPSEC, "child", 7)
