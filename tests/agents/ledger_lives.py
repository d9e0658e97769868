"""Lives of a writer of the ledger that end by SIGKILL: a stream of steps that each life goes on with where it finds it.

Step k begins session 3k, ends the one that step k - 10 began and adds it to its tunnel's account, and has a failure and
a usage. `python -m tests.agents.ledger_lives <file> <kills> <seed>` prints what it found wrong.
"""

import mmap
import os
import random
import signal
import struct
import sys
import time
from collections import Counter
from dataclasses import replace

from sqlalchemy import func, select

from collector.ledger import Ledger, LedgerWriter, Pace, Retention
from collector.ledger.schema import CONTEXT_USAGE, FAILURES, SESSIONS, USAGE, USAGE_LOG
from collector.ledger.usage_log import usages_in
from tests.agents import ledger_steps as give

TUNNELS = 20
LIVE = 10
FOREVER = Retention(
    sessions_seconds=1e10, failures_seconds=1e10, gaps_seconds=1e10, hours_seconds=1e10, days_seconds=1e10
)
SHORTEST, LONGEST = 0.03, 0.15


def counts_of(step):
    """What the session that a step began has carried in the end."""
    return give.counts(step * 1000)


def begun(step):
    """The session that a step begins."""
    return give.session(3 * step, tunnel=f"t{step % TUNNELS}", peer="p", counts=())


def over(step):
    """The session that a step began, when it is over."""
    return give.ended(3 * step, tunnel=f"t{step % TUNNELS}", peer="p", counts=counts_of(step))


def plus(base, counts):
    """Add what ended to an account."""
    return tuple(None if more is None else (before or 0) + more for before, more in zip(base, counts, strict=True))


def changes_of(step, tunnels):
    """Return what a step puts on record; `tunnels` by name are as they are remembered, and are changed."""
    sessions, known = [begun(step)], []
    first = tunnels.get(f"t{step % TUNNELS}") or give.tunnel(0, name=f"t{step % TUNNELS}", peer="p", base=(0,) * 23)
    tunnels[first.name] = replace(first, sessions=first.sessions + 1)
    known.append(first.name)
    if step > LIVE:
        gone = tunnels[f"t{(step - LIVE) % TUNNELS}"]
        tunnels[gone.name] = replace(gone, base=plus(gone.base, counts_of(step - LIVE)), downs=gone.downs + 1)
        sessions.append(over(step - LIVE))
        known.append(gone.name)
    live = range(max(1, step - LIVE + 1), step + 1)
    return give.step(
        record=give.record(next_number=3 * step + 3),
        tunnels=tuple(tunnels[name] for name in known),
        sessions=tuple(sessions),
        failures=(give.failure(3 * step + 1),),
        usages=(give.usage(give.AT + 300 * step),),
        readings=tuple(give.reading(3 * number) for number in live) if step % 5 == 0 else None,
    )


def faults(ledger, memory, acknowledged):
    """Yield what does not fit together in what a ledger remembers."""
    last = memory.record.next_number // 3 - 1 if memory else 0
    if last < acknowledged:
        yield f"lost: {acknowledged} steps were on record, {last} are"
    if not memory:
        return
    live = [begun(step) for step in range(max(1, last - LIVE + 1), last + 1)]
    if list(memory.sessions) != live:
        yield f"live sessions at step {last}: {[one.number for one in memory.sessions]}"
    checkpoint = last // 5 * 5
    if [one.number for one in memory.readings] != [3 * step for step in range(max(1, last - LIVE + 1), checkpoint + 1)]:
        yield f"readings at step {last}: {[one.number for one in memory.readings]}"
    ends = SESSIONS.c.ended_at.is_not(None)
    query = select(SESSIONS.c.tunnel, func.sum(SESSIONS.c.receive_bytes), func.count()).where(ends)
    with ledger.engine.connect() as connection:
        sums = {
            name: (carried, number) for name, carried, number in connection.execute(query.group_by(SESSIONS.c.tunnel))
        }
    for tunnel in memory.tunnels:
        if sums.get(tunnel.name, (0, 0)) != (tunnel.base[0], tunnel.downs):
            yield f"account of {tunnel.name} at step {last}: {tunnel.base[0]}, sessions: {sums.get(tunnel.name)}"


