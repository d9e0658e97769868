"""Random tables behind agents with random faults: the walk finds the truth or reports a fault, and always ends."""

from hypothesis import given, settings
from hypothesis import strategies as st

from collector.wire.snmp import ErrorStatus
from collector.wire.walk import Limits, Walk
from tests.agents.model_agent import ENTRY, ModelAgent, cell, drive, index, rows_of, table_walk

ARCS = st.sampled_from([0, 1, 2, 5, 127, 128, 129, 300, 16383, 16384, 20000, 2097151, 2097152, 2**32 - 1])
ROW = st.lists(ARCS, min_size=1, max_size=3).map(tuple)
AFTER = (1, 3, 6, 1, 6, 3, 1, 1, 6, 1, 0)


@st.composite
def tables(draw, most_columns=8, most_rows=12):
    """(numbers of the columns, objects): tables with holes, empty columns, and neighbours before and behind them."""
    numbers = draw(st.lists(st.integers(1, 200), min_size=1, max_size=most_columns, unique=True).map(sorted))
    rows = draw(st.lists(ROW, max_size=most_rows, unique=True))
    holes = draw(st.sets(st.tuples(st.sampled_from(numbers), st.sampled_from(rows))) if rows else st.just(set()))
    empty = draw(st.sets(st.sampled_from(numbers), max_size=2))
    objects = {
        (*ENTRY, number, *row): cell(number, row)
        for number in numbers
        for row in rows
        if number not in empty and (number, row) not in holes
    }
    for number in draw(st.sets(st.integers(1, 200), max_size=3)) - set(numbers):
        objects[(*ENTRY, number, 1)] = cell(number, (1,))
    if draw(st.booleans()):
        objects[AFTER] = cell(0, AFTER)
    return numbers, objects


AGENTS = st.fixed_dictionaries(
    {
        "version": st.sampled_from([1, 2, 2, 2]),
        "max_octets": st.sampled_from([120, 300, 1400, 65507]),
        "max_varbinds": st.sampled_from([1, 3, 7, 10**6, 10**6]),
        "silent_above": st.sampled_from([None, None, 1, 3]),
    }
)


@st.composite
def memories(draw, objects):
    """What may be known of the rows: nothing, none, the truth, or something else altogether."""
    truth = sorted({arcs[len(ENTRY) + 1 :] for arcs in objects if arcs[: len(ENTRY)] == ENTRY})
    known = draw(st.one_of(st.none(), st.just([]), st.just(truth), st.lists(ROW, max_size=8, unique=True).map(sorted)))
    return None if known is None else [index(*arcs) for arcs in known]


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_an_honest_agent_is_read_whole_whatever_its_limits(data):
    """A well-behaved agent's table is read without fault, whatever the agent's limits and the walk's memory."""
    numbers, objects = data.draw(tables())
    agent = ModelAgent(objects, **data.draw(AGENTS))
    walked = table_walk(numbers, known=data.draw(memories(objects)))
    walk = Walk([walked], Limits(data.draw(st.sampled_from([1, 2, 10, 40]))), bulk=agent.version > 1)
    drive(
        walk,
        agent,
        outstanding=data.draw(st.integers(1, 4)),
        pick=lambda count: data.draw(st.integers(0, count - 1)) if count > 1 else 0,
        most_requests=2000,
    )
    assert walk.failure is None
    assert walked.rows == rows_of(objects, numbers)
    assert (walked.complete, dict(walked.faults)) == (True, {})


def _shuffled(varbinds, draw):
    """Two varbinds have changed places."""
    one, other = draw(st.integers(0, len(varbinds) - 1)), draw(st.integers(0, len(varbinds) - 1))
    varbinds[one], varbinds[other] = varbinds[other], varbinds[one]


def _shortened(varbinds, draw):
    """One varbind is missing, so that the others stand at the places of their neighbours."""
    del varbinds[draw(st.integers(0, len(varbinds) - 1))]


def _repeated(varbinds, draw):
    """One varbind stands where another one ought to stand."""
    varbinds[draw(st.integers(0, len(varbinds) - 1))] = varbinds[draw(st.integers(0, len(varbinds) - 1))]


