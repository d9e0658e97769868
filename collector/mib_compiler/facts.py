"""Facts about the objects of MIB modules, out of what pysmi makes of their texts."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from collector.mib_compiler.texts import MibError, MibTexts

_Modules: TypeAlias = Mapping[str, Mapping[str, Any]]
_INTEGERS = frozenset({"INTEGER", "Integer32", "Unsigned32", "Gauge32", "Counter32", "Counter64", "TimeTicks"})
_BASE = _INTEGERS | {"OCTET STRING", "OBJECT IDENTIFIER", "IpAddress", "Opaque", "Bits", "BITS"}


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexObject:
    """One name in an INDEX clause."""

    name: str
    module: str
    implied: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MibObject:
    """One OBJECT-TYPE."""

    name: str
    module: str
    oid: str
    kind: Literal["scalar", "table", "row", "column"]
    access: str
    status: str
    declared: str = ""
    """The syntax as it is written: often a textual convention."""
    base: str = ""
    """The syntax of the SMI that it comes down to."""
    enum: Mapping[int, str] | None = None
    size: int | None = None
    """The one length that an octet string can have."""
    text: bool = False
    """Whether its textual convention displays it as text."""
    index: tuple[IndexObject, ...] = ()
    """Of a row: its INDEX."""
    augments: str | None = None
    """Of a row: the row that it augments."""


def read_objects(texts: MibTexts) -> dict[str, list[MibObject]]:
    """Return the objects of the texts' modules in the order of their OIDs, by module; imported modules come behind.

    Raises: MibError naming file and line, a missing import, or that pysmi is missing.
    """
    modules = _compile(texts)
    names = [*texts.modules, *(name for name in modules if name not in texts.modules)]
    return {name: _objects(name, modules) for name in names}


@lru_cache(maxsize=1)
def _parser() -> Any:  # noqa: ANN401  # pysmi's own, which is not typed
    """Make pysmi's parser, which takes a second, once."""
    from pysmi.parser import SmiStarParser  # noqa: PLC0415  # optional: only who compiles needs it

    return SmiStarParser()


def _compile(texts: MibTexts) -> _Modules:
    try:
        from pysmi.codegen import JsonCodeGen  # noqa: PLC0415
        from pysmi.compiler import MibCompiler  # noqa: PLC0415
        from pysmi.reader.callback import CallbackReader  # noqa: PLC0415
        from pysmi.writer import CallbackWriter  # noqa: PLC0415
    except ImportError:
        raise MibError("compiling MIBs needs pysmi: pip install 'tunnelwatch[mibs]'") from None
    compiled: dict[str, Mapping[str, Any]] = {}

    def keep(name: str, text: str, _context: object) -> None:
        compiled[name] = json.loads(text)

    compiler = MibCompiler(_parser(), JsonCodeGen(), CallbackWriter(keep))
    compiler.add_sources(CallbackReader(lambda name, _context: texts.get(name)))
    _raise_problems(compiler.compile(*texts.modules, rebuild=True, genTexts=False), texts)
    return compiled


def _raise_problems(states: Mapping[str, Any], texts: MibTexts) -> None:
    missing = sorted(name for name, state in states.items() if state == "missing")
    if missing:
        folders = ", ".join(map(str, texts.folders))
        raise MibError(f"{', '.join(missing)}: imported, but in none of {folders}: name its folder with -I")
    for name, state in states.items():
        if state == "failed":
            raise MibError(_located(name, state.error, texts))


def _located(name: str, error: Any, texts: MibTexts) -> str:  # noqa: ANN401  # pysmi's own, which is not typed
    """Say where a problem is: at pysmi's line, or else at the first word of its message that the text has."""
    problem = str(error.msg).removesuffix(f" at MIB {name}")
    line = getattr(error, "lineno", None)
    if not isinstance(line, int):
        lines = (texts.get(name) or "").split("\n")
        words = re.findall(r"[\w-]+", problem.rpartition(":")[2])
        found = (number for word in words for number, text in enumerate(lines, 1) if re.search(rf"\b{word}\b", text))
        line = next(found, 1)
    return f"{texts.paths[name]}:{line}: {problem}"


# --- out of pysmi's JSON ----------------------------------------------------------------------------------------------


def _objects(module: str, modules: _Modules) -> list[MibObject]:
    entries = modules[module].values()
    found = [_object(each, module, modules) for each in entries if each.get("class") == "objecttype"]
    return sorted(found, key=lambda each: [int(arc) for arc in each.oid.split(".")])


def _object(entry: Mapping[str, Any], module: str, modules: _Modules) -> MibObject:
    syntax = entry.get("syntax")
    index = [
        IndexObject(name=part["object"], module=part["module"], implied=bool(part["implied"]))
        for part in entry.get("indices", ())
    ]
    augmented = entry.get("augmention")
    return MibObject(
        name=entry["name"],
        module=module,
        oid=entry["oid"],
        kind=entry["nodetype"],
        access=entry["maxaccess"],
        status=entry["status"],
        index=tuple(index),
        augments=augmented["object"] if augmented else None,
        **_syntax(syntax, module, modules) if syntax else {},
    )


def _syntax(syntax: Mapping[str, Any], module: str, modules: _Modules) -> dict[str, Any]:
    """Follow a syntax through its textual conventions down to the SMI; the nearest list of labels counts."""
    facts: dict[str, Any] = {"declared": syntax["type"]}
    while True:
        enum = syntax.get("constraints", {}).get("enumeration") or syntax.get("bits")
        if enum:
            facts.setdefault(
                "enum", {number: label for label, number in sorted(enum.items(), key=lambda item: item[1])}
            )
        sizes = syntax.get("constraints", {}).get("size", [])
        if len(sizes) == 1 and sizes[0]["min"] == sizes[0]["max"]:
            facts.setdefault("size", sizes[0]["min"])
        if syntax["type"] in _BASE:
            return facts | {"base": syntax["type"].replace("Bits", "BITS")}
        module, convention = _convention(syntax["type"], module, modules)
        facts["text"] = facts.get("text", False) or str(convention.get("displayhint", "")).endswith(("a", "t"))
        syntax = convention["type"]


def _convention(name: str, module: str, modules: _Modules) -> tuple[str, Mapping[str, Any]]:
    while name not in modules[module]:
        imports = modules[module]["imports"]
        module = next(other for other, names in imports.items() if other != module and name in names)
    return module, modules[module][name]
