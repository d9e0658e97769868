"""Lives of a tracking daemon that end by SIGKILL, on a device whose truth is known.

The device and the clock are those of `tests.property.device`; tracking and the ledger's writer run in a child process
that is told what polls saw, and that is killed within steps, between steps and amid commits.
`python -m tests.agents.tracking_lives <file> <kills> <seed>` prints what it found wrong.
"""

import mmap
import os
import signal
import struct
import sys
import time
from collections import Counter
from multiprocessing import Pipe
from random import Random

from sqlalchemy import select

from collector.ledger import Ledger, LedgerWriter, Pace
from collector.ledger.rows import context_of, gap_of, session_of, tunnel_of
from collector.ledger.schema import CONTEXTS, FAILURES, GAPS, SESSIONS, TUNNELS
from collector.model import Failure
from collector.tunnels import begin, observe, pass_time, run
from collector.tunnels.track_expose import exposing
from tests.property.device import BEGINS, CALM_SECONDS
from tests.property.device.profile import Profile, Watching
from tests.property.device.record import Record
from tests.property.device.render import read
from tests.property.device.verdict import check
from tests.property.device.watch import TICK, Watch
from tests.property.device.witness import Witness
from tests.property.device.world import make_world

SECONDS_PER_KILL = 75.0
LONGEST = 0.006
"""How long a child may work on before it is killed, in seconds: a step and its commit take less."""
PATIENCE = 20
QUICK = Pace(linger=0.0005, first_pause=0.01)
DEVICE = Profile(vrfs=("global", "blue"), history_rows=100, failures=60.0, reloads=2)
_FAILURE = ("target", "vrf", "number", "level", "module", "at", "seen_at", "reason", "tunnel", "peer", "spi")


class Child:
    """A process that tracks, and puts on record what it tracks."""

    def __init__(self, path, plan, now, writing):
        self._end, other = Pipe()
        self._writing = writing
        self.pid = os.fork()
        if self.pid == 0:
            self._end.close()
            code = 1
            try:
                _track(other, path, plan, now, writing)
                code = 0
            finally:
                os._exit(code)
        other.close()

    def tell(self, *what):
        """Tell it something, and do not wait."""
        self._end.send(what)

    def ask(self, *what):
        """Tell it something, and return what it answers."""
        self.tell(*what)
        if not self._end.poll(PATIENCE):
            raise TimeoutError(what[0])
        return self._end.recv()

    def kill(self):
        """Kill it; return whether a transaction was under way."""
        os.kill(self.pid, signal.SIGKILL)
        assert os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1]) == -signal.SIGKILL, "it ended before it was killed"
        self._end.close()
        return struct.unpack("q", self._writing[:8])[0] % 2 == 1

    def end(self, now):
        """Let it end as the daemon does."""
        assert self.ask("end", now), "not all is on record"
        assert os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1]) == 0
        self._end.close()


class CountedLedger(Ledger):
    """Says in shared memory whether it writes: odd while it does."""

    writing = None

    def write_entries(self, entries):
        self._count()
        super().write_entries(entries)
        self._count()

    def _count(self):
        self.writing[:8] = struct.pack("q", struct.unpack("q", self.writing[:8])[0] + 1)


def _track(pipe, path, plan, now, writing):
    """Go on from what is on record, as long as somebody tells what to do."""
    writing[:8] = struct.pack("q", 0)
    ledger = CountedLedger.open(path)
    ledger.writing = writing
    state = begin("hub1", ledger.memories(), plan, now)
    writer = LedgerWriter(ledger, pace=QUICK, clock=lambda: BEGINS)
    writer.start()
    while True:
        what, *told = pipe.recv()
        if what == "exposed":
            pipe.send(run(exposing(state, told[0], plan)))
        elif what == "flush":
            pipe.send(writer.flush(PATIENCE))
        elif what == "end":
            writer.submit(pass_time(state, told[0], plan, everything=True).changes)
            pipe.send(writer.close(PATIENCE))
            ledger.close()
            return
        else:
            step = observe(state, *told, plan) if what == "observe" else pass_time(state, *told, plan)
            state = step.state
            writer.submit(step.changes)
            pipe.send(sorted(step.look_at))


