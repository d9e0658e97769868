"""Answers to all questions about the ledger, as the command line and the HTTP API both give them."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from collector.ledger.ledger import Ledger
from collector.ledger.queries import QUERIES
from collector.ledger.query_fields import SUMMARY
from collector.ledger.query_reading import reading
from collector.ledger.report import report


class Questions:
    """Asks a ledger, from any thread."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._closed = False

    def __call__(self, what: str, values: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """Answer a question: its objects under its name, `next` (the next page's cursor) and what a report says.

        One about events is also told the `latest` number that is on record.

        Args:
            what: `sessions`, `failures`, `gaps`, `events` or `report`.
            values: see `query_parameters.asked`.
            seconds: how long it may take.

        Raises:
            QueryError: `cursor` is none of this question.
            QueryTimeoutError: it took too long.
            LedgerError: the ledger could not be asked.
        """
        with reading(self._ledger, seconds, stopped=lambda: self._closed) as connection:
            return _answer(connection, what, values)

    def close(self) -> None:
        """End what is being asked, so that no thread holds up the end of the daemon; the ledger stays open."""
        self._closed = True


def _answer(connection: Connection, what: str, values: Mapping[str, Any]) -> dict[str, Any]:
    if what != "report":
        page = QUERIES[what](connection, values)
        return {what: page.rows, "next": page.next} | ({} if page.latest is None else {"latest": page.latest})
    made = report(connection, values)
    said = {field.name: getattr(made, field.name) for field in SUMMARY}
    return {**said, what: made.rows, "gaps": made.gaps, "next": made.next}
