from collector.ledger.event_queue import EventQueue
from tests.agents import ledger_steps as give


def ids(events):
    return [event.id for event in events]


def filled(limit, *numbers):
    queue = EventQueue(limit)
    queue.add(give.event(number) for number in numbers)
    return queue


def test_events_come_out_in_their_order():
    """Some at a time; those that are taken still count until they are settled."""
    queue = filled(10, 3, 1, 2)
    assert ids(queue.take(2)) == ["e3", "e1"]
    assert queue.queued == 3
    queue.settle(0)
    assert (queue.queued, ids(queue.take(2)), queue.dropped) == (1, ["e2"], 0)


def test_above_the_limit_the_oldest_go():
    """And are counted; what is being written is not among them."""
    queue = filled(2, 1, 2, 3)
    assert queue.dropped == 1
    assert ids(queue.take(1)) == ["e2"]
    queue.add([give.event(4), give.event(5)])
    assert (queue.queued, queue.dropped) == (3, 2)
    queue.settle(0)
    assert ids(queue.take(9)) == ["e4", "e5"]


def test_what_could_not_be_written_waits_on_in_its_place():
    """Before what came meanwhile, within the limit."""
    queue = filled(3, 1, 2, 3)
    queue.take(2)
    queue.add([give.event(4)])
    queue.put_back()
    assert (queue.queued, queue.dropped) == (3, 1)
    assert ids(queue.take(9)) == ["e2", "e3", "e4"]


def test_what_is_refused_counts_as_dropped():
    """It is never on record."""
    queue = filled(3, 1, 2)
    queue.take(2)
    queue.settle(1)
    assert (queue.queued, queue.dropped) == (0, 1)
