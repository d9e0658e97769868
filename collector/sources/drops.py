"""What was not taken, counted by port and reason, and logged without letting strangers fill the log.

The first of a kind is told at once; what follows is told once a minute, in one line; a minute without any ends it.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

import structlog

from collector.sources.listener import Listener

_log = structlog.stdlib.get_logger()

SUMMARY_SECONDS = 60.0
UNKNOWN_SENDER = "unknown-sender"
"""The reason for dropping what comes from an address that is not admitted."""
_MOST_SENDERS = 256
_SHOWN_SENDERS = 5


@dataclass(slots=True)
class _Spell:
    """What has been dropped of one kind since the last line that told so."""

    count: int = 0
    senders: Counter[str] = field(default_factory=Counter)

    def add(self, sender: str) -> None:
        self.count += 1
        if sender in self.senders or len(self.senders) < _MOST_SENDERS:
            self.senders[sender] += 1


class Drops:
    """Counts; `event` is what the log says. Reasons come from fixed lists: nobody else's words are counted by."""

    def __init__(self, event: str, *, unspoken: Collection[str] = (), seconds: float = SUMMARY_SECONDS) -> None:
        self._event = event
        self._unspoken = frozenset(unspoken)
        self._seconds = seconds
        self._counts: dict[Listener, Counter[str]] = {}
        self._spells: dict[tuple[Listener, str], _Spell] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    def of(self, listener: Listener) -> Mapping[str, int]:
        """Return what a port has dropped so far, by reason."""
        return {str(reason): count for reason, count in self._counts.get(listener, {}).items()}

    def count(self, listener: Listener, reason: str, sender: str, detail: str = "", *, number: int = 1) -> None:
        """Count, and say so if it is the first in a while; `detail` must be fit to be read."""
        self._counts.setdefault(listener, Counter())[reason] += number
        if reason in self._unspoken:
            return
        spell = self._spells.get((listener, reason))
        if spell is not None:
            spell.add(sender)
            return
        self._spells[listener, reason] = _Spell()
        more = {"detail": detail} if detail else {}
        _log.warning(self._event, listener=str(listener), reason=str(reason), sender=sender, **more)
        if self._timer is None and not self._closed:
            self._wait()

    def _wait(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._summarise)

    def _summarise(self) -> None:
        for (listener, reason), spell in list(self._spells.items()):
            self._spells.pop((listener, reason))
            if spell.count:
                self._tell(listener, reason, spell)
                self._spells[listener, reason] = _Spell()
        self._timer = None
        if self._spells and not self._closed:
            self._wait()

    def _tell(self, listener: Listener, reason: str, spell: _Spell) -> None:
        _log.warning(
            f"{self._event}, and more of them",
            listener=str(listener),
            reason=str(reason),
            count=spell.count,
            senders=[sender for sender, _ in spell.senders.most_common(_SHOWN_SENDERS)],
        )

    def close(self) -> None:
        """Tell what has not been told; from now on, only firsts are."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._summarise()


Admits = Callable[[str], bool]
"""Whether anything from this address can be of use: whoever it is not true of is not listened to any further."""


def everyone(address: str) -> bool:
    """Admit every address."""
    return bool(address)
