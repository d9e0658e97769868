"""A table file for a MIB: every fact filled in, and `entity` and `field` left empty for who knows what they mean."""

from collections.abc import Iterator, Mapping, Sequence

from collector.mib_compiler.facts import IndexObject, MibObject
from collector.tables.syntaxes import LABELS, SYNTAXES

_COUNTERS = frozenset({"Counter32", "Counter64"})
_DYNAMIC = frozenset({"Gauge32", "TimeTicks", "TimeInterval", "TimeStamp"})
_PLAIN = frozenset({"current", "mandatory"})
_READABLE = frozenset({"read-only", "read-write", "read-create"})


def table_file(module: str, objects: Sequence[MibObject], modules: Mapping[str, Sequence[MibObject]]) -> str:
    """Write the table file of one module; `modules` has the objects of the modules whose names its indexes use."""
    elsewhere = {each.name: each for found in modules.values() for each in found}
    known = elsewhere | {each.name: each for each in objects}
    mapped = [each for each in objects if _reason(each) is None]
    lines = [
        f"# Made from the text of {module}. What is left to say: the entity of each table, the field of each",
        "# column (or, under `left_out`, why it has none), and whether another class fits better.",
        f"mib: {module}",
        "",
        *_enums(mapped),
        "tables:",
        *_scalar_groups(mapped),
        *_tables(mapped, known),
        *_left_out(objects),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _reason(each: MibObject) -> str | None:
    """Why an object cannot be read at all, or should not be."""
    if each.status not in _PLAIN:
        return each.status
    if each.kind == "scalar" and each.access not in _READABLE:
        return "not readable, only in notifications"
    return "opaque" if each.base == "Opaque" else None


def _enums(objects: Sequence[MibObject]) -> list[str]:
    named = {each.declared: each.enum for each in objects if each.enum and _is_named(each)}
    lines = [f"  {name}: {_flow(enum)}" for name, enum in sorted(named.items())]
    return ["enums:", *lines, ""] if lines else []


def _is_named(each: MibObject) -> bool:
    return each.base == "INTEGER" and each.declared != "INTEGER" and each.declared not in {*SYNTAXES, *LABELS}


def _scalar_groups(objects: Sequence[MibObject]) -> Iterator[str]:
    groups: dict[str, list[MibObject]] = {}
    for each in objects:
        if each.kind == "scalar":
            groups.setdefault(each.oid.rpartition(".")[0], []).append(each)
    for scalars in groups.values():
        yield f"  {_common_name(scalars)}:"
        yield "    entity:"
        yield "    scalars:"
        yield from _aligned([(each.name, {"oid": each.oid, **_meaning(each)}) for each in scalars])
        yield ""


def _common_name(scalars: Sequence[MibObject]) -> str:
    first, last = min(each.name for each in scalars), max(each.name for each in scalars)
    same = next((place for place, letter in enumerate(first) if last[place : place + 1] != letter), len(first))
    return f"{first[:same]}Scalars"


def _tables(objects: Sequence[MibObject], known: Mapping[str, MibObject]) -> Iterator[str]:
    rows = {each.oid.rpartition(".")[0]: each for each in objects if each.kind == "row"}
    for table in (each for each in objects if each.kind == "table" and each.oid in rows):
        row = rows[table.oid]
        base = known[row.augments] if row.augments else None
        index = (base or row).index
        names = {part.name for part in index}
        columns = [each for each in objects if each.kind == "column" and each.oid.startswith(f"{row.oid}.")]
        yield f"  {table.name}:"
        yield f"    oid: {table.oid}"
        yield "    entity:"
        if base:
            yield f"    augments: {_table_of(base, known)}"
        yield "    index:"
        yield from _aligned([(part.name, _part(part, row, known)) for part in index])
        yield "    columns:"
        readable = [each for each in columns if each.access in _READABLE and each.name not in names]
        yield from _aligned(
            [(each.name, {"number": each.oid.rpartition(".")[2], **_meaning(each)}) for each in readable]
        )
        yield ""


def _table_of(row: MibObject, known: Mapping[str, MibObject]) -> str:
    oid = row.oid.rpartition(".")[0]
    return next(each.name for each in known.values() if each.oid == oid)


def _part(part: IndexObject, row: MibObject, known: Mapping[str, MibObject]) -> dict[str, str]:
    found = known[part.name]
    keys = {"number": found.oid.rpartition(".")[2]} if found.oid.startswith(f"{row.oid}.") else {}
    keys |= _syntax(found)
    if found.size is not None and found.base == "OCTET STRING":
        keys["size"] = str(found.size)
    if part.implied:
        keys["implied"] = "true"
    return {**keys, "field": ""}


def _meaning(each: MibObject) -> dict[str, str]:
    return {**_syntax(each), "class": _class(each), "field": ""}


def _class(each: MibObject) -> str:
    if each.base in _COUNTERS:
        return "counter"
    return "gauge" if each.enum or each.base in _DYNAMIC or each.declared in _DYNAMIC else "static"


def _syntax(each: MibObject) -> dict[str, str]:
    """Name the syntax as far as `collector.tables` knows it, else what it comes down to."""
    if each.enum and each.declared == "INTEGER":
        return {"syntax": "INTEGER", "enum": _flow(each.enum)}
    if each.declared in SYNTAXES or each.declared in LABELS or (each.enum and _is_named(each)):
        return {"syntax": each.declared}
    if each.base == "OCTET STRING" and each.text:
        return {"syntax": each.base, "as": "text"}
    return {"syntax": "OCTET STRING" if each.base == "BITS" else each.base}


def _flow(enum: Mapping[int, str]) -> str:
    return "{" + ", ".join(f"{number}: {label}" for number, label in enum.items()) + "}"


def _aligned(entries: Sequence[tuple[str, Mapping[str, str]]]) -> Iterator[str]:
    width = max((len(name) for name, _ in entries), default=0) + 1
    for name, keys in entries:
        yield f"      {name + ':':{width}} {{{', '.join(f'{key}: {value}' for key, value in keys.items())}}}"


def _left_out(objects: Sequence[MibObject]) -> Iterator[str]:
    """List what has a reason to be left out, a table for all of its columns."""
    reasons = [(each, _reason(each)) for each in objects if each.kind != "row"]
    tables = tuple(f"{each.oid}." for each, reason in reasons if each.kind == "table" and reason)
    lines = [f"  {each.name}: {reason}" for each, reason in reasons if reason and not each.oid.startswith(tables)]
    yield from ["left_out:", *lines] if lines else []
