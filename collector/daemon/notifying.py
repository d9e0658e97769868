"""What becomes of a notification: it is counted, goes on record as an event, and makes us look at what it speaks of.

It is never believed: what is so is read. But what was announced is compared with what is found.
"""

import itertools
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from collector.daemon.announcements import Announcements, Found
from collector.daemon.fleet import Fleet
from collector.daemon.lookout import Look, Lookout
from collector.daemon.tracking import Tracking
from collector.interpret.hints import Hint, hint
from collector.interpret.ios_syslog import interpret_syslog
from collector.interpret.notification import NotificationReader
from collector.interpret.senders import NoTarget, Senders, Whose
from collector.model import GLOBAL_VRF, Event, Notification, Origin
from collector.sources.syslog import SyslogArrival
from collector.sources.trap import TrapArrival
from collector.tables import Tables
from collector.tunnels import Step

OTHER = "other"
"""The name that counts notifications which no file names."""
MOST_VRFS = 8
"""VRFs of a target in which a row is looked for whose VRF nobody names; with more, only in those that list it."""
LONGEST_WAIT_SECONDS = 60.0
"""A notification has not waited for longer than this in our buffers: if it seems so, a clock was set."""
_TUNNEL = frozenset({"tunnel-start", "tunnel-stop"})
_MODULES = {"child": "ipsec", "ike": "ike"}
_RUN, _NUMBERS = secrets.token_hex(8), itertools.count()


@dataclass(slots=True, kw_only=True)
class Notifying:
    """Takes notifications of all sources."""

    tables: Tables
    fleet: Fleet
    tracking: Tracking
    lookout: Lookout
    senders: Senders
    default_vrfs: Mapping[str, str]
    """The VRF of each target that notifications which name none are said to be of."""
    submit: Callable[[Iterable[Event]], None]
    """Puts events on record."""
    received: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """By target, source and name; what no file names has one name."""
    undecoded: Counter[str] = field(default_factory=Counter)
    """Values that could not be decoded, by the name of their object."""
    announcements: dict[str, Announcements] = field(default_factory=dict)
    """By target."""
    _reader: NotificationReader = field(init=False)

    def __post_init__(self) -> None:
        self._reader = NotificationReader(self.tables)

    def knows(self, address: str) -> bool:
        """Whether notifications from an address can be anyone's."""
        return self.senders.knows(address)

    def take_trap(self, arrival: TrapArrival) -> str | None:
        """Take a trap or inform; return why not, if not."""
        record, arrived = arrival.record, _arrived(arrival.received_at)
        principal = record.principal
        whose = self.senders.of_trap(
            arrival.sender,
            community=principal.community,
            context_name=principal.context_name,
            listener_vrf=arrival.listener.vrf,
        )
        if isinstance(whose, NoTarget):
            return str(whose)
        notification = self._reader.read(
            record.trap_oid,
            record.varbinds,
            self.undecoded,
            source="inform" if record.inform else "trap",
            received_at=arrival.received_at,
            sender=arrival.sender,
        )
        self._take(notification, whose, arrived)
        return None

    def take_message(self, arrival: SyslogArrival) -> str | None:
        """Take a syslog message; return why not, if not."""
        arrived = _arrived(arrival.received_at)
        notification = interpret_syslog(arrival.message, received_at=arrival.received_at, sender=arrival.sender)
        whose = self.senders.of_syslog(
            arrival.sender,
            arrival.message.hostname,
            said_vrf=notification.vrf,
            listener_vrf=arrival.listener.vrf,
        )
        if isinstance(whose, NoTarget):
            return str(whose)
        self._take(notification, whose, arrived)
        return None

    def _take(self, notification: Notification, whose: Whose, arrived: float) -> None:
        told = replace(notification, target=whose.target, vrf=whose.vrf)
        known = told.name if told.source == "syslog" or told.name in self.tables.notifications else OTHER
        self.received[whose.target, told.source, known] += 1
        asked = hint(told)
        origins = self._origins(told, whose, asked)
        tunnel, peer = self._tunnel(told, origins)
        self.submit([_event(told, whose, tunnel, peer or told.remote_address)])
        if told.happening in _TUNNEL and (what := told.index or told.remote_address):
            self._announced(whose.target).add(None, told.level, what, arrived)
        self._look(told, asked, origins, arrived)

    def _origins(self, told: Notification, whose: Whose, asked: Hint | None) -> Sequence[Origin]:
        """Return where what a notification speaks of may be: in the VRF that it names, else in any of its target."""
        module = asked.module if asked else None
        if module is None:
            return []
        named = Origin(target=whose.target, vrf=whose.vrf, source="snmp", module=module)
        if told.index is None or whose.vrf != self.default_vrfs.get(whose.target):
            return [named]
        everywhere = self.fleet.origins_of(whose.target, module)
        if len(everywhere) <= MOST_VRFS:
            return everywhere
        return [each for each in everywhere if each == named or self._owner(told, each)]

    def _owner(self, told: Notification, origin: Origin) -> tuple[str, str] | None:
        if told.index is None or told.level is None:
            return None
        return self.tracking.owner_of(origin, told.level, told.index)

    def _tunnel(self, told: Notification, origins: Iterable[Origin]) -> tuple[str | None, str | None]:
        """Return the name and peer of the tunnel that has the row which a notification speaks of, as far as known."""
        for origin in origins:
            if owner := self._owner(told, origin):
                return owner
        return None, None

    def _look(self, told: Notification, asked: Hint | None, origins: Iterable[Origin], arrived: float) -> None:
        if asked is None:
            return
        if asked.module is None:
            self._look_at_all(str(told.target), arrived)
            return
        for origin in origins:
            rows = self._rows(told, origin)
            for row in rows:
                self.lookout.look(Look(origin=origin, level=told.level, index=row, arrived=arrived))
            if not rows:
                self.lookout.look(Look(origin=origin, arrived=arrived))

    def _rows(self, told: Notification, origin: Origin) -> list[int]:
        """Return the rows to be read by themselves: the one that is named, or those of a peer that is down."""
        if told.level is None or origin.module != _MODULES.get(told.level):
            return []
        if told.index is not None:
            return [int(told.index)] if told.index.isdecimal() else []
        if told.up is False and told.remote_address:
            return self.tracking.rows_of_peer(origin, told.level, told.remote_address)
        return []

    def _look_at_all(self, target: str, arrived: float) -> None:
        """Look at everything of a target: it says that it has restarted."""
        self.fleet.read_all_of(target)
        for origin in [each for each in self.fleet.watches if each.target == target]:
            self.lookout.look(Look(origin=origin, arrived=arrived))

    def _announced(self, target: str) -> Announcements:
        found = self.announcements.get(target)
        if found is None:
            found = self.announcements[target] = Announcements()
        return found

    def compare(self, target: str, step: Step) -> None:
        """Compare what was found with what was announced, and put transitions and restarts on record as events."""
        found = self._announced(target).compare(step.changes, time.monotonic()) if step.changes else []
        events = [_found(each) for each in found]
        if step.rebooted:
            events.append(_restarted(target))
        if events:
            self.submit(events)


