"""What the command line asks of the daemon: a row that it writes, and that the daemon answers.

Who may write the ledger may ask: the permissions of the file, or those of the database, are the authorization.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from collector.ledger.schema import REQUESTS

_AT_ONCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request that was not answered yet."""

    id: int
    kind: str
    """`forget`."""
    argument: Mapping[str, str | None]
    asked_at: float


def put_request(connection: Connection, kind: str, argument: Mapping[str, str | None], now: float) -> int:
    """Put a request on record and return its id."""
    values = {"kind": kind, "argument": json.dumps(dict(argument)), "asked_at": now}
    return int(connection.execute(insert(REQUESTS).values(values).returning(REQUESTS.c.id)).scalar_one())


def read_requests(connection: Connection) -> list[Request]:
    """Return the oldest requests that were not answered yet, at most 100; those that cannot be read are left out."""
    unanswered = select(REQUESTS).where(REQUESTS.c.answered_at.is_(None)).order_by(REQUESTS.c.id).limit(_AT_ONCE)
    found = []
    for row in connection.execute(unanswered).mappings():
        argument = _argument(row["argument"])
        if argument is not None:
            found.append(Request(id=row["id"], kind=row["kind"], argument=argument, asked_at=row["asked_at"]))
    return found


def _argument(text: str) -> Mapping[str, str | None] | None:
    try:
        argument = json.loads(text)
    except ValueError:
        return None
    return argument if isinstance(argument, dict) else None


def put_answer(connection: Connection, number: int, answer: str, now: float) -> None:
    """Answer a request."""
    connection.execute(update(REQUESTS).where(REQUESTS.c.id == number).values(answer=answer, answered_at=now))


def read_answer(connection: Connection, number: int) -> str | None:
    """Return the answer to a request, if there is one yet."""
    answer: str | None = connection.execute(select(REQUESTS.c.answer).where(REQUESTS.c.id == number)).scalar()
    return answer
