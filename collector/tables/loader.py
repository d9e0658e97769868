"""Table files into Tables, in the order in which a reader meets them.

What one object says is read in `objects`, what only shows across entries is held in `checks`.
"""

from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from collector.errors import TableError
from collector.model import ENTITIES
from collector.tables import checks, notifications, objects
from collector.tables.nodes import Entry, read
from collector.tables.prefix import common_prefix
from collector.tables.schema import Module, Table, Tables
from collector.wire.ber import encode_arcs

MODULES_FILE = "modules.yaml"
_FILE_KEYS = ("enums", "left_out", "notifications", "objects", "tables")
_TABLE_KEYS = ("augments", "columns", "constants", "each", "index", "oid", "scalars")


def load(directory: Path | None = None) -> Tables:
    """Read the table files of a directory; the ones that come with tunnelwatch, once, if none is named.

    Raises: TableError naming file, line and entry.
    """
    return _shipped() if directory is None else load_texts(_texts(directory))


@lru_cache(maxsize=1)
def _shipped() -> Tables:
    return load_texts(_texts(resources.files("mibs")))


def _texts(directory: Traversable) -> dict[str, str]:
    try:
        files = [file for file in directory.iterdir() if file.name.endswith(".yaml")]
        return {file.name: file.read_text(encoding="utf-8") for file in sorted(files, key=lambda file: file.name)}
    except (OSError, UnicodeDecodeError) as error:
        raise TableError(f"table files in {directory}: {error}") from None


def load_texts(files: Mapping[str, str]) -> Tables:
    """Read table files from their texts by file name; `modules.yaml` says what is polled together.

    Raises: TableError naming file, line and entry.
    """
    if MODULES_FILE not in files:
        raise TableError(f"{MODULES_FILE} is missing")
    tables: dict[str, Table] = {}
    lines: dict[str, Entry] = {}
    left_out: dict[str, str] = {}
    documents = [read(name, text) for name, text in files.items() if name != MODULES_FILE]
    sections = [_mib(document, tables, lines, left_out) for document in documents]
    checks.across(tables, lines)
    modules = _modules(read(MODULES_FILE, files[MODULES_FILE]), tables)
    notified = notifications.notified(sections, tables)
    return Tables(
        modules=modules,
        tables=tables,
        left_out=left_out,
        objects=_objects(tables),
        notifications=notifications.notifications(sections, notified, tables, modules),
        notified=notified,
    )


def _mib(
    document: Entry, tables: dict[str, Table], lines: dict[str, Entry], left_out: dict[str, str]
) -> notifications.Section:
    keys = document.mapping(required=("mib",), optional=_FILE_KEYS)
    if not {"tables", "notifications", "objects"} & keys.keys():
        raise document.error("has neither `tables` nor `notifications` nor `objects`")
    mib = keys["mib"].text()
    enums = {name: objects.labels(entry) for name, entry in keys["enums"].items()} if "enums" in keys else {}
    for name, entry in keys["tables"].items() if "tables" in keys else ():
        if name in tables:
            raise entry.error(f"{tables[name].mib} has a table of this name too")
        lines[name] = entry
        tables[name] = _table(mib, name, entry, enums)
    if "left_out" in keys:
        left_out.update({name: reason.text() for name, reason in keys["left_out"].items()})
    return notifications.Section(
        mib=mib, enums=enums, objects=keys.get("objects"), notifications=keys.get("notifications")
    )


def _table(mib: str, name: str, entry: Entry, enums: objects.Enums) -> Table:
    keys = entry.mapping(required=("entity",), optional=_TABLE_KEYS)
    shape = {"oid", "index", "columns", "scalars"} & keys.keys()
    if shape not in ({"scalars"}, {"oid", "index", "columns"}):
        raise entry.error("has either `scalars`, or `oid`, `index` and `columns`")
    index = dict(keys["index"].items()) if "index" in keys else {}
    accessible = dict((keys["scalars"] if "scalars" in keys else keys["columns"]).items())
    oid = objects.oid(keys["oid"]) if "oid" in keys else b""
    if "scalars" in keys:
        columns = [objects.scalar(*item, number, enums) for number, item in enumerate(accessible.items(), 1)]
    else:
        columns = [objects.column(*item, oid, enums) for item in accessible.items()]
    table = Table(
        name=name,
        mib=mib,
        oid=oid or common_prefix([column.oid for column in columns]),
        entity=ENTITIES[keys["entity"].choice(ENTITIES)],
        scalars="scalars" in keys,
        columns=tuple(columns),
        index=tuple(objects.index_part(*item, enums) for item in index.items()),
        augments=keys["augments"].text() if "augments" in keys else None,
        constants={field: value.text() for field, value in keys["constants"].items()} if "constants" in keys else {},
        each=keys["each"].text() if "each" in keys else None,
    )
    checks.within(table, entry, index | accessible)
    return table


def _modules(document: Entry, tables: Mapping[str, Table]) -> dict[str, Module]:
    modules = document.mapping(required=("modules",))["modules"]
    return {name: _module(name, entry, tables) for name, entry in modules.items()}


def _module(name: str, entry: Entry, tables: Mapping[str, Table]) -> Module:
    keys = entry.mapping(required=("contexts", "tables"), optional=("interval", "scheduled"))
    interval = keys["interval"].whole() if "interval" in keys else None
    if interval == 0:
        raise keys["interval"].error("an interval of 0 seconds")
    for table in keys["tables"].sequence():
        if table.text() not in tables:
            raise table.error(f"no file has a table {table.text()!r}")
    return Module(
        name=name,
        tables=tuple(tables[table.text()] for table in keys["tables"].sequence()),
        interval_seconds=interval,
        contexts="each" if keys["contexts"].choice(("each", "default")) == "each" else "default",
        scheduled=keys["scheduled"].flag() if "scheduled" in keys else True,
    )


def _objects(tables: Mapping[str, Table]) -> dict[str, tuple[bytes, int]]:
    found = {}
    for table in tables.values():
        for part in table.index:
            if part.number is not None:
                found[part.name] = (table.oid + objects.ENTRY_ARC + encode_arcs([part.number]), part.tag)
        found |= {column.name: (column.oid, column.tag) for column in table.columns}
    return found