def _arrived(received_at: float) -> float:
    """Return in monotonic time when the system received something: what it waited in our buffers counts, too."""
    waited = time.time() - received_at
    return time.monotonic() - (waited if 0 < waited < LONGEST_WAIT_SECONDS else 0.0)


def _new_id() -> str:
    """Return an event's ID: of this run, counted; randomness for each would be a system call for each."""
    return f"{_RUN}{next(_NUMBERS):016x}"


def _found(found: Found) -> Event:
    move = found.transition
    return Event(
        id=_new_id(),
        at=move.at,
        target=move.target,
        vrf=move.vrf,
        source="poll",
        name=f"tunnel_{move.after}",
        happening="tunnel-start" if move.after == "up" else "tunnel-stop",
        level=move.level,
        tunnel=move.tunnel,
        peer=move.peer,
        up=move.after == "up",
        reason=move.reason,
        announced=found.announced,
    )


def _restarted(target: str) -> Event:
    return Event(
        id=_new_id(),
        at=time.time(),
        target=target,
        vrf=GLOBAL_VRF,
        source="poll",
        name="device_restarted",
        happening="restart",
    )


def _event(told: Notification, whose: Whose, tunnel: str | None, peer: str | None) -> Event:
    return Event(
        id=_new_id(),
        at=told.received_at,
        target=whose.target,
        vrf=whose.vrf,
        source=told.source,
        name=told.name,
        happening=told.happening,
        level=told.level,
        tunnel=tunnel,
        peer=peer,
        index=told.index,
        up=told.up,
        reason=told.reason,
        description=told.description,
        sender=told.sender,
        values=told.values,
    )
