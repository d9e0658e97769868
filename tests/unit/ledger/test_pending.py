"""What waits to be written: merged, and bounded."""

from dataclasses import replace

from collector.ledger.entries import Context, Forgotten
from collector.ledger.pending import Pending
from collector.model import Gap
from tests.agents import ledger_steps as give

HERE = Context("hub1", "red")


def pending(limit=1000, known=1):
    return Pending(limit, {HERE: known})


def waiting(queue):
    return queue.take(HERE).entries


def test_the_latest_version_of_a_row_waits():
    """Many steps are one write: of each row the latest, of failures and usages all."""
    queue = pending()
    for number in range(3):
        queue.add(
            give.step(
                record=give.record(next_number=number),
                tunnels=(give.tunnel(ups=number),),
                sessions=(give.session(1, seen_at=number),),
                failures=(give.failure(number),),
                usages=(give.usage(give.AT + number),),
                readings=(give.reading(number),),
            )
        )
    entries = waiting(queue)
    assert entries["context",].next_number == 2
    assert entries["tunnel", "child", "site 1", "10.0.0.1"].ups == 2
    assert entries["readings",].readings == (give.reading(2),)
    assert sorted(key[0] for key in entries).count("failure") == 3
    assert queue.queued == len(entries) == 10


def test_a_tunnel_that_is_known_again_is_not_forgotten():
    """The last word about a tunnel counts."""
    queue = pending()
    queue.add(give.step(tunnels=(give.tunnel(),)))
    queue.add(give.step(forgotten=(give.tunnel(),)))
    assert list(waiting(queue).values()) == [Forgotten(give.tunnel())]
    queue.add(give.step(tunnels=(give.tunnel(),)))
    assert list(waiting(queue).values()) == [give.tunnel()]


def test_what_came_while_it_was_written_still_waits():
    """Settling forgets what was written, and nothing that is newer."""
    queue = pending()
    queue.add(give.step(sessions=(give.session(1), give.session(2))))
    taken = queue.take(HERE)
    queue.add(give.step(sessions=(give.ended(2),)))
    queue.settle(taken)
    assert (list(waiting(queue).values()), queue.queued) == ([give.ended(2)], 1)
    queue.settle(queue.take(HERE))
    assert (queue.sizes(), queue.queued) == ([], 0)
    queue.settle(taken)


def test_the_oldest_that_nothing_depends_on_is_dropped_and_told():
    """Above the limit failures, usages, ended sessions and gaps go, oldest first; one gap says how many and when."""
    queue = pending(limit=3)
    queue.add(give.step(failures=(give.failure(1, at=give.AT - 9), give.failure(2))))
    queue.add(give.step(usages=(give.usage(give.AT - 50),), sessions=(give.ended(3), give.ended(4, started_at=None))))
    queue.add(give.step(gaps=(give.gap(5, ends_at=give.AT + 70),)))
    queue.add(give.step(tunnels=(give.tunnel(1), give.tunnel(2), give.tunnel(3))))
    (own,) = [entry for entry in waiting(queue).values() if isinstance(entry, Gap)]
    assert (own.kind, own.module, own.lost, own.number < 0) == ("overflow", "ledger", 6, True)
    assert (own.begins_at, own.ends_at) == (give.AT - 50, give.AT + 250)
    assert (queue.dropped, queue.queued) == (6, 4)


def test_usage_counts_by_its_tunnels():
    """A step's usage goes as a whole, and is as many rows as there are tunnels: so much it takes to wait."""
    queue = pending(limit=10)
    usages = tuple(give.usage(tunnel=f"site {number}") for number in range(8))
    queue.add(give.step(usages=usages))
    assert queue.queued == 8
    queue.add(give.step(usages=usages))
    assert queue.queued == 8
    queue.settle(queue.take(HERE))
    assert queue.queued == 0
    queue.add(give.step(usages=usages))
    queue.add(give.step(failures=tuple(give.failure(number) for number in range(3))))
    (own,) = [entry for entry in waiting(queue).values() if isinstance(entry, Gap)]
    assert (own.lost, own.begins_at, own.ends_at, queue.dropped) == (8, give.AT, give.AT + 300, 8)
    assert queue.queued == 4


def test_what_the_database_knows_to_live_is_not_dropped():
    """The end of a session or gap that is on record waits, and so does whatever lives, however many there are."""
    queue = pending(limit=1, known=10)
    kept = (give.ended(9), give.session(10))
    queue.add(give.step(sessions=kept, gaps=(give.gap(8, ends_at=give.AT), give.gap(11))))
    assert (queue.dropped, queue.queued) == (0, 4)
    queue.add(give.step(sessions=(give.ended(12),)))
    assert queue.dropped == 1


def test_what_is_being_written_counts_as_known_until_it_failed():
    """An end that comes during the first write of its session is kept; after that failed, it may go."""
    queue = pending(limit=1)
    queue.add(give.step(sessions=(give.session(1),)))
    taken = queue.take(HERE)
    queue.add(give.step(sessions=(give.ended(1),), tunnels=(give.tunnel(),)))
    assert queue.dropped == 0
    queue.put_back(taken)
    queue.add(give.step(tunnels=(give.tunnel(2),)))
    assert queue.dropped == 1


def test_each_overflow_has_a_gap_of_its_own():
    """When a gap is on record, what is dropped later is another one, with a number further down."""
    queue = pending(limit=0)
    numbers = []
    for at in (give.AT, give.AT + 5):
        queue.add(replace(give.step(failures=(give.failure(1),)), at=at))
        taken = queue.take(HERE)
        numbers += [entry.number for entry in taken.entries.values()]
        queue.settle(taken)
    assert len(numbers) == 2
    assert numbers[1] < numbers[0] < 0
