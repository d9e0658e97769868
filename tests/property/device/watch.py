"""A daemon that watches the device: polls at intervals, polls asked for, polls that fail, restarts."""

from heapq import heappop, heappush
from itertools import count

from collector.model import Snapshot
from collector.tables import load
from collector.tunnels import amended, run
from collector.tunnels.track import begin, observe, observing_rows, pass_time
from collector.tunnels.track_expose import exposing
from collector.tunnels.track_state import Plan
from tests.property.device.record import Record
from tests.property.device.render import Poll, RowPoll, read, read_row

TABLES = load()
MODULES = ("system", "ipsec", "ike", "history", "failures")
TELLS = {("snmp", name): {table.name: table.entity for table in TABLES.modules[name].tables} for name in MODULES}
HISTORIES = {
    (("snmp", "ipsec"), "child"): ("snmp", "history"),
    (("snmp", "ike"), "ike"): ("snmp", "history"),
}
SLOW = {"history", "failures"}
TICK = 10.0
RAGGED_SECONDS = 100.0
"""How long rows may lack something at most."""


def _polled(vrfs):
    """Which modules are polled in each VRF: the system's only in the default context."""
    return {
        ("hub1", vrf): frozenset(("snmp", module) for module in MODULES if module != "system" or vrf == "global")
        for vrf in vrfs
    }


