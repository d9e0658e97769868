"""Let a device live: peers that come and go, SAs that are made, rekeyed, replaced and ended, reloads, failures."""

from itertools import count
from math import inf

from tests.property.device.lives import INDEX_WRAP, RELOAD, Boot, Entry, Life, Line, Mishap, World

ENDS = {"child": ("normal", "operRequest", "peerDelRequest", "seqNumRollOver", "other")}
ENDS["ike"] = ("normal", "operRequest", "peerDelRequest", "localFailure", "other")
COPY = {"child": "checkPointReq", "ike": "checkPointReg"}
FAILURES = {"child": ("other", "proposalFailure", "peerLost"), "ike": ("other", "authFailure", "proposalFailure")}


def make_world(random, profile, begins, calm):
    """Make all that happens from some time before `begins` until `calm`."""
    return _Making(random, profile, begins, calm).world()


class _Making:
    def __init__(self, random, profile, begins, calm):
        self.random, self.profile, self.begins, self.calm = random, profile, begins, calm
        self.lives = []

    def world(self):
        boots = self._boots()
        for boot in boots:
            for vrf_number, vrf in enumerate(self.profile.vrfs):
                for peer in range(self.profile.peers):
                    self._live_with(boot, vrf, f"{vrf_number + 1}.{peer + 1}")
        self._number_rows()
        return World(
            profile=self.profile,
            begins=self.begins,
            calm=self.calm,
            boots=boots,
            lives=self.lives,
            closed=self._history(boots),
            mishaps=self._mishaps(boots),
        )

    def _boots(self):
        began, boots = self.begins - self.profile.uptime, []
        span = self.calm - self.begins
        for number in range(self.profile.reloads):
            part = span / self.profile.reloads
            ends = self.begins + part * (number + self.random.uniform(0.2, 0.8))
            boots.append(Boot(number=number, began=began, ends=ends))
            began = ends + self.profile.boot_seconds * self.random.uniform(0.1, 1)
        return (*boots, Boot(number=len(boots), began=began))

    def _live_with(self, boot, vrf, peer):
        local, remote = f"192.0.{peer.split('.', maxsplit=1)[0]}.254", f"10.9.{peer}"
        ike = Line(vrf=vrf, level="ike", local=local, remote=remote)
        children = [
            Line(
                vrf=vrf,
                level="child",
                local=local,
                remote=remote,
                nets=(f"10.{n + 1}.0.0", f"172.{n + 16}.{peer[2:]}.0"),
            )
            for n in range(self.profile.children)
        ]
        begin = max(boot.began, self.begins - self.random.uniform(600, 1800)) if boot.number == 0 else boot.began
        while begin < min(boot.ends, self.calm):
            lost = begin + self.random.expovariate(1 / self.profile.reachable)
            made = self._succession(ike, begin, lost, boot)
            for child in children:
                self._succession(child, begin + self.random.uniform(0, 5), lost, boot, makers=made)
            begin = lost + 1 + self.random.expovariate(1 / self.profile.lost)

    def _succession(self, line, begin, lost, boot, *, makers=None):
        """Make one SA after the other while the peer is reachable."""
        made, born = [], begin
        while born < min(lost, boot.ends, self.calm):
            died, reason = born + self._length(), self.random.choice(ENDS[line.level])
            if died >= lost:
                died, reason = lost, "peerLost"
            if died >= boot.ends:
                died, reason = boot.ends, RELOAD
            if died >= self.calm:
                died, reason = inf, ""
            life = self._life(line, born, died, boot)
            life.reason = reason
            if makers:
                life.maker = max((one for one in makers if one.born <= born), key=lambda one: one.born, default=None)
            made.append(life)
            born = self._next(born, died)
        self.lives += made
        return made

    def _length(self):
        if self.random.random() < self.profile.short:
            return self.random.uniform(0.5, 40)
        return 1 + self.random.expovariate(1 / self.profile.life)

    def _next(self, born, died):
        style = self.random.random()
        if style < self.profile.overlap and died - born > 60:
            return died - self.random.uniform(1, 50)
        if style < self.profile.overlap + self.profile.at_once:
            return died + self.random.choice([0.0, 0.3, 2.0])
        return died + self.random.expovariate(1 / 120)

    def _life(self, line, born, died, boot):
        profile, random = self.profile, self.random
        if profile.old and boot.number == 0 and born < self.begins < died:
            born = max(born - random.uniform(0, profile.old), boot.began)
        octets = 10 ** random.uniform(1, 2) / 100 * profile.octets_per_second
        packet = random.uniform(100, 1400)
        rates = {
            "receive_bytes": octets,
            "receive_packets": octets / packet,
            "transmit_bytes": octets * random.uniform(0.1, 1),
            "transmit_packets": octets / packet * random.uniform(0.2, 2),
        }
        if line.level == "child":
            for name in ("receive_dropped_packets", "receive_replay_dropped_packets", "receive_decryption_failures"):
                rates[name] = random.choice([0, 0.1, 2])
            rates["receive_authentication_failures"] = random.choice([0, 0.01, 1])
            rates["transmit_dropped_packets"] = random.choice([0, 0.5])
        else:
            rates["receive_notifies"] = random.choice([0, 0.1])
            rates["receive_delete_requests"] = random.choice([0, 0.05])
        end = min(died, self.calm)
        rekeys = self._times(max(born, self.begins - 1800), end, profile.rekey)
        resets = ()
        if random.random() < profile.resets and end > self.begins > 0:
            resets = (random.uniform(max(born, self.begins - 1800), end),)
        if profile.zero_at_rekey:
            resets = rekeys
        return Life(line=line, boot=boot.number, born=born, died=died, rates=rates, rekeys=rekeys, resets=resets)

    def _times(self, begin, end, every):
        begin += every * self.random.uniform(0.5, 1.5)
        times = []
        while begin < end:
            times.append(begin)
            begin += every
        return tuple(times)

    def _number_rows(self):
        """Give rows their indexes in the order of births; from 1 in each run of the device but the first."""
        space, taken, following = self.profile.index_space, {}, {}
        for life in sorted(self.lives, key=lambda life: (life.boot, life.born)):
            place = life.boot, life.line.level
            index = following.get(place, self.profile.first_index if life.boot == 0 else 1)
            for _ in range(space):
                index = index if index <= space else 1
                holder = taken.get((place, index))
                if holder is None or holder.died <= life.born:
                    break
                index += 1
            taken[place, index] = life
            life.index = index
            following[place] = index + 1

    def _history(self, boots):
        copies = sorted(self.random.uniform(self.begins, self.calm) for _ in range(self.profile.checkpoints))
        closed = {}
        for number, boot in enumerate(boots):
            for vrf in self.profile.vrfs:
                for level in ("ike", "child"):
                    own = [
                        life
                        for life in self.lives
                        if (life.boot, life.line.vrf, life.line.level) == (number, vrf, level)
                    ]
                    rows = [(life.died, life, False) for life in own if life.reason not in {RELOAD, ""}]
                    rows += [
                        (at, life, True)
                        for at in copies
                        for life in own
                        if life.alive(at) and boot.began <= at < boot.ends
                    ]
                    rows.sort(key=lambda row: (row[0], row[1].index))
                    first = self.profile.first_closed_index if number == 0 else 1
                    closed[number, vrf, level] = [
                        Entry(index=(first + n - 1) % INDEX_WRAP + 1, at=at, life=life, copy=copy)
                        for n, (at, life, copy) in enumerate(rows)
                    ]
        return closed

    def _mishaps(self, boots):
        mishaps = {}
        if not self.profile.failures:
            return mishaps
        lines = {}
        for life in self.lives:
            lines.setdefault((life.line.vrf, life.line.level), []).append(life)
        for number, boot in enumerate(boots):
            for (vrf, level), lives in lines.items():
                numbers = count(1)
                begin = max(boot.began, self.begins - 1800) + self.random.expovariate(1 / self.profile.failures)
                while begin < min(boot.ends, self.calm):
                    life = self.random.choice([one for one in lives if one.alive(begin)] or lives)
                    mishaps.setdefault((number, vrf, level), []).append(
                        Mishap(
                            vrf=vrf,
                            level=level,
                            boot=number,
                            index=next(numbers),
                            at=begin,
                            reason=self.random.choice(FAILURES[level]),
                            line=life.line,
                            child_index=life.index if life.alive(begin) else 0,
                        )
                    )
                    begin += 0.1 + self.random.expovariate(1 / self.profile.failures)
        return mishaps
