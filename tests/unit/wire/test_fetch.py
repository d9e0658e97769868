"""GETs against an agent in memory."""

import pytest

from collector.wire.ber import encode_oid
from collector.wire.fetch import Fetch
from collector.wire.snmp import NO_SUCH_INSTANCE, NO_SUCH_OBJECT, ErrorStatus
from collector.wire.walk import TIMED_OUT, Answer
from tests.agents.model_agent import ModelAgent, drive

GROUP = (1, 3, 6, 1, 2, 1, 1)
OBJECTS = {(*GROUP, number, 0): (2, bytes([number])) for number in range(1, 101)}


def instance(number, group=GROUP):
    return encode_oid((*group, number, 0))


def fetched(agent, *numbers):
    fetch = Fetch([instance(number) for number in numbers])
    return fetch, drive(fetch, agent)


def test_instances_are_read_in_the_order_of_the_question():
    """Values come back one per OID, in the order asked for, however many requests it takes."""
    fetch, tally = fetched(ModelAgent(OBJECTS), *range(100, 0, -1))
    assert [value for _, _, value in fetch.varbinds] == [bytes([number]) for number in range(100, 0, -1)]
    assert tally["requests"] == 3


def test_an_instance_asked_for_twice_is_asked_once():
    """The same OID twice is one question with two places for the answer."""
    agent = ModelAgent(OBJECTS)
    fetch, _ = fetched(agent, 1, 1)
    assert len(agent.requests[0].oids) == 1
    assert len(fetch.varbinds) == 2


def test_what_is_not_there_is_an_exception():
    """What the agent has not is told apart: no such object, or only no such instance."""
    fetch = Fetch([encode_oid((*GROUP, 7, 5)), encode_oid((1, 3, 9, 0)), instance(3)])
    drive(fetch, ModelAgent(OBJECTS))
    assert [tag for _, tag, _ in fetch.varbinds] == [NO_SUCH_INSTANCE, NO_SUCH_OBJECT, 2]
    assert [fetch.is_unknown(oid) for oid in (encode_oid((*GROUP, 7, 5)), encode_oid((1, 3, 9, 0)), instance(3))] == [
        False,
        True,
        False,
    ]
    assert fetch.value(encode_oid((1, 3, 9, 0))) is None
    assert fetch.value(instance(3)) == (2, b"\x03")


def test_version_1_names_what_is_not_there_one_by_one():
    """The error noSuchName costs a request per missing instance, and nothing else."""
    fetch = Fetch([instance(1), instance(200), instance(2), instance(201)])
    tally = drive(fetch, ModelAgent(OBJECTS, version=1))
    assert [tag for _, tag, _ in fetch.varbinds] == [2, NO_SUCH_OBJECT, 2, NO_SUCH_OBJECT]
    assert tally["requests"] == 3


@pytest.mark.parametrize("tells_index", [True, False])
def test_an_error_costs_its_instance(tells_index):
    """What cannot be read is kept apart with the reason; everything else is read."""
    agent = ModelAgent(OBJECTS, errors={(*GROUP, 5): (ErrorStatus.genErr, tells_index)})
    fetch, _ = fetched(agent, *range(1, 11))
    assert fetch.errors == {instance(5): "genErr"}
    assert len(fetch.varbinds) == 9
    assert fetch.value(instance(5)) is None


def test_too_big_halves_the_question():
    """The error tooBig is answered by asking for half as much at once."""
    fetch, _ = fetched(ModelAgent(OBJECTS, max_octets=120), *range(1, 41))
    assert len(fetch.varbinds) == 40
    assert fetch.errors == {}


def test_a_dead_agent_is_given_up_after_one_request():
    """If the first request is not answered, the target is dead."""
    agent = ModelAgent(OBJECTS)
    agent.alive = False
    fetch, tally = fetched(agent, *range(1, 101))
    assert (fetch.failure, tally["requests"]) == (TIMED_OUT, 1)


def test_an_instance_that_hangs_costs_itself():
    """Once the agent has answered, silence is narrowed down to the instance that causes it."""
    agent = ModelAgent(OBJECTS)
    honest = agent.respond
    agent.respond = lambda request: None if instance(60) in request.oids else honest(request)
    fetch, _ = fetched(agent, *range(1, 71))
    assert fetch.failure is None
    assert fetch.errors == {instance(60): TIMED_OUT}


def test_answers_to_other_questions_are_not_taken():
    """A varbind that was not asked for is no answer; if there is no other, the question is narrowed down."""
    agent = ModelAgent(OBJECTS)
    agent.distort = lambda varbinds, _: [(instance(99), 2, b"\x63")] * len(varbinds)
    fetch, _ = fetched(agent, 1, 2)
    assert set(fetch.errors) == {instance(1), instance(2)}
    assert fetch.varbinds == []


def test_answers_that_lack_varbinds_are_completed():
    """What a response leaves out is asked for again; what it says twice is taken once."""
    agent = ModelAgent(OBJECTS)
    agent.distort = lambda varbinds, _: [varbinds[-1], varbinds[-1]]
    fetch, _ = fetched(agent, 1, 2, 3)
    assert [value for _, _, value in fetch.varbinds] == [b"\x01", b"\x02", b"\x03"]


def test_one_request_is_in_flight():
    """A second request waits for the answer to the first."""
    fetch = Fetch([instance(number) for number in range(1, 101)])
    request = fetch.next_request()
    assert fetch.next_request() is None
    fetch.answer(request, Answer(0, 0, [(oid, 2, b"\x01") for oid in request.oids], 100))
    assert fetch.next_request() is not None


def test_nothing_to_read_is_done_at_once():
    """Without OIDs there is nothing to ask."""
    assert Fetch([]).done
