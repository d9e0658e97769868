"""Walks against an agent in memory: what is asked, and what becomes of errors, limits and lies."""

import pytest

from collector.wire.ber import oid
from collector.wire.snmp import (
    END_OF_MIB_VIEW,
    NO_SUCH_INSTANCE,
    NO_SUCH_OBJECT,
    ErrorStatus,
    PduType,
)
from collector.wire.walk import TIMED_OUT, Answer, Fault, Limits, SubtreeWalk, TableWalk, Walk
from tests.agents.model_agent import (
    ENTRY,
    ModelAgent,
    cell,
    column_oid,
    drive,
    index,
    rows_of,
    table,
    table_walk,
)

AFTER = {(1, 3, 6, 1, 6, 3, 1, 1, 6, 1, 0): (2, b"\x01")}
"""snmpSetSerialNo: something behind every table of these tests."""


def rows(count):
    return [(number,) for number in range(1, count + 1)]


def indexes(count):
    return [index(*row) for row in rows(count)]


def walked(agent, *tables, limits=None, **driving):
    walk = Walk(tables, limits or Limits(40), bulk=agent.version > 1)
    tally = drive(walk, agent, **driving)
    return walk, tally


# --- what is asked ----------------------------------------------------------------------------------------------------


def test_a_table_is_read_whole():
    """All rows of all columns are found, and nothing else."""
    agent = ModelAgent(table(range(1, 6), rows(100)) | AFTER)
    question = table_walk(range(2, 5))
    walk, _ = walked(agent, question)
    assert walk.done
    assert walk.failure is None
    assert question.rows == rows_of(agent.objects, range(2, 5))
    assert question.complete


def test_an_empty_table_costs_one_request():
    """A table of 50 columns without a row is recognised by its first columns."""
    agent = ModelAgent(AFTER)
    _, tally = walked(agent, table_walk(range(1, 51)))
    assert tally["requests"] == 1


def test_a_table_that_was_empty_is_asked_for_by_one_varbind():
    """Of a table without rows the last time, a single varbind is asked for."""
    agent = ModelAgent(AFTER)
    walked(agent, table_walk(range(1, 51), known=()))
    assert [(len(request.oids), request.rows) for request in agent.requests] == [(1, 1)]


def test_an_empty_table_shows_that_the_tables_behind_it_are_empty_too():
    """What a GETNEXT has skipped is not asked for again: a missing MIB costs one request, whatever its tables."""
    agent = ModelAgent(AFTER)
    entries = [(*ENTRY[:-2], number, 1) for number in range(1, 9)]
    tables = [table_walk(range(1, 20), entry=entry) for entry in entries]
    _, tally = walked(agent, *tables)
    assert tally["requests"] == 1
    assert all(each.complete and not each.rows for each in tables)


def test_the_end_of_the_mib_shows_it_too():
    """The exception endOfMibView says that there is nothing behind an OID, in no table at all."""
    agent = ModelAgent({})
    _, tally = walked(agent, table_walk(range(1, 20)), table_walk(range(1, 20), entry=(*ENTRY[:-2], 9, 1)))
    assert tally["requests"] == 1


def test_columns_that_the_agent_has_not_are_skipped_by_the_answer_to_one():
    """A run of absent columns costs one varbind, not one per column."""
    agent = ModelAgent(table([1, 50], rows(3)) | AFTER)
    question = table_walk(range(1, 51), known=())
    walked(agent, question, limits=Limits(40))
    assert question.rows == rows_of(agent.objects, range(1, 51))
    assert sum(len(request.oids) for request in agent.requests) < 60


def test_known_rows_are_asked_for_exactly():
    """With the rows of the last time known, exactly they are asked for, and one row more where the table ends."""
    agent = ModelAgent(table(range(1, 5), rows(20)) | AFTER)
    limits = Limits(40)
    limits.proven, limits.proven_repetitions = 64, 40
    walked(agent, table_walk(range(1, 5), known=indexes(20)), limits=limits)
    assert sum(request.varbinds for request in agent.requests) == 4 * 21


