"""Records as files: CSV, JSON, JSON lines and Parquet, written as they come."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO, TypeAlias

from collector.cli.commands import open_output
from collector.errors import ConfigError, SourceError
from collector.ledger.query_fields import COUNTS, Field
from exporters.ledger_csv import csv_pieces

FORMATS = ("csv", "json", "jsonl", "parquet")
Records: TypeAlias = Sequence[dict[str, Any]]
_MOST = 2**64 - 1


def write_records(path: Path | None, chosen: str, fields: Sequence[Field], pages: Iterable[Records]) -> None:
    """Write pages of records to a file, or to standard output if none is named.

    Raises:
        ConfigError: Parquet needs a file, and a package that is not installed.
        SourceError: the file cannot be written.
    """
    if chosen == "parquet":
        _write_parquet(path, fields, pages)
        return
    pieces = {"csv": _csv, "json": _json, "jsonl": _jsonl}[chosen](fields, pages)
    with writing(path) as output:
        output.writelines(pieces)


@contextmanager
def writing(path: Path | None) -> Iterator[TextIO]:
    """Open where to write to: a file, or standard output if none is named.

    Raises: SourceError if it cannot be written.
    """
    if path is None:
        yield sys.stdout
        return
    output = open_output(path)
    try:
        with output:
            yield output
    except OSError as error:
        raise SourceError(f"writing {path}: {error.strerror}") from None


def _csv(fields: Sequence[Field], pages: Iterable[Records]) -> Iterator[str]:
    return csv_pieces(fields, (record for page in pages for record in page))


def _jsonl(_: Sequence[Field], pages: Iterable[Records]) -> Iterator[str]:
    return (json.dumps(record) + "\n" for page in pages for record in page)


def _json(_: Sequence[Field], pages: Iterable[Records]) -> Iterator[str]:
    separator = "[\n"
    for page in pages:
        for record in page:
            yield separator + json.dumps(record)
            separator = ",\n"
    yield "[]\n" if separator == "[\n" else "\n]\n"


def _write_parquet(path: Path | None, fields: Sequence[Field], pages: Iterable[Records]) -> None:
    if path is None:
        raise ConfigError("tunnelwatch: Parquet is no text: say where to write it with -o FILE")
    try:
        import pyarrow as pa  # type: ignore[import-untyped]  # noqa: PLC0415 - optional
        from pyarrow.parquet import ParquetWriter  # type: ignore[import-untyped]  # noqa: PLC0415
    except ImportError:
        raise ConfigError("tunnelwatch: Parquet needs pyarrow: pip install 'tunnelwatch[parquet]'") from None
    schema = pa.schema([pa.field(one.name, _arrow_type(pa, one), nullable=one.null) for one in fields])
    try:
        with ParquetWriter(path, schema) as writer:
            for page in pages:
                columns = [
                    pa.array([_arrow_value(one, row[one.name]) for row in page], kind.type)
                    for one, kind in zip(fields, schema, strict=True)
                ]
                writer.write_table(pa.Table.from_arrays(columns, schema=schema))
    except OSError as error:
        raise SourceError(f"writing {path}: {error.strerror or error}") from None


def _arrow_type(pa: Any, field: Field) -> Any:  # noqa: ANN401 - pyarrow has no types
    if field.name in COUNTS and field.kind == "whole":
        return pa.uint64()
    return {
        "text": pa.string(),
        "texts": pa.list_(pa.string()),
        "pairs": pa.map_(pa.string(), pa.string()),
        "counts": pa.map_(pa.string(), pa.int64()),
        "time": pa.timestamp("us", tz="UTC"),
        "number": pa.float64(),
        "whole": pa.int64(),
        "flag": pa.bool_(),
    }[field.kind]


def _arrow_value(field: Field, value: Any) -> Any:  # noqa: ANN401 - of the field's kind
    if value is None:
        return None
    if field.kind == "time":
        return int(value * 1_000_000)
    if field.kind in {"pairs", "counts"}:
        return list(value.items())
    return min(value, _MOST) if field.kind == "whole" else value
