"""An SNMP agent as a pure function over a sorted table, with misbehaviours that can be switched on."""

import bisect
from collections import Counter, deque

from collector.wire.ber import decode_oid, encode_arcs, encode_oid
from collector.wire.snmp import END_OF_MIB_VIEW, INTEGER, NO_SUCH_INSTANCE, NO_SUCH_OBJECT, ErrorStatus, PduType
from collector.wire.walk import Answer, TableWalk

ENTRY = (1, 3, 6, 1, 4, 1, 9, 9, 171, 1, 3, 2, 1)
"""cipSecTunnelEntry."""

HEADER_OCTETS = 40


def column_oid(number, entry=ENTRY):
    return encode_oid((*entry, number))


def columns(*numbers, entry=ENTRY):
    return tuple((number, column_oid(number, entry)) for number in numbers)


def index(*arcs):
    return encode_arcs(arcs)


def cell(number, arcs):
    """A value by which a cell can be told from any other one."""
    return (INTEGER, repr((number, arcs)).encode())


def table(numbers, rows, entry=ENTRY):
    """Objects of a table in which each row (arcs) has each column."""
    return {(*entry, number, *arcs): cell(number, arcs) for number in numbers for arcs in rows}


def table_walk(numbers, entry=ENTRY, **more):
    return TableWalk(columns=columns(*numbers, entry=entry), **{"max_rows": 10_000, **more})


def rows_of(objects, numbers, entry=ENTRY):
    """The rows that a walk of these columns must find."""
    rows = {}
    for arcs, value in objects.items():
        size = len(entry)
        if arcs[:size] == entry and arcs[size] in numbers:
            rows.setdefault(encode_arcs(arcs[size + 1 :]), {})[arcs[size]] = value
    return rows


class ModelAgent:
    """Answers requests of a walk; each method that a misbehaviour changes can be replaced."""

    def __init__(self, objects, *, version=2, max_octets=65507, max_varbinds=10**6, silent_above=None, errors=()):
        self.replace(objects)
        self.version = version
        self.max_octets = max_octets
        self.max_varbinds = max_varbinds
        self.silent_above = silent_above
        self.errors = dict(errors)
        """OID arcs of a prefix -> (error-status, whether error-index is told) for requests whose answer reaches it."""
        self.alive = True
        self.requests = []
        self.before = lambda _: None
        self.distort = lambda varbinds, _: varbinds

    def replace(self, objects):
        """Have other objects from now on."""
        self.objects = dict(objects)
        self.keys = sorted(self.objects)

    def respond(self, request):
        """An Answer, or None for silence."""
        self.requests.append(request)
        self.before(self)
        if not self.alive or (self.silent_above is not None and request.rows > self.silent_above):
            return None
        if request.type is PduType.GET:
            return self._get(request)
        return self._get_next(request)

    def _error(self, status, index=0):
        return Answer(int(status), index, (), HEADER_OCTETS)

    def _get(self, request):
        varbinds = []
        for place, name in enumerate(request.oids, 1):
            arcs = decode_oid(name)
            if error := self._error_at(arcs):
                return self._error(error[0], place if error[1] else 0)
            if arcs in self.objects:
                varbinds.append((name, *self.objects[arcs]))
            elif self.version == 1:
                return self._error(ErrorStatus.noSuchName, place)
            else:
                implemented = any(key[: len(arcs) - 1] == arcs[:-1] for key in self.objects)
                varbinds.append((name, NO_SUCH_INSTANCE if implemented else NO_SUCH_OBJECT, b""))
        return self._fit(varbinds, request)

    def _error_at(self, arcs):
        for prefix, error in self.errors.items():
            if arcs is not None and arcs[: len(prefix)] == prefix:
                return error
        return None

    def _next(self, arcs):
        place = bisect.bisect_right(self.keys, arcs)
        return self.keys[place] if place < len(self.keys) else None

    def _get_next(self, request):
        names = [decode_oid(name) for name in request.oids]
        varbinds = []
        for _ in range(request.rows):
            for place, arcs in enumerate(names):
                following = self._next(arcs)
                if error := self._error_at(following):
                    return self._error(error[0], place + 1 if error[1] else 0)
                if following is None:
                    if self.version == 1:
                        return self._error(ErrorStatus.noSuchName, place + 1)
                    varbinds.append((encode_oid(arcs), END_OF_MIB_VIEW, b""))
                else:
                    varbinds.append((encode_oid(following), *self.objects[following]))
                    names[place] = following
        return self._fit(varbinds, request)

    def _fit(self, varbinds, request):
        varbinds = self.distort(varbinds, request)
        octets = HEADER_OCTETS
        fitting = []
        for varbind in varbinds[: self.max_varbinds]:
            octets += len(varbind[0]) + len(varbind[2]) + 6
            if octets > self.max_octets:
                break
            fitting.append(varbind)
        if request.type is not PduType.GET_BULK and len(fitting) < len(varbinds):
            return self._error(ErrorStatus.tooBig)
        if not fitting and varbinds:
            return self._error(ErrorStatus.tooBig)
        return Answer(0, 0, fitting, min(octets, self.max_octets))


def drive(walk, agent, *, outstanding=2, most_requests=100_000, pick=lambda _: 0):
    """Run a walk to its end; `pick` chooses which request in flight comes back next."""
    in_flight = deque()
    tally = Counter()
    while not walk.done:
        while len(in_flight) < outstanding and (request := walk.next_request()):
            in_flight.append(request)
            tally["requests"] += 1
            tally["most_in_flight"] = max(tally["most_in_flight"], len(in_flight))
        assert in_flight, "a walk that is not done must have something to ask or to wait for"
        assert tally["requests"] <= most_requests, "too many requests"
        place = pick(len(in_flight))
        request = in_flight[place]
        del in_flight[place]
        answer = agent.respond(request)
        if answer is None:
            tally["timeouts"] += 1
            walk.time_out(request)
        else:
            tally["varbinds"] += len(answer.varbinds)
            walk.answer(request, answer)
    return tally