def test_disjoint_parts_are_asked_for_at_the_same_time():
    """A large table keeps as many requests in flight as there is room for."""
    agent = ModelAgent(table([1], rows(400)) | AFTER)
    limits = Limits(40)
    limits.proven = 64
    question = table_walk([1], known=indexes(400))
    _, tally = walked(agent, question, limits=limits, outstanding=4, pick=lambda count: count - 1)
    assert tally["most_in_flight"] == 4
    assert question.rows == rows_of(agent.objects, [1])


def test_the_first_request_to_an_agent_is_small_and_alone():
    """As long as the agent has answered nothing, one request of at most eight varbinds is in flight."""
    walk = Walk([table_walk(range(1, 51)), table_walk(range(1, 9), entry=(*ENTRY[:-1], 7))], Limits(40))
    request = walk.next_request()
    assert request.rows == 1
    assert len(request.oids) <= 8
    assert walk.next_request() is None


def test_requests_carry_what_their_limits_allow():
    """Repetitions stay within the limit, requests within one packet."""
    agent = ModelAgent(table(range(1, 121), rows(3)) | AFTER)
    walked(agent, table_walk(range(1, 121), known=indexes(3)), limits=Limits(2))
    assert max(request.rows for request in agent.requests) == 2
    assert max(sum(len(name) + 6 for name in request.oids) for request in agent.requests) <= 1200


def test_responses_grow_with_what_the_agent_answers():
    """An agent that answers whatever it is asked gets larger requests, up to some 8192 octets per response."""
    agent = ModelAgent(table(range(1, 21), rows(500)) | AFTER)
    walked(agent, table_walk(range(1, 21)))
    sizes = [request.varbinds for request in agent.requests]
    assert sizes[0] <= 8
    assert 150 < max(sizes) < 400


def test_responses_stay_within_what_the_agent_cuts_off():
    """Once a response was cut off, no more is asked for than fits into one of that size."""
    agent = ModelAgent(table(range(1, 11), rows(500)) | AFTER, max_octets=1400)
    limits = Limits(40)
    question = table_walk(range(1, 11))
    walked(agent, question, limits=limits)
    assert limits.octets <= 1400
    agent.requests.clear()
    _, tally = walked(agent, table_walk(range(1, 11), known=indexes(500)), limits=limits)
    assert tally["varbinds"] <= 1.02 * 10 * 501
    assert question.rows == rows_of(agent.objects, range(1, 11))


def test_wanted_rows_only():
    """Of some rows only, neighbours included in no more than what stands between them, nothing else is asked for."""
    agent = ModelAgent(table([1, 2], rows(50)) | AFTER)
    wanted = {index(7), index(8), index(30)}
    question = table_walk([1, 2], known=indexes(50), wanted=wanted)
    _, tally = walked(agent, question)
    assert set(question.rows) == wanted
    assert tally["varbinds"] == 6


def test_no_wanted_rows_cost_nothing():
    """If none of the wanted rows is known, nothing is asked."""
    walk = Walk([table_walk([1], known=indexes(3), wanted=[])], Limits(40))
    assert walk.done
    assert walk.next_request() is None


# --- SNMPv1 -----------------------------------------------------------------------------------------------------------


def test_version_1_walks_with_getnext_of_several_columns():
    """SNMPv1 has no GETBULK: GETNEXT asks for several columns, and for several known rows, at once."""
    agent = ModelAgent(table(range(1, 5), rows(10)), version=1)
    question = table_walk(range(1, 5), known=indexes(10))
    walked(agent, question)
    assert {request.type for request in agent.requests} == {PduType.GET_NEXT}
    assert len(agent.requests) < 10
    assert question.rows == rows_of(agent.objects, range(1, 5))
    assert not question.faults