def _excepted(varbinds, draw):
    """A value is missing."""
    place = draw(st.integers(0, len(varbinds) - 1))
    varbinds[place] = (varbinds[place][0], draw(st.sampled_from([0x80, 0x81, 0x82, 0x9F])), b"")


def _strange(varbinds, draw):
    """A varbind of an object that nobody asked for."""
    name = draw(st.binary(max_size=20))
    varbinds[draw(st.integers(0, len(varbinds) - 1))] = (name, 2, b"\x01")


def _swollen(varbinds, draw):
    """More varbinds than asked for."""
    varbinds += varbinds[: draw(st.integers(1, 3))]


def _emptied(varbinds, draw):  # noqa: ARG001
    """No varbind at all."""
    varbinds.clear()


DISTORTIONS = [_shuffled, _shortened, _repeated, _excepted, _strange, _swollen, _emptied]


class Liar(ModelAgent):
    """Distorts some of its answers."""

    def __init__(self, objects, draw, **limits):
        super().__init__(objects, **limits)
        self._draw = draw
        self.distort = self._lie
        self.ways = draw(st.lists(st.sampled_from(DISTORTIONS), max_size=3, unique=True))
        self.lies = 0

    def _lie(self, varbinds, request):
        varbinds = list(varbinds)
        if request.cursors and self.ways and self._draw(st.integers(0, 3)) == 0:
            for way in self.ways:
                if varbinds:
                    way(varbinds, self._draw)
                    self.lies += 1
        return varbinds


ERRORS = st.dictionaries(
    st.tuples(st.integers(1, 200)).map(lambda numbers: (*ENTRY, *numbers)),
    st.tuples(st.sampled_from([*map(int, ErrorStatus), 99]).filter(lambda status: status != 0), st.booleans()),
    max_size=2,
)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_no_agent_can_keep_a_walk_from_ending(data):
    """Whatever an agent answers, a walk ends after a bounded number of requests."""
    numbers, objects = data.draw(tables())
    agent = Liar(objects, data.draw, **data.draw(AGENTS), errors=data.draw(ERRORS))
    walked = table_walk(numbers, known=data.draw(memories(objects)), max_rows=50)
    walk = Walk([walked], Limits(data.draw(st.sampled_from([1, 2, 40]))), bulk=agent.version > 1)
    drive(walk, agent, outstanding=2, most_requests=2000)
    assert len(walked.rows) <= 50


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_an_error_is_a_fault_and_costs_no_other_column(data):
    """A column that the agent refuses costs that column and a fault; the other columns are read whole."""
    numbers, objects = data.draw(tables())
    broken = data.draw(st.sampled_from(numbers))
    status = data.draw(st.sampled_from([ErrorStatus.genErr, ErrorStatus.resourceUnavailable, 99]))
    agent = ModelAgent(objects, errors={(*ENTRY, broken): (status, data.draw(st.booleans()))})
    walked = table_walk(numbers)
    walk = Walk([walked], Limits(40))
    drive(walk, agent, outstanding=2, most_requests=2000)
    others = [number for number in numbers if number != broken]
    truth = rows_of(objects, others)
    found = {
        suffix: {number: cell for number, cell in row.items() if number != broken}
        for suffix, row in walked.rows.items()
    }
    assert {suffix: row for suffix, row in found.items() if row} == truth
    assert walk.failure is None
    assert walked.faults or walked.rows == rows_of(objects, numbers)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_misplaced_varbinds_are_the_truth_in_the_end_or_a_fault(data):
    """Varbinds that change places, or push each other from their places, cost a fault but no value in silence.

    This holds for responses that any agent can send whole. One that ends within a row because it is as large as the
    agent can send them may lack a varbind elsewhere, and nobody can tell.
    """
    numbers, objects = data.draw(tables(most_columns=3, most_rows=4))
    agent = Liar(objects, data.draw)
    agent.ways = [data.draw(st.sampled_from([_shuffled, _shortened]))]
    agent.distort = lambda varbinds, request: agent._lie(varbinds, request) if len(request.cursors) > 1 else varbinds
    walked = table_walk(numbers, known=data.draw(memories(objects)))
    walk = Walk([walked], Limits(40))
    drive(walk, agent, outstanding=data.draw(st.integers(1, 3)), most_requests=2000)
    assert walked.rows == rows_of(objects, numbers) or walked.faults
