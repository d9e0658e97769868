"""Answers to all questions about the ledger, as the command line and the HTTP API both give them."""

from typing import Any

from sqlalchemy import Connection

from collector.ledger.queries import QUERIES, Values
from collector.ledger.query_fields import SUMMARY
from collector.ledger.report import report


def answer(connection: Connection, what: str, values: Values) -> dict[str, Any]:
    """Answer a question: its objects under its name, `next` (cursor of the next page or None), and what a report says.

    Args:
        connection: from `query_reading.reading`.
        what: `sessions`, `failures`, `gaps` or `report`.
        values: see `query_parameters.asked`.

    Raises: QueryError if `cursor` is none of this question.
    """
    if what != "report":
        page = QUERIES[what](connection, values)
        return {what: page.rows, "next": page.next}
    made = report(connection, values)
    said = {field.name: getattr(made, field.name) for field in SUMMARY}
    return {**said, what: made.rows, "gaps": made.gaps, "next": made.next}