def test_no_such_name_ends_the_table_at_the_end_of_the_mib():
    """The error noSuchName at a column without rows ends this and the later columns at once."""
    agent = ModelAgent({}, version=1)
    _, tally = walked(agent, table_walk(range(1, 51)))
    assert tally["requests"] == 1


def test_no_such_name_without_index_is_narrowed_down():
    """The error noSuchName that does not tell which varbind is meant costs more requests, but no row."""
    agent = ModelAgent(table([1, 2], rows(5)), version=1)
    honest = agent.respond

    def respond(request):
        answer = honest(request)
        return Answer(answer.error_status, 0, answer.varbinds, answer.octets)

    agent.respond = respond
    question = table_walk([1, 2])
    walked(agent, question)
    assert question.rows == rows_of(agent.objects, [1, 2])
    assert question.complete


# --- limits of agents -------------------------------------------------------------------------------------------------


def test_too_big_is_answered_by_asking_for_less():
    """The error tooBig halves repetitions, then columns, and is remembered."""
    agent = ModelAgent(table(range(1, 9), rows(30)) | AFTER)
    honest = agent.respond
    agent.respond = lambda request: (
        honest(request) if request.varbinds <= 10 else Answer(int(ErrorStatus.tooBig), 0, (), 40)
    )
    limits = Limits(40)
    question = table_walk(range(1, 9))
    walked(agent, question, limits=limits)
    assert question.rows == rows_of(agent.objects, range(1, 9))
    assert question.complete
    assert limits.varbinds <= 10


def test_an_agent_to_which_everything_is_too_big():
    """The error tooBig even for a single varbind is a fault, soon."""
    agent = ModelAgent(table(range(1, 30), rows(30)))
    agent.respond = lambda _: Answer(int(ErrorStatus.tooBig), 0, (), 40)
    question = table_walk(range(1, 30), known=indexes(30))
    walk, tally = walked(agent, question)
    assert walk.failure is None
    assert question.faults["tooBig"]
    assert not question.complete
    assert tally["requests"] < 100


def test_large_repetitions_that_time_out_are_halved_and_remembered():
    """Silence to large repetitions of an agent that lives makes them smaller, also for the next poll."""
    agent = ModelAgent(table(range(1, 9), rows(60)) | AFTER, silent_above=10)
    limits = Limits(40)
    question = table_walk(range(1, 9))
    walk, tally = walked(agent, question, limits=limits)
    assert walk.failure is None
    assert question.rows == rows_of(agent.objects, range(1, 9))
    assert 1 <= tally["timeouts"] <= 6
    _, tally = walked(agent, table_walk(range(1, 9), known=indexes(60)), limits=limits)
    assert tally["timeouts"] == 0


def test_a_column_that_hangs_costs_that_column():
    """A column that is never answered is given up; the others are read whole."""
    agent = ModelAgent(table(range(1, 10), rows(5)) | AFTER)
    honest = agent.respond
    agent.respond = lambda request: None if any(column_oid(7) == name for name in request.oids) else honest(request)
    question = table_walk(range(1, 10))
    walk, _ = walked(agent, question)
    assert walk.failure is None
    assert dict(question.faults) == {Fault.TIMED_OUT: 1}
    assert question.rows == rows_of(agent.objects, [1, 2, 3, 4, 5, 6, 8, 9])


def test_a_dead_agent_is_given_up_after_one_request():
    """If the first, small request is not answered, the target is dead."""
    agent = ModelAgent({})
    agent.alive = False
    limits = Limits(40)
    walk, tally = walked(agent, table_walk(range(1, 51)), limits=limits)
    assert walk.failure == TIMED_OUT
    assert tally["requests"] == 1
    assert limits.proven == 0


