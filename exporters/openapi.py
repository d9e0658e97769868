"""Writes docs/openapi.json, the description of the whole HTTP API: `python -m exporters.openapi`.

Parameters and objects of the ledger's answers are described by what reads and writes them; the two that tell what the
daemon sees now, and the texts, are described here.
"""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from collector.ledger.query_fields import FIELDS, SUMMARY, Field
from collector.ledger.query_parameters import MAX_TEXT, PARAMETERS, Parameter
from exporters.ledger_api import FORMATS
from exporters.openapi_now import TARGETS, TUNNELS

Schema: TypeAlias = dict[str, Any]

VERSION = "1"
"""Of the API: names are added within it, never changed or taken away."""
_ROW_NAMES = {"sessions": "Session", "failures": "Failure", "gaps": "Gap", "events": "Event", "report": "ReportRow"}
_SUMMARIES = {
    "sessions": "Sessions: one object for each life of an IKE SA or CHILD SA, those that live first.",
    "failures": "Failed negotiations and refused packets that targets put on record.",
    "gaps": "Times about which the record is incomplete, and why.",
    "events": "Events: what devices said by themselves, and transitions that polling found.",
    "report": "How available tunnels and hubs were in a period, how often they failed, what they carried.",
}
_KINDS: dict[str, Schema] = {
    "text": {"type": "string"},
    "texts": {"type": "array", "items": {"type": "string"}},
    "pairs": {"type": "object", "additionalProperties": {"type": "string"}},
    "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
    "time": {"type": "number"},
    "number": {"type": "number"},
    "whole": {"type": "integer"},
    "flag": {"type": "boolean"},
}
_INFO = {
    "title": "tunnelwatch",
    "version": VERSION,
    "description": "What tunnelwatch sees now and what it has on record. Times are Unix time, units are base units, "
    "and what is not known is null. Objects may have further keys in later releases.",
    "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
}


def document() -> Schema:
    """Describe the API as OpenAPI 3.1 has it."""
    return {
        "openapi": "3.1.0",
        "info": _INFO,
        "servers": [{"url": "/"}],
        "paths": {
            "/api/v1/tunnels": _now("tunnels", "Tunnels that the daemon sees now.", "Tunnels"),
            "/api/v1/targets": _now("targets", "Targets, their VRFs and their latest polls.", "Targets"),
            **{f"/api/v1/{what}": _on_record(what) for what in FIELDS},
            "/api/v1/openapi.json": {
                "get": {
                    "operationId": "openapi",
                    "summary": "This description.",
                    "security": [],
                    "responses": {"200": _answer("OpenAPI 3.1.", {"type": "object"})},
                }
            },
        },
        "components": {"schemas": _schemas()},
    }


def _now(what: str, summary: str, name: str) -> Schema:
    responses = {
        "200": _answer("What is seen now.", {"$ref": f"#/components/schemas/{name}"}),
        "503": {
            "description": "Too many requests are being answered, or this one took too long.",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        },
    }
    return {"get": {"operationId": what, "summary": summary, "security": [], "responses": responses}}


def _on_record(what: str) -> Schema:
    good = _answer("A page.", {"$ref": f"#/components/schemas/{_ROW_NAMES[what]}Page"})
    good["content"]["text/csv"] = {
        "schema": {"type": "string", "description": "A column for each key of the objects; times as ISO 8601 in UTC."}
    }
    good["content"]["application/x-ndjson"] = {
        "schema": {"type": "string", "description": "The objects alone, each a line of JSON."}
    }
    good["headers"] = {
        "Link": {"description": 'The next page, if there is one: `<…>; rel="next"`.', "schema": {"type": "string"}}
    }
    error = {"$ref": "#/components/schemas/Error"}
    form = {"type": "string", "enum": list(FORMATS), "default": "json"}
    return {
        "get": {
            "operationId": what,
            "summary": _SUMMARIES[what],
            "security": [],
            "parameters": [
                *map(_parameter, PARAMETERS[what]),
                {"name": "format", "in": "query", "description": "How to write the answer.", "schema": form},
            ],
            "responses": {
                "200": good,
                "400": _answer("A parameter cannot be read; the text begins with its name.", error),
                "503": _answer("There is no ledger, it cannot be read, or the question would take too long.", error),
            },
        }
    }


def _answer(description: str, schema: Schema) -> Schema:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _parameter(one: Parameter) -> Schema:
    schema: Schema = {"type": "string"}
    match one.kind:
        case "whole":
            schema = {"type": "integer", "minimum": one.low, "maximum": one.high}
        case "choice":
            schema["enum"] = list(one.choices)
        case "text":
            schema |= {"minLength": 1, "maxLength": MAX_TEXT}
    if one.default is not None:
        schema["default"] = int(one.default) if one.kind == "whole" else one.default
    return {"name": one.name, "in": "query", "description": one.description, "schema": schema}


def _schemas() -> Schema:
    rows = {name: _object(FIELDS[what]) for what, name in _ROW_NAMES.items()}
    pages = {f"{name}Page": _page(what, name) for what, name in _ROW_NAMES.items()}
    error = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}
    return {"Tunnels": TUNNELS, "Targets": TARGETS, **rows, **pages, "Error": error}


def _page(what: str, name: str) -> Schema:
    cursor = {"type": ["string", "null"], "description": "`cursor` of the next page; null: this is the last."}
    properties = {what: _list_of(name), "next": cursor}
    if what == "events":
        properties["latest"] = {"type": "integer", "description": "The highest `number` that is on record, or 0."}
    if what == "report":
        properties = {**_object(SUMMARY)["properties"], what: _list_of(name), "gaps": _list_of("Gap"), "next": cursor}
    return {"type": "object", "required": list(properties), "properties": properties}


def _list_of(name: str) -> Schema:
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}


def _object(fields: Iterable[Field]) -> Schema:
    properties = {field.name: field_schema(field) for field in fields}
    return {"type": "object", "required": list(properties), "properties": properties}


def field_schema(field: Field) -> Schema:
    """Describe a field as JSON Schema has it."""
    schema = _KINDS[field.kind] | {"description": field.description}
    return schema | {"type": [schema["type"], "null"]} if field.null else schema


@cache
def text() -> str:
    """Write the description as JSON."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def main(directory: Path = Path("docs")) -> None:
    """Write the file."""
    (directory / "openapi.json").write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()
