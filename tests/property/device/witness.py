"""What must be true all the time: honest states, accounts that never fall, transitions that happened."""

from collections import Counter

LEVELS = {"ipsec": "child", "ike": "ike"}


class Witness:
    """Looks at what is exposed after each poll that lists SAs."""

    def __init__(self, world):
        self.world = world
        self.accounts, self.listed, self.seen_whole = {}, {}, set()
        self.ups, self.downs, self.tainted = Counter(), Counter(), set()
        self.checks = 0

    def started(self, watch):
        """The daemon begins: nothing has answered yet, so nothing is known."""
        for vrf in self.world.profile.vrfs:
            for tunnel in self._tunnels(watch.exposed(vrf)):
                assert tunnel.state == "unknown", f"{tunnel.name} is {tunnel.state} although nothing answered yet"

    def stopped(self, *, killed):
        """What was shown but not written is not remembered after a kill."""
        if killed:
            self.accounts.clear()
            self.seen_whole.clear()
            self.tainted |= self.listed.keys() | self.ups.keys()

    def observed(self, watch, poll, snapshot):
        """Check what a scrape would see after a poll."""
        level = LEVELS.get(poll.module)
        if level is None:
            return
        exposed = watch.exposed(poll.vrf)
        if poll.module == "ike" and not self.world.profile.ike_rows:
            assert not exposed.ikes
            return
        tunnels = {
            (poll.vrf, level, tunnel.name, tunnel.peer): tunnel
            for tunnel in (exposed.children if level == "child" else exposed.ikes)
        }
        self.checks += 1
        if snapshot.error is not None:
            for tunnel in tunnels.values():
                assert tunnel.state == "unknown", f"{tunnel.name} is {tunnel.state} although the poll failed"
                assert not any(value is not None for value in tunnel.account), "an account of what is unknown"
            return
        self._check_states(poll, level, tunnels, complete=not snapshot.incomplete)
        self._check_accounts(tunnels)

    def sighted(self, told, step):
        """A row was read by itself: how often its tunnel went up and down is no longer what polls alone found.

        Nor is that of the tunnel which had a row of this index before.
        """
        moves = (move for changes in step.changes for move in changes.transitions)
        self.tainted |= {(move.vrf, move.level, move.tunnel, move.peer) for move in moves}
        for line in told.lines:
            self.tainted |= {line.key, line.bare_key}

    def _tunnels(self, exposed):
        return (*exposed.children, *exposed.ikes)

    def _check_states(self, poll, level, tunnels, *, complete):
        listed, doubtful = self._listed(poll)
        for key in listed - doubtful:
            assert key in tunnels, f"{key} is listed and not shown at {poll.taken_at}"
            assert tunnels[key].state == "up", f"{key} is listed and {tunnels[key].state} at {poll.taken_at}"
        for key in tunnels.keys() - listed - doubtful:
            if complete:
                assert tunnels[key].state == "down", f"{key} is not listed and {tunnels[key].state} at {poll.taken_at}"
            elif self.listed.get(key):
                assert tunnels[key].state != "down", f"{key} is down by a table that was not read to its end"
        self.tainted |= doubtful
        self._count(level, poll.vrf, listed, complete=complete)

    def _listed(self, poll):
        """Tunnels with a row; and those of which nobody can say, since a row came nameless or ended meanwhile."""
        listed, doubtful = set(), set()
        for life, _, whole in poll.listed:
            key = self.world.key(life.line)
            if whole:
                self.seen_whole.add(life)
            if (whole or life in self.seen_whole) and life.died > poll.done_at:
                listed.add(key)
            else:
                # Where nothing else tells selectors, a row without them is a tunnel of its addresses.
                doubtful |= {key, life.line.bare_key}
        amended = {key for told in poll.amended_by for line in told.lines for key in (line.key, line.bare_key)}
        return listed - amended, doubtful - listed | amended

    def _count(self, level, vrf, listed, *, complete):
        for key in listed:
            if not self.listed.get(key):
                self.ups[key] += key in self.listed
                self.listed[key] = True
        if complete:
            for key in [key for key, up in self.listed.items() if up and key[:2] == (vrf, level)]:
                if key not in listed:
                    self.downs[key] += 1
                    self.listed[key] = False

    def _check_accounts(self, tunnels):
        for key, tunnel in tunnels.items():
            if tunnel.state == "unknown":
                continue
            account = tuple(tunnel.account)
            for name, before, now in zip(tunnel.account._fields, self.accounts.get(key, ()), account, strict=False):
                assert before is None or (now is not None and now >= before), f"{name} of {key} fell: {before} to {now}"
            self.accounts[key] = account