def test_an_agent_that_dies_is_told_from_a_question_that_is_too_large():
    """After silence to a large request, the agent is asked for anything at all; silence again means death."""
    agent = ModelAgent(table(range(1, 9), rows(500)) | AFTER)

    def die_at_tenth(agent):
        agent.alive = len(agent.requests) < 10

    agent.before = die_at_tenth
    walk, tally = walked(agent, table_walk(range(1, 9)), outstanding=3)
    assert walk.failure == TIMED_OUT
    assert tally["timeouts"] <= 6
    assert agent.requests[-1].oids == [oid("1.3.6.1")]


def test_a_known_agent_that_died_is_given_up_after_one_request():
    """What an agent has answered before, it is expected to answer again: no smaller question is tried."""
    agent = ModelAgent({})
    agent.alive = False
    limits = Limits(40)
    limits.proven, limits.proven_repetitions = 400, 40
    walk, tally = walked(agent, table_walk(range(1, 9), known=indexes(30)), limits=limits, outstanding=1)
    assert walk.failure == TIMED_OUT
    assert tally["requests"] == 1


def test_other_answers_show_that_the_agent_lives():
    """While others are answered, a lost request is only made smaller, without asking whether the agent lives."""
    agent = ModelAgent(table(range(1, 9), rows(200)) | AFTER)
    limits = Limits(40)
    limits.proven, limits.varbinds = 64, 64
    walk = Walk([table_walk(range(1, 9), known=indexes(200))], limits)
    lost, other = walk.next_request(), walk.next_request()
    walk.answer(other, agent.respond(other))
    walk.time_out(lost)
    smaller = walk.next_request()
    assert smaller.rows == lost.rows // 2
    assert smaller.oids[0] == lost.oids[0]


def test_answers_that_come_while_the_agent_is_doubted_clear_it():
    """Any answer ends the doubt whether the agent lives, also if the question for anything is lost afterwards."""
    agent = ModelAgent(table(range(1, 9), rows(200)) | AFTER)
    limits = Limits(40)
    limits.proven, limits.varbinds = 64, 64
    walk = Walk([table_walk(range(1, 9), known=indexes(200))], limits)
    first = walk.next_request()
    walk.answer(first, agent.respond(first))
    lost, other = walk.next_request(), walk.next_request()
    walk.time_out(lost)
    probe = walk.next_request()
    assert probe.cursors == []
    assert walk.next_request() is None
    walk.answer(other, agent.respond(other))
    walk.time_out(probe)
    assert walk.failure is None
    drive(walk, agent)
    assert walk.tables[0].rows == rows_of(agent.objects, range(1, 9))


def test_lost_packets_do_not_make_questions_small_for_good():
    """On a path that loses packets, sizes recover."""
    agent = ModelAgent(table(range(1, 9), rows(2000)) | AFTER)
    honest, counter = agent.respond, iter(range(10**6))

    def lossy(request):
        answer = honest(request)
        count = next(counter)
        if count % 7 == 3:
            return None
        return Answer(0, 0, answer.varbinds, answer.octets, retried=count % 2 == 0)

    agent.respond = lossy
    limits = Limits(40)
    question = table_walk(range(1, 9), known=indexes(2000))
    walked(agent, question, limits=limits)
    assert question.rows == rows_of(agent.objects, range(1, 9))
    assert limits.varbinds > 100


def test_slow_answers_make_questions_smaller():
    """An agent that takes long for a response gets smaller requests."""
    agent = ModelAgent(table(range(1, 9), rows(300)) | AFTER)
    honest = agent.respond

    def slow(request):
        answer = honest(request)
        return Answer(0, 0, answer.varbinds, answer.octets, slow=len(answer.varbinds) > 50)

    agent.respond = slow
    walked(agent, table_walk(range(1, 9)))
    sizes = [request.varbinds for request in agent.requests]
    assert max(sizes) <= 128
    assert sum(size > 64 for size in sizes) < len(sizes) / 2


