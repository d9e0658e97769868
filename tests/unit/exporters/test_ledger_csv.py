import csv
import io
import json

from collector.ledger.query_fields import Field
from exporters.ledger_csv import ROWS_PER_PIECE, csv_pieces, time_text

FIELDS = (
    Field("name", "text", ""),
    Field("at", "time", "", null=True),
    Field("ok", "flag", ""),
    Field("pairs", "pairs", ""),
    Field("count", "whole", ""),
)
ROW = {"name": 'a,\n"b"', "at": 1_700_000_000.9, "ok": True, "pairs": {"x": "y"}, "count": 2**64}


def read(pieces):
    return list(csv.reader(io.StringIO("".join(pieces), newline="")))


def test_rows_are_written_as_spreadsheets_read_them():
    """A header, times in ISO 8601, JSON for what is no single value, nothing for what is not known."""
    header, first, second = read(csv_pieces(FIELDS, [ROW, ROW | {"at": None, "ok": False}]))
    assert header == ["name", "at", "ok", "pairs", "count"]
    assert first == ['a,\n"b"', "2023-11-14T22:13:20Z", "true", json.dumps({"x": "y"}), str(2**64)]
    assert second[1:3] == ["", "false"]


def test_no_name_becomes_a_formula():
    """A device may call a tunnel anything."""
    names = ["=1+1", "+1", "-1", "@x", "\tx", "plain"]
    rows = read(csv_pieces(FIELDS[:1], [{"name": name} for name in names], header=False))
    assert [row[0] for row in rows] == ["'=1+1", "'+1", "'-1", "'@x", "'\tx", "plain"]


def test_many_rows_come_in_pieces():
    """None is lost between them."""
    pieces = list(csv_pieces(FIELDS, [ROW] * (2 * ROWS_PER_PIECE + 1)))
    assert len(pieces) == 3
    assert len(read(pieces)) == 2 * ROWS_PER_PIECE + 2


def test_no_time_is_none():
    """Not the begin of 1970."""
    assert (time_text(None), time_text(0)) == (None, "1970-01-01T00:00:00Z")
