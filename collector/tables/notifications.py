"""The `notifications` and `objects` of table files: what a trap or inform is about, and how what it carries is read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, get_args

from collector.model import Happening, Level
from collector.tables import objects
from collector.tables.nodes import Entry
from collector.tables.schema import Module, NotificationType, NotifiedObject, Table

_KEYS = ("level", "module", "objects", "table", "up", "up_when")
_HAPPENINGS: dict[str, Happening] = {name: name for name in get_args(Happening)}
_LEVELS: dict[str, Level] = {name: name for name in get_args(Level)}

_Names: TypeAlias = Mapping[tuple[str, str], NotifiedObject]
"""Objects by MIB and name, and by an empty MIB and name for whoever means another's: a table's before any other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What one file says of notifications; either part may be absent."""

    mib: str
    enums: objects.Enums
    objects: Entry | None
    notifications: Entry | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    names: _Names
    tables: Mapping[str, Table]
    modules: Mapping[str, Module]


def notified(sections: Sequence[Section], tables: Mapping[str, Table]) -> dict[bytes, NotifiedObject]:
    """Return every object that can be read in a notification, by its OID.

    Raises: TableError naming file, line and object.
    """
    found = {each.oid: each for table in tables.values() for each in objects.notified_objects(table)}
    for section in sections:
        for each, entry in _own_objects(section):
            other = found.setdefault(each.oid, each)
            if other is not each:
                raise entry.error(f"has the OID of {other.name}")
    return found


def notifications(
    sections: Sequence[Section],
    known: dict[bytes, NotifiedObject],
    tables: Mapping[str, Table],
    modules: Mapping[str, Module],
) -> dict[str, NotificationType]:
    """Return every notification by its name; `known` are the objects that `notified` found.

    Raises: TableError naming file, line and notification.
    """
    names = {(mib, each.name): each for each in reversed(known.values()) for mib in ("", each.mib)}
    scope = _Known(names=names, tables=tables, modules=modules)
    found: dict[str, NotificationType] = {}
    oids: dict[bytes, str] = {}
    for section in sections:
        for name, entry in section.notifications.items() if section.notifications else ():
            if name in found:
                raise entry.error(f"has the name of {found[name].mib}'s")
            found[name] = _notification(name, section.mib, entry, scope)
            if oids.setdefault(found[name].oid, name) != name:
                raise entry.error(f"has the OID of {oids[found[name].oid]}")
    return found


def _own_objects(section: Section) -> Iterator[tuple[NotifiedObject, Entry]]:
    entries = dict(section.objects.items()) if section.objects else {}
    needed = {"required": ("oid",), "optional": ("syntax", *objects.NOTIFIED_KEYS)}
    oids = {name: objects.oid(entry.mapping(**needed)["oid"]) for name, entry in entries.items()}
    for name, entry in entries.items():
        yield objects.notified_object(name, section.mib, entry, oids, section.enums), entry


def _notification(name: str, mib: str, entry: Entry, known: _Known) -> NotificationType:
    keys = entry.mapping(required=("oid", "happening"), optional=_KEYS)
    if {"up", "up_when"} <= keys.keys() or {"table", "module"} <= keys.keys():
        raise entry.error("has `up` or `up_when`, and `table` or `module`, not both")
    carried = tuple(_object(each, mib, known) for each in keys["objects"].sequence()) if "objects" in keys else ()
    table = known.tables[keys["table"].choice(known.tables)] if "table" in keys else None
    return NotificationType(
        name=name,
        mib=mib,
        oid=objects.oid(keys["oid"]),
        happening=_HAPPENINGS[keys["happening"].choice(_HAPPENINGS)],
        level=_LEVELS[keys["level"].choice(_LEVELS)] if "level" in keys else None,
        table=table,
        module=_module_of(table, keys["table"], known) if table else _module(keys, known),
        up=keys["up"].flag() if "up" in keys else None,
        up_when=_up_when(keys["up_when"], carried) if "up_when" in keys else None,
        objects=carried,
    )


def _object(entry: Entry, mib: str, known: _Known) -> NotifiedObject:
    name = entry.text()
    found = known.names.get((mib, name)) or known.names.get(("", name))
    if found is None:
        raise entry.error(f"no file has an object {name!r}")
    return found


def _module(keys: Mapping[str, Entry], known: _Known) -> str | None:
    return keys["module"].choice(known.modules) if "module" in keys else None


def _module_of(table: Table, entry: Entry, known: _Known) -> str:
    for name, module in known.modules.items():
        if table in module.tables:
            return name
    raise entry.error(f"{table.name} is in no module")


def _up_when(entry: Entry, carried: Sequence[NotifiedObject]) -> tuple[str, str]:
    said = {name: label.text() for name, label in entry.items()}
    labels = {each.name: tuple(each.enum.values()) for each in carried if each.enum}
    if len(said) != 1 or any(label not in labels.get(name, ()) for name, label in said.items()):
        raise entry.error("must be one of the notification's enumerations and a label of it")
    return next(iter(said.items()))