# --- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tells_index", [True, False])
def test_gen_err_costs_its_column(tells_index):
    """The error genErr at one column is a fault of that column; the others are read whole, and rows are kept."""
    agent = ModelAgent(
        table(range(1, 6), rows(30)) | AFTER, errors={(*ENTRY, 3, 20): (ErrorStatus.genErr, tells_index)}
    )
    question = table_walk(range(1, 6))
    walk, _ = walked(agent, question)
    assert walk.failure is None
    truth = rows_of(agent.objects, range(1, 6))
    for number in range(20, 31):
        del truth[index(number)][3]
    assert question.rows == truth
    assert dict(question.faults) == {"genErr": 1}
    assert not question.complete


def test_gen_err_that_goes_away_costs_nothing():
    """An error that is gone when the column is asked for again leaves no trace."""
    agent = ModelAgent(table(range(1, 6), rows(30)) | AFTER, errors={(*ENTRY, 3, 20): (ErrorStatus.genErr, True)})

    def repair(agent):
        if len(agent.requests) > 6:
            agent.errors.clear()

    agent.before = repair
    question = table_walk(range(1, 6))
    walked(agent, question)
    assert question.rows == rows_of(agent.objects, range(1, 6))
    assert (question.complete, dict(question.faults)) == (True, {})


def test_refusal_of_everything_is_the_end():
    """The error authorizationError before anything was answered is no matter of columns: the agent refuses."""
    agent = ModelAgent(table([1], rows(1)), errors={(): (ErrorStatus.authorizationError, False)})
    walk, tally = walked(agent, table_walk(range(1, 51)))
    assert walk.failure == "authorizationError"
    assert tally["requests"] == 1


def test_refusal_of_one_column_is_a_fault_of_that_column():
    """The error authorizationError once other things were answered costs its column only."""
    agent = ModelAgent(
        table(range(1, 9), rows(5)) | AFTER, errors={(*ENTRY, 8): (ErrorStatus.authorizationError, True)}
    )
    question = table_walk(range(1, 9))
    walk, _ = walked(agent, question)
    assert walk.failure is None
    assert question.rows == rows_of(agent.objects, range(1, 8))
    assert set(question.faults) == {"authorizationError"}


def test_an_error_nobody_has_heard_of_is_named_by_its_number():
    """An error-status outside the list is a fault under its number."""
    agent = ModelAgent(table([1], rows(5)) | AFTER, errors={(*ENTRY, 1, 4): (77, True)})
    question = table_walk([1])
    walked(agent, question)
    assert dict(question.faults) == {"error-77": 1}
    assert question.rows == rows_of(table([1], rows(3)), [1])


def test_a_column_that_fails_everywhere_is_not_asked_for_everywhere():
    """After three ranges of a column have failed, the others are not tried; other columns go on."""
    agent = ModelAgent(table([1, 2], rows(2000)) | AFTER, errors={(*ENTRY, 2): (ErrorStatus.genErr, True)})
    question = table_walk([1, 2], known=indexes(2000))
    _, tally = walked(agent, question, limits=Limits(10))
    assert tally["requests"] < 350
    assert {number for row in question.rows.values() for number in row} == {1}
    assert len(question.rows) == 2000


def test_empty_responses_are_a_fault():
    """A response without error and without varbinds ends in a fault, not in a loop."""
    agent = ModelAgent({})
    agent.respond = lambda _: Answer(0, 0, (), 40)
    question = table_walk(range(1, 4))
    _, tally = walked(agent, question)
    assert set(question.faults) == {Fault.EMPTY}
    assert tally["requests"] < 40


# --- lies -------------------------------------------------------------------------------------------------------------


