"""A ledger in memory: keeps what it is given as the real one does, and may lose what it had not yet written."""

from collector.model import ContextMemory


class Record:
    """All that was put on record of one target."""

    def __init__(self):
        self.records, self.tunnels, self.sessions, self.failures, self.gaps = {}, {}, {}, {}, {}
        self.readings, self.usages, self.transitions = {}, [], []
        self.waiting = []

    def submit(self, changes):
        """Take changes, to be written later."""
        self.waiting += changes

    def write(self):
        """Write what waits, in its order."""
        for changes in self.waiting:
            self._write(changes)
        self.waiting = []

    def lose(self):
        """Lose what waits, as a kill does."""
        self.waiting = []

    def _write(self, changes):
        vrf = changes.vrf
        if changes.record is not None:
            self.records[vrf] = changes.record
        for tunnel in changes.tunnels:
            self.tunnels[tunnel.vrf, tunnel.level, tunnel.name, tunnel.peer] = tunnel
        for tunnel in changes.forgotten:
            self.tunnels.pop((tunnel.vrf, tunnel.level, tunnel.name, tunnel.peer), None)
        for kept, new in (
            (self.sessions, changes.sessions),
            (self.failures, changes.failures),
            (self.gaps, changes.gaps),
        ):
            for one in new:
                kept[one.vrf, one.number] = one
        if changes.readings is not None:
            self.readings[vrf] = changes.readings
        self.usages += changes.usages
        self.transitions += changes.transitions

    def memories(self):
        """Return what tracking begins from."""
        return [
            ContextMemory(
                record=record,
                tunnels=tuple(tunnel for key, tunnel in self.tunnels.items() if key[0] == vrf),
                sessions=tuple(one for key, one in self.sessions.items() if key[0] == vrf and one.ended_at is None),
                given_up=tuple(one for key, one in self.sessions.items() if key[0] == vrf and one.closed_by == "poll"),
                readings=self._readings(vrf),
                gaps=tuple(one for key, one in self.gaps.items() if key[0] == vrf and one.ends_at is None),
            )
            for vrf, record in self.records.items()
        ]

    def _readings(self, vrf):
        return tuple(
            reading for reading in self.readings.get(vrf, ()) if self.sessions[vrf, reading.number].ended_at is None
        )
