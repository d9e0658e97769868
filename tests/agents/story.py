"""A device whose true story a test tells, or chance: an SNMP agent on loopback shows what is so now.

The story is kept as the lives of `tests.property.device`: what the agent says, and what is to be on record in the end,
come from the same truth.
"""

import time
from dataclasses import fields, replace
from ipaddress import ip_address

from collector.model import IkeSa
from collector.tables import load
from collector.wire.ber import decode_oid, encode_integer
from collector.wire.snmp import COUNTER32, NO_SUCH_INSTANCE, NO_SUCH_OBJECT, TIMETICKS, PduType
from tests.agents.model_agent import ModelAgent
from tests.agents.udp_model import UdpModel
from tests.property.device.lives import RELOAD, Boot, Entry, Life, Line, World
from tests.property.device.profile import Profile
from tests.property.device.render import Poll, read

VRF = "global"
MODULES = ("system", "ipsec", "ike", "history", "failures")
UPTIME = 5000.0
QUIET_SECONDS = 0.03
"""A walk is answered as of one moment: what the agent shows changes between walks only."""
_TABLES = load()
_OF_ENTITY = {
    table.entity: table
    for name in MODULES
    for table in reversed(_TABLES.modules[name].tables)
    if table.mib != "SNMP-FRAMEWORK-MIB"
}
_ENGINE = _TABLES.tables["snmpEngine"]
_TAG_AND_LENGTH = 2


def line(number, level="child", vrf=VRF):
    """Where a tunnel is: between the hub and spoke `number`."""
    nets = ("10.1.0.0", f"172.16.{number}.0") if level == "child" else None
    return Line(vrf=vrf, level=level, local="192.0.2.1", remote=f"10.9.0.{number}", nets=nets)


class Story:
    """What happens on a device."""

    def __init__(self, world=None):
        now = time.time()
        self.world = world or World(
            profile=Profile(vrfs=(VRF,), uptime=UPTIME),
            begins=now,
            calm=float("inf"),
            boots=(Boot(number=0, began=now - UPTIME),),
            lives=[],
            closed={},
            mishaps={},
        )
        self._next = {"child": 1, "ike": 1}
        if world is None:
            self._changed()

    def begin(self, where, ago=0.0, **rates):
        """Let an SA begin; `rates` are what it carries per second, by counter."""
        index, self._next[where.level] = self._next[where.level], self._next[where.level] + 1
        born = time.time() - ago
        life = Life(line=where, boot=len(self.world.boots) - 1, born=born, rates=rates, index=index)
        self.world.lives.append(life)
        self._changed()
        return life

    def end(self, life, reason="peerLost"):
        """Let it end; the history tells of it at once."""
        life.died, life.reason = time.time(), reason
        rows = self.closed(life.line.level)
        rows.append(Entry(index=len(rows) + 1, at=life.died, life=life))
        self._changed()
        return life

    def closed(self, level="child", vrf=VRF):
        """The rows of a history since the device started."""
        return self.world.closed.setdefault((len(self.world.boots) - 1, vrf, level), [])

    def reload(self):
        """Restart the device: all SAs end without a word, and indexes begin anew."""
        now, boot = time.time(), self.world.boots[-1]
        for life in self.world.lives:
            if life.alive(now):
                life.died, life.reason = now, RELOAD
        self.world.boots = (*self.world.boots[:-1], replace(boot, ends=now), Boot(number=boot.number + 1, began=now))
        self._next = {"child": 1, "ike": 1}
        self._changed()

    def objects(self, vrf=VRF):
        """What an SNMP context shows now: OID -> tag and content."""
        now, objects = time.time(), {}
        for module in MODULES:
            for entity in read(self.world, Poll(vrf=vrf, module=module, taken_at=now)).entities:
                objects |= instances(entity)
        return objects

    def _changed(self):
        for level in ("child", "ike"):
            self.closed(level)
        self.world.__dict__.pop("_by_place", None)


def instances(entity):
    """The cells of an entity's row, as the MIBs have them."""
    table = _OF_ENTITY[type(entity)]
    if isinstance(entity, IkeSa) or hasattr(entity, "local_identity_type"):
        typed = {f"{side}_identity_type": "ipAddrPeer" for side in ("local", "remote")}
        entity = replace(entity, **{name: kind for name, kind in typed.items() if hasattr(entity, name)})
    told = {field.name: value for field in fields(entity) if (value := getattr(entity, field.name)) is not None}
    index = tuple(map(int, entity.index.split(".")))
    columns = [*table.columns, *(_ENGINE.columns if table.scalars else ())]
    return {
        (*decode_oid(column.oid), *index): _cell(column, told[column.field])
        for column in columns
        if column.field in told and column.superseded_by is None and _can_say(column, told[column.field])
    }


def _can_say(column, value):
    return column.enum is None or value in column.enum.values()


def _cell(column, value):
    if column.enum is not None:
        return column.tag, _integer(next(number for number, label in column.enum.items() if label == value))
    if isinstance(value, bool):
        return column.tag, _integer(1 if value else 2)
    if column.tag == TIMETICKS or column.syntax == "TimeInterval":
        return column.tag, _integer(round(value * 100))
    if isinstance(value, str):
        return column.tag, ip_address(value).packed if column.syntax == "IPSIpAddress" else value.encode()
    return column.tag, _integer(value % 2**32 if column.tag == COUNTER32 else value)


def _integer(value):
    return encode_integer(value)[_TAG_AND_LENGTH:]


class _Implementing(ModelAgent):
    """An agent that tells an empty table from one that it does not have."""

    def respond(self, request):
        answer = super().respond(request)
        if answer is None or request.type is not PduType.GET or answer.error_status:
            return answer
        varbinds = [
            (name, NO_SUCH_INSTANCE, b"") if tag == NO_SUCH_OBJECT and _is_implemented(name) else (name, tag, content)
            for name, tag, content in answer.varbinds
        ]
        return replace(answer, varbinds=varbinds)


def _is_implemented(name):
    return any(name.startswith(column.oid) for table in _OF_ENTITY.values() for column in table.columns)


class StoryAgent(UdpModel):
    """Answers as the device of a story does, at `port`; `answers = False` makes it silent."""

    def __init__(self, story, **more):
        self._asked_at = 0.0
        self.story = story
        self.answers = True
        agent = _Implementing({})
        agent.before = self._look
        super().__init__(agent, **more)

    def _look(self, agent):
        agent.alive = self.answers and self.story.world.boot(time.time()) is not None
        now, self._asked_at, before = time.time(), time.time(), self._asked_at
        if agent.alive and now - before > QUIET_SECONDS:
            agent.replace(self.story.objects())