def test_oids_that_do_not_increase_end_their_column():
    """A column that loops ends with a fault; its rows are kept, and the other columns are read whole."""
    agent = ModelAgent(table(range(1, 4), rows(30)) | AFTER)
    honest = agent._next

    def looping(arcs):
        return (*ENTRY, 2, 5) if arcs == (*ENTRY, 2, 10) else honest(arcs)

    agent._next = looping
    question = table_walk(range(1, 4))
    walk, _ = walked(agent, question)
    truth = rows_of(agent.objects, range(1, 4))
    for number in range(11, 31):
        del truth[index(number)][2]
    assert walk.failure is None
    assert question.rows == truth
    assert dict(question.faults) == {Fault.NON_INCREASING: 1}
    assert not question.complete


def test_an_agent_that_repeats_itself_is_stopped():
    """The same OID again and again ends the column with a fault."""
    agent = ModelAgent({})
    agent.respond = lambda request: Answer(0, 0, [(column_oid(1) + b"\x05", 2, b"\x01")] * request.rows, 60)
    question = table_walk([1])
    _, tally = walked(agent, question)
    assert set(question.faults) == {Fault.NON_INCREASING}
    assert set(question.rows) == {b"\x05"}
    assert tally["requests"] <= 4


def test_an_index_above_16383_is_no_step_back():
    """Indexes that take three octets are in order although their octets are not."""
    numbers = [127, 128, 16382, 16383, 16384, 16385, 479552, 2097151, 2097152]
    agent = ModelAgent(table([1, 2], [(number, 1) for number in numbers]) | AFTER)
    question = table_walk([1, 2])
    walked(agent, question)
    assert question.rows == rows_of(agent.objects, [1, 2])
    assert not question.faults


def test_surplus_varbinds_are_ignored_and_counted():
    """What goes beyond the question is no answer to it."""
    agent = ModelAgent(table([1], rows(3)) | AFTER)
    agent.distort = lambda varbinds, _: [*varbinds, (column_oid(1) + b"\x63", 2, b"\x01")]
    question = table_walk([1])
    walked(agent, question)
    assert question.rows == rows_of(agent.objects, [1])
    assert set(question.faults) == {Fault.SURPLUS}


def test_varbinds_at_wrong_places_are_asked_for_again_alone():
    """A response whose varbinds have changed places is not believed; its columns are asked for one by one."""
    agent = ModelAgent(table(range(1, 5), rows(3)) | AFTER)
    agent.distort = lambda varbinds, _: varbinds[::-1] if len(agent.requests) == 1 else varbinds
    question = table_walk(range(1, 5))
    walked(agent, question)
    assert question.rows == rows_of(agent.objects, range(1, 5))
    assert question.complete


def test_a_column_that_claims_to_be_empty_is_contradicted_by_its_neighbour():
    """What a column ends at must be where the next one begins; if it does not, both are asked for again."""
    agent = ModelAgent(table([1, 2, 3], rows(1)) | AFTER)

    def shifted(varbinds, request):
        return [*varbinds[1:], varbinds[-1]] if len(request.oids) == 3 else varbinds

    agent.distort = shifted
    question = table_walk([1, 2, 3])
    walked(agent, question)
    assert question.rows == rows_of(agent.objects, [1, 2, 3])
    assert question.faults[Fault.MISPLACED]


def test_a_beginning_that_was_missed_is_asked_for_again():
    """If a column begins behind where its neighbour has ended, its beginning is asked for again."""
    agent = ModelAgent(table([1, 2], rows(6)) | AFTER)
    honest = agent._next

    def forgetful(arcs):
        return (*ENTRY, 2, 3) if arcs == (*ENTRY, 2) and len(agent.requests[-1].oids) > 1 else honest(arcs)

    agent._next = forgetful
    question = table_walk([1, 2])
    walked(agent, question)
    assert question.rows == rows_of(agent.objects, [1, 2])
    assert dict(question.faults) == {Fault.MISPLACED: 1}