class Watch:
    """Runs the tracking against a world; `witness` is told of everything that was observed."""

    def __init__(self, random, world, watching, witness, plan=None):
        self.random, self.world, self.watching, self.witness = random, world, watching, witness
        self.plan = plan or Plan(tells=TELLS, histories=HISTORIES, polled=_polled(world.profile.vrfs))
        self.record = Record()
        self.state = None
        self.now = world.begins
        self.polls, self.stops, self.outages = [], [], []
        """Polls that were observed; when the daemon did not run, and whether it was killed; when nothing answered."""
        self._queue, self._order, self._life = [], count(), 0
        self._busy, self._asked, self._ragged = {}, set(), {}
        self._sightings = []
        self._written_at = self.now
        self._plan_trouble()
        self._plan_notifications()

    def _plan_trouble(self):
        begins, calm, watching = self.world.begins, self.world.calm, self.watching
        for _ in range(watching.outages):
            start = self.random.uniform(begins, calm)
            self.outages.append((start, start + self.random.uniform(0.2, 1) * watching.outage))
        for number in range(watching.stops + watching.kills):
            self._at(self.random.uniform(begins, calm), self._stop, number >= watching.stops)

    def _plan_notifications(self):
        """Let the device say so when SAs begin and end, some of them and not always at once."""
        for life in self.world.lives:
            for at in (life.born, life.died):
                if self.random.random() < self.watching.told and self.world.begins < at < self.world.calm:
                    self._at(at + self.random.uniform(0, 1), self._hear, life)

    def _hear(self, life):
        """Read the row that the device has spoken of."""
        if self.state is not None and not self._in_outage():
            told = RowPoll(life=life, taken_at=self.now, duration=self.random.uniform(0.01, 0.3))
            self._at(told.done_at, self._see, told, life=self._life)

    def _see(self, told):
        sighting = read_row(self.world, told)
        if sighting is None:
            return
        before = self.state
        step = run(observing_rows(before, sighting, self.now, self.plan))
        if step.state is not before:
            self.polls.append((told, Snapshot(origin=sighting.origin, taken_at=told.taken_at, duration_seconds=0.1)))
            self._sightings = [*self._sightings[-50:], (told, sighting)]
            self.witness.sighted(told, step)
        self._take(step)

    def run(self, until):
        """Watch until some time; the device is calm from `world.calm` on, and every poll succeeds."""
        self._start()
        while self._queue and self._queue[0][0] <= until:
            self.now, _, life, act, args = heappop(self._queue)
            if life is None or life == self._life:
                act(*args)
        self.record.write()

    def _at(self, at, act, *args, life=None):
        heappush(self._queue, (at, next(self._order), life, act, args))

    def _start(self):
        self._life += 1
        self._busy, self._asked = {}, set()
        self.state = begin("hub1", self.record.memories(), self.plan, self.now)
        self.witness.started(self)
        for vrf in self.world.profile.vrfs:
            for module in MODULES:
                if module != "system" or vrf == "global":
                    self._at(self.now + self.random.uniform(0, 5), self._poll_on, vrf, module, life=self._life)
        self._at(self.now + TICK, self._tick, life=self._life)

    def _stop(self, killed):
        if self.state is None:
            return
        if killed:
            self.record.lose()
        else:
            self._take(pass_time(self.state, self.now, self.plan, everything=True))
        self.record.write()
        self.state = None
        self._life += 1
        back = min(self.now + self.random.uniform(0.05, 1) * self.watching.downtime, self.world.calm + 1)
        self.stops.append((self.now, back, killed))
        self.witness.stopped(killed=killed)
        self._at(back, self._start)

    def _tick(self):
        self._take(pass_time(self.state, self.now, self.plan))
        if self.now - self._written_at >= self.random.uniform(0.2, 1) * self.watching.written_every:
            self.record.write()
            self._written_at = self.now
        self._at(self.now + TICK, self._tick, life=self._life)

    def _poll_once(self, vrf, module):
        self._poll(vrf, module, regular=False)

    def _poll_on(self, vrf, module):
        self._poll(vrf, module, regular=True)

    def _poll(self, vrf, module, *, regular):
        """Poll a module, once a poll of it that is under way has come to its end."""
        if (busy := self._busy.get((vrf, module), 0.0)) > self.now:
            self._at(busy, self._poll_on if regular else self._poll_once, vrf, module, life=self._life)
            return
        if not regular:
            self._asked.discard((vrf, module))
        watching, trouble = self.watching, self.now < self.world.calm
        duration = self.random.uniform(0.05, 1) * watching.duration
        fails = trouble and (self._in_outage() or self.random.random() < watching.lost)
        poll = Poll(
            vrf=vrf,
            module=module,
            taken_at=self.now,
            duration=duration,
            fails=fails,
            lossy=trouble and self.random.random() < watching.incomplete,
            ragged=trouble and self._is_ragged(vrf, module, fails=fails),
            late_rows=watching.late_rows,
        )
        self._at(poll.done_at, self._observe, poll, life=self._life)
        self._busy[vrf, module] = poll.done_at
        if regular:
            interval = watching.history_interval if module in SLOW else watching.interval
            following = self.now + interval + self.random.uniform(-1, 1) * watching.jitter
            self._at(following, self._poll_on, vrf, module, life=self._life)

    def _is_ragged(self, vrf, module, *, fails):
        """Rows are ragged where they were made while they were walked: not the same ones for ever."""
        since = self._ragged.get((vrf, module), self.now)
        ragged = self.now - since < RAGGED_SECONDS and self.random.random() < self.watching.ragged
        if ragged:
            self._ragged[vrf, module] = since
        elif not fails:
            self._ragged.pop((vrf, module), None)
        return ragged

    def _in_outage(self):
        return any(begin <= self.now < end for begin, end in self.outages)

    def _observe(self, poll):
        snapshot = read(self.world, poll)
        meanwhile = [(told, one) for told, one in self._sightings if one.taken_at >= poll.taken_at]
        snapshot = amended(snapshot, [one for _, one in meanwhile])
        poll.amended_by = [told for told, one in meanwhile if one.origin == snapshot.origin]
        self.polls.append((poll, snapshot))
        self._take(observe(self.state, snapshot, self.now, self.plan))
        self.witness.observed(self, poll, snapshot)

    def _take(self, step):
        self.state = step.state
        self.record.submit(step.changes)
        for vrf, source, module in sorted(step.look_at):
            assert (source, module) in self.plan.tells, "what is to be looked at is a module"
            self._ask(vrf, module)

    def _ask(self, vrf, module):
        """Poll a module soon, unless that is asked for already."""
        if (vrf, module) not in self._asked:
            self._asked.add((vrf, module))
            self._at(self.now + self.random.uniform(0.01, 2), self._poll_once, vrf, module, life=self._life)

    def exposed(self, vrf):
        """What a scrape would see now."""
        return run(exposing(self.state, vrf, self.plan))