class KilledWatch(Watch):
    """Watches as `Watch` does, through a child process that gets killed."""

    def __init__(self, *args, path, **more):
        super().__init__(*args, **more)
        self.record = self
        self.tally = Counter()
        self._path = path
        self._child = self._doomed = None
        self._writing = mmap.mmap(-1, 8)

    def _start(self):
        self._child = Child(self._path, self.plan, self.now, self._writing)
        self.tally["lives"] += 1
        super()._start()

    def memories(self):
        """The child remembers by itself."""
        return ()

    def write(self):
        """See that all is on record, as it is sooner or later."""
        if self._child is not None:
            assert self._child.ask("flush")

    def submit(self, _):
        """The child puts on record what it tracks."""

    def lose(self):
        """A child that is killed loses what it had not put on record."""

    def exposed(self, vrf):
        """What a scrape would see."""
        return self._child.ask("exposed", vrf)

    def _stop(self, killed):
        if self._child is None or self._doomed is not None:
            return
        if not killed:
            self._child.end(self.now)
            self._child = None
            super()._stop(killed=True)  # The rest is the same; nothing is lost.
            self.stops[-1] = (*self.stops[-1][:2], False)
        elif self.random.random() < 0.7:
            self._doomed = self.random.uniform(0, LONGEST)
        else:
            self._kill(self.random.uniform(0, LONGEST), "between")

    def _kill(self, seconds, where):
        time.sleep(seconds)
        self.tally["amid a write"] += self._child.kill()
        self.tally[where] += 1
        self._child = self._doomed = None
        super()._stop(killed=True)

    def _tick(self):
        self._look(self._child.ask("time", self.now))
        if self._doomed is None and self.now - self._written_at >= self.watching.written_every:
            self.write()
            self._written_at = self.now
        self._at(self.now + TICK, self._tick, life=self._life)

    def _observe(self, poll):
        snapshot = read(self.world, poll)
        self.polls.append((poll, snapshot))
        if self._doomed is not None:
            self.witness.tainted |= {self.world.key(life.line) for life, _, _ in poll.listed}
            self._child.tell("observe", snapshot, self.now)
            self._kill(self._doomed, "within")
            return
        self._look(self._child.ask("observe", snapshot, self.now))
        self.witness.observed(self, poll, snapshot)

    def _look(self, wanted):
        for vrf, _, module in wanted:
            self._ask(vrf, module)

    def finish(self):
        """End, and take what is on record from the ledger."""
        self._child.end(self.now)
        self._child = None
        self.record = recorded(self._path)


def recorded(path):
    """Return all that a ledger has on record."""
    ledger, record = Ledger.open(path), Record()
    with ledger.engine.connect() as connection:

        def rows(table):
            return connection.execute(select(table)).mappings()

        record.records = {row["vrf"]: context_of(row) for row in rows(CONTEXTS)}
        tunnels = map(tunnel_of, rows(TUNNELS))
        record.tunnels = {(one.vrf, one.level, one.name, one.peer): one for one in tunnels}
        record.sessions = {(one.vrf, one.number): one for one in map(session_of, rows(SESSIONS))}
        record.gaps = {(one.vrf, one.number): one for one in map(gap_of, rows(GAPS))}
        for row in rows(FAILURES):
            failure = Failure(index=row["row_index"], **{name: row[name] for name in _FAILURE})
            record.failures[failure.vrf, failure.number] = failure
    ledger.close()
    return record


def main(path, kills, seed):
    """Kill so often, and compare what is on record with the truth."""
    random = Random(seed)
    # Some moments of a kill come while it is dead, or doomed, already.
    watching = Watching(span=kills * SECONDS_PER_KILL, kills=kills + kills // 2, stops=5, downtime=40.0, jitter=10.0)
    world = make_world(random, DEVICE, BEGINS, BEGINS + watching.span)
    watch = KilledWatch(random, world, watching, Witness(world), path=path)
    watch.run(BEGINS + watching.span + CALM_SECONDS)
    watch.finish()
    compared = check(watch)
    killed = watch.tally["within"] + watch.tally["between"]
    print(f"{killed} kills, {watch.tally['within']} within, {watch.tally['amid a write']} amid, {compared} compared")  # noqa: T201 - what the test reads
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