@pytest.mark.parametrize("most", [2, 11])
def test_what_is_cut_within_a_row_for_no_reason_is_not_believed(most):
    """A small response that ends within a row is asked for again with fewer columns, or fewer rows."""
    agent = ModelAgent(table(range(1, 9), rows(3)) | AFTER, max_varbinds=most)
    question = table_walk(range(1, 9))
    walked(agent, question)
    assert max(request.varbinds for request in agent.requests[-3:]) <= most
    assert question.rows == rows_of(agent.objects, range(1, 9))


@pytest.mark.parametrize("tag", [NO_SUCH_OBJECT, NO_SUCH_INSTANCE])
def test_no_such_object_in_answer_to_getnext_ends_the_column_quietly(tag):
    """An agent (ASA 9.1.6) that answers noSuchObject where it should name the next object has no such column."""
    agent = ModelAgent({})
    agent.respond = lambda request: Answer(
        0, 0, [(name, tag, b"") for name in request.oids] * request.rows, 40 + 20 * request.varbinds
    )
    question = table_walk(range(1, 9))
    walked(agent, question)
    assert (question.rows, question.complete, dict(question.faults)) == ({}, True, {})


def test_an_exception_with_another_name_is_not_believed_among_others():
    """The exception endOfMibView that names another OID than the one asked for may be the answer to another varbind."""
    agent = ModelAgent(table([1], rows(2)))
    agent.distort = lambda varbinds, request: varbinds[1:] + varbinds[:1] if len(request.oids) > 1 else varbinds
    question = table_walk([1], known=indexes(2))
    walked(agent, question)
    assert question.rows == rows_of(agent.objects, [1])
    assert question.complete


def test_an_exception_in_the_middle_ends_the_column():
    """What comes behind endOfMibView is not looked at."""
    agent = ModelAgent(table([1], rows(9)))
    agent.distort = lambda varbinds, _: [
        (name, END_OF_MIB_VIEW, b"") if name == column_oid(1) + b"\x05" else (name, tag, value)
        for name, tag, value in varbinds
    ]
    question = table_walk([1])
    walked(agent, question)
    assert question.rows == rows_of(table([1], rows(4)), [1])


def test_rows_beyond_the_bound_are_a_fault():
    """A table ends visibly at the bound of its rows, whatever the agent goes on to send."""
    agent = ModelAgent(table([1, 2], rows(500)) | AFTER)
    question = table_walk([1, 2], max_rows=100)
    walked(agent, question, outstanding=3)
    assert len(question.rows) == 100
    assert dict(question.faults) == {Fault.TOO_MANY_ROWS: 1}
    assert not question.complete


def test_an_agent_without_end_is_stopped_by_the_bound():
    """An agent that invents rows for ever is stopped."""
    agent = ModelAgent({})
    places = iter(range(1, 10**9))

    def endless(request):
        return Answer(0, 0, [(request.oids[0] + index(next(places)), 2, b"\x01") for _ in range(request.rows)], 900)

    agent.respond = endless
    question = table_walk([1], max_rows=1000)
    walked(agent, question)
    assert len(question.rows) <= 1000
    assert Fault.TOO_MANY_ROWS in question.faults


# --- tables that change -----------------------------------------------------------------------------------------------


def test_columns_of_different_length_are_kept_as_they_are():
    """Columns that end at different rows make rows that lack columns; no value is dropped or invented."""
    objects = table([1], rows(10)) | table([2], rows(7)) | table([3], rows(12)) | AFTER
    question = table_walk([1, 2, 3])
    walked(ModelAgent(objects), question)
    assert question.rows == rows_of(objects, [1, 2, 3])
    assert question.complete


def test_rows_that_appear_are_found_wherever_they_are():
    """Rows that are not known are found before, between and behind the known ones."""
    agent = ModelAgent(table([1, 2], [(number,) for number in range(100)]) | AFTER)
    question = table_walk([1, 2], known=[index(number) for number in range(10, 90, 7)])
    walked(agent, question)
    assert question.rows == rows_of(agent.objects, [1, 2])


