"""GETs of any number of instances: as many per request as the agent answers; what fails costs itself only.

Source: RFC 3416 §4.2.1, RFC 1157 §4.1.2.
"""

from collections.abc import Sequence

from collector.wire.snmp import END_OF_MIB_VIEW, NO_SUCH_OBJECT, ErrorStatus, PduType, Varbind
from collector.wire.walk import TIMED_OUT, Cell
from collector.wire.walk_request import Answer, Request, error_name

_MOST = 40


class Fetch:
    """Instances of one context of one agent under way; driven as a Walk is, with one request in flight."""

    __slots__ = ("_answered", "_at_once", "_in_flight", "_oids", "_values", "_waiting", "errors", "failure")

    def __init__(self, oids: Sequence[bytes]) -> None:
        self.failure: str | None = None
        """Why the whole is over before its end: the target is silent."""
        self.errors: dict[bytes, str] = {}
        """Instances (OID content octets) that could not be read, and why."""
        self._oids = tuple(oids)
        self._values: dict[bytes, Varbind] = {}
        self._waiting = list(dict.fromkeys(oids))
        self._at_once = _MOST
        self._in_flight = False
        self._answered = False

    @property
    def done(self) -> bool:
        """Whether there is nothing left to ask or to wait for."""
        return self.failure is not None or not (self._waiting or self._in_flight)

    @property
    def varbinds(self) -> list[Varbind]:
        """What was read, exceptions included, in the order of the question; without what is in `errors`."""
        return [self._values[oid] for oid in self._oids if oid in self._values]

    def value(self, oid: bytes) -> Cell | None:
        """Return the value of an instance; None if it has none, or could not be read."""
        _, tag, content = self._values.get(oid, (oid, NO_SUCH_OBJECT, b""))
        return None if NO_SUCH_OBJECT <= tag <= END_OF_MIB_VIEW else (tag, content)

    def is_unknown(self, oid: bytes) -> bool:
        """Whether the agent said that it has no such object, not merely no such instance."""
        return oid in self._values and self._values[oid][1] == NO_SUCH_OBJECT

    def next_request(self) -> Request | None:
        """Return what to ask now; None if an answer must come first, or all is done."""
        if self.done or self._in_flight:
            return None
        self._in_flight = True
        return Request(PduType.GET, self._waiting[: self._at_once], small=True)

    def answer(self, request: Request, answer: Answer) -> None:
        """Take the response to a request."""
        self._in_flight = False
        self._answered = True
        if not answer.error_status:
            self._take_varbinds(request, answer.varbinds)
        elif answer.error_status == ErrorStatus.noSuchName and _is_place(answer.error_index, request):
            oid = request.oids[answer.error_index - 1]
            self._keep((oid, NO_SUCH_OBJECT, b""))
        elif answer.error_status != ErrorStatus.tooBig and _is_place(answer.error_index, request):
            self._give_up(request.oids[answer.error_index - 1], error_name(answer.error_status))
        else:
            self._shrink(request, error_name(answer.error_status))

    def time_out(self, request: Request) -> None:
        """Take it that a request, sent as often as it may be, was not answered."""
        self._in_flight = False
        if self._answered:
            self._shrink(request, TIMED_OUT)
        else:
            self.failure = TIMED_OUT

    def _take_varbinds(self, request: Request, varbinds: Sequence[Varbind]) -> None:
        asked = set(request.oids)
        answers = [varbind for varbind in varbinds if varbind[0] in asked]
        for varbind in answers:
            self._keep(varbind)
        if not answers:
            self._shrink(request, "another answer than asked for")

    def _keep(self, varbind: Varbind) -> None:
        if varbind[0] not in self._values:
            self._values[varbind[0]] = varbind
            self._waiting.remove(varbind[0])

    def _give_up(self, oid: bytes, error: str) -> None:
        self.errors[oid] = error
        self._waiting.remove(oid)

    def _shrink(self, request: Request, error: str) -> None:
        """Ask for half as many at once; give up what fails alone."""
        if len(request.oids) > 1:
            self._at_once = (len(request.oids) + 1) // 2
        else:
            self._give_up(request.oids[0], error)


def _is_place(index: int, request: Request) -> bool:
    return 1 <= index <= len(request.oids)