def differences(ledger, last):
    """Yield how a ledger differs from the truth after so many steps."""
    with ledger.engine.connect() as connection:
        sessions = connection.execute(
            select(SESSIONS.c.number, SESSIONS.c.ended_at, SESSIONS.c.receive_bytes).order_by(SESSIONS.c.number)
        ).all()
        failures = connection.execute(select(FAILURES.c.number).order_by(FAILURES.c.number)).scalars().all()
        wrong_usage = list(usage_faults(connection, last))
    rows = (over(step) if step <= last - LIVE else begun(step) for step in range(1, last + 1))
    truth = [(one.number, one.ended_at, one.counts[0] if one.counts else None) for one in rows]
    if [tuple(row) for row in sessions] != truth:
        yield f"{len(sessions)} sessions are not those of {last} steps"
    if failures != [3 * step + 1 for step in range(1, last + 1)]:
        yield f"{len(failures)} failures are not those of {last} steps"
    yield from wrong_usage


def usage_faults(connection, last):
    """Yield how usage differs from that of the steps: log and hours together, and days, are each all of it once."""
    log = connection.execute(select(USAGE_LOG).where(USAGE_LOG.c.usages.is_not(None))).mappings().all()
    rows = connection.execute(select(USAGE)).mappings().all()
    hours = Counter({row["begins_at"]: row["receive_bytes"] for row in rows if row["resolution"] == "hour"})
    together = connection.execute(select(CONTEXT_USAGE)).mappings().all()
    if {row["begins_at"]: row["receive_bytes"] for row in together} != hours:
        yield "contexts have not what their tunnels have"
    days = Counter({row["begins_at"]: row["receive_bytes"] for row in rows if row["resolution"] == "day"})
    made = {row["begins_at"] // 86400 * 86400 for row in together if row["in_day"]}
    summed = Counter()
    for hour, carried in hours.items():
        summed[hour // 86400 * 86400] += carried
    late = {row["begins_at"] // 86400 * 86400 for row in together if not row["in_day"]}
    if any(days[day] != summed[day] for day in made - late):
        yield "days are not the sums of their hours"
    for row in log:
        hours[row["begins_at"] // 3600 * 3600] += sum(received for _, _, received, _ in usages_in(row["usages"]))
    truth = Counter()
    for step in range(1, last + 1):
        truth[(give.AT + 300 * step) // 3600 * 3600] += 30_000
    if hours != truth:
        yield "usage is not that of the steps"


def live(path, shared):
    """Go on with the stream until killed; return only if something is wrong."""
    ledger = Ledger.open(path, retention=FOREVER)
    memory = next(iter(ledger.memories()), None)
    wrong = list(faults(ledger, memory, struct.unpack("q", shared[:8])[0]))
    if wrong:
        return wrong
    step = memory.record.next_number // 3 if memory else 1
    # Time goes by the steps, so that hours and days are folded all along.
    writer = LedgerWriter(ledger, pace=Pace(linger=0.001, prune=0.005), clock=lambda: give.AT + 300 * step)
    writer.start()
    tunnels = {tunnel.name: tunnel for tunnel in memory.tunnels} if memory else {}
    while True:
        writer.submit([changes_of(step, tunnels)])
        if step % 7 == 0 and writer.flush(10):
            shared[:8] = struct.pack("q", step)
        step += 1


def one_life(path, shared, seconds):
    """Let a process live for so long, and kill it; return whether it lived until then."""
    pid = os.fork()
    if pid == 0:
        try:
            print(*live(path, shared), sep="\n", flush=True)  # noqa: T201 - what the test reads
        finally:
            os._exit(1)
    time.sleep(seconds)
    os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL


def main(path, kills, seed):
    """Kill so many lives, and compare what is on record with the truth."""
    shared = mmap.mmap(-1, 8)
    chance = random.Random(seed)
    for _ in range(kills):
        if not one_life(path, shared, chance.uniform(SHORTEST, LONGEST)):
            return 1
    ledger = Ledger.open(path)
    (memory,) = ledger.memories()
    last = memory.record.next_number // 3 - 1
    wrong = [*faults(ledger, memory, struct.unpack("q", shared[:8])[0]), *differences(ledger, last)]
    folded = [*ledger.folding(give.AT + 300 * last + 2 * 86400)]
    wrong += differences(ledger, last)
    days = f"{sum(done.days for done in folded)} days made in the end"
    print(*wrong, days, f"{kills} kills, {last} steps", sep="\n")  # noqa: T201 - as above
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