def test_rows_that_vanish_do_no_harm():
    """Known rows that are gone are not found, and cost no other row."""
    agent = ModelAgent(table([1, 2], [(number,) for number in range(10, 90, 7)]) | AFTER)
    question = table_walk([1, 2], known=[index(number) for number in range(1, 100)])
    walked(agent, question)
    assert question.rows == rows_of(agent.objects, [1, 2])
    assert not question.faults


def test_a_table_that_changes_while_it_is_walked_is_still_read():
    """Rows that come and go while a table is walked make it end neither early nor never."""
    numbers, lasting = range(1, 15), rows(40)
    agent = ModelAgent(table(numbers, lasting) | AFTER)

    def churn(agent):
        new = (len(agent.requests) % 60 + 41,)
        agent.replace(table(numbers, [*lasting, new]) | AFTER)

    agent.before = churn
    question = table_walk(numbers)
    walk, _ = walked(agent, question, outstanding=3)
    assert walk.failure is None
    for row in lasting:
        assert question.rows[index(*row)] == {number: cell(number, row) for number in numbers}


# --- subtrees ---------------------------------------------------------------------------------------------------------


def test_a_subtree_is_handed_over_in_order():
    """The varbinds of a subtree come in the order of their OIDs, once each, and without what lies behind it."""
    objects = table(range(1, 4), rows(50)) | AFTER
    seen = []
    subtree = SubtreeWalk(columns=[(0, column_oid(1)[:-1])], max_rows=1000, on_varbinds=seen.extend)
    walked(ModelAgent(objects), subtree, outstanding=4)
    assert [(name, (tag, value)) for name, tag, value in seen] == [
        (column_oid(number) + index(*row), cell(number, row)) for number in range(1, 4) for row in rows(50)
    ]
    assert subtree.complete


def test_a_subtree_ends_at_its_bound():
    """More varbinds than the bound are a fault."""
    seen = []
    subtree = SubtreeWalk(columns=[(0, column_oid(1))], max_rows=10, on_varbinds=seen.extend)
    walked(ModelAgent(table([1], rows(50)) | AFTER), subtree)
    assert len(seen) == 10
    assert dict(subtree.faults) == {Fault.TOO_MANY_ROWS: 1}


def test_a_subtree_ends_at_an_exception():
    """An exception in the middle is not handed over."""
    seen = []
    agent = ModelAgent(table([1], rows(5)))
    agent.distort = lambda varbinds, _: [(name, NO_SUCH_OBJECT, b"") for name, _, _ in varbinds[:1]] + varbinds[1:]
    walked(agent, SubtreeWalk(columns=[(0, column_oid(1))], max_rows=10, on_varbinds=seen.extend))
    assert seen == []


def test_a_walk_of_nothing_is_done():
    """Without tables, and with tables without columns, there is nothing to ask."""
    assert Walk([], Limits(40)).done
    assert Walk([TableWalk(columns=[], max_rows=1)], Limits(40)).done


def test_rows_that_vanish_at_the_end_do_no_harm():
    """A table that has become much shorter is read whole, and ends where it ends."""
    agent = ModelAgent(table([1, 2], rows(20)) | AFTER)
    question = table_walk([1, 2], known=indexes(500))
    walked(agent, question)
    assert question.rows == rows_of(agent.objects, [1, 2])
    assert (question.complete, dict(question.faults)) == (True, {})


def test_an_end_that_lies_within_its_neighbour_is_looked_at_again():
    """A column that ends in the middle of the next one is asked for its end again; the next one is whole anyway."""
    agent = ModelAgent(table([1, 2], rows(6)) | AFTER)
    honest = agent._next
    agent._next = lambda arcs: (*ENTRY, 2, 3) if arcs == (*ENTRY, 1, 6) else honest(arcs)
    question = table_walk([1, 2])
    walked(agent, question)
    assert question.rows == rows_of(agent.objects, [1, 2])
    assert dict(question.faults) == {Fault.MISPLACED: 1}
