import itertools
import sqlite3
from types import SimpleNamespace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from collector.errors import LedgerError
from collector.ledger.ledger import Ledger
from collector.ledger.query_answers import Questions
from collector.ledger.query_reading import QueryTimeoutError, _limited, reading

ENDLESS = text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n")


@pytest.fixture
def ledger(tmp_path):
    one = Ledger.open(tmp_path / "ledger")
    yield one
    one.close()


def test_a_question_that_takes_too_long_is_ended(ledger):
    """Whatever it does; the ledger can be asked again."""
    clock = itertools.count().__next__
    with (
        pytest.raises(QueryTimeoutError, match=r"^the ledger took longer than 5 s; ask for less$"),
        reading(ledger, 5, clock=clock) as connection,
    ):
        connection.execute(ENDLESS)
    with reading(ledger, 60) as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1


def test_what_is_asked_ends_with_the_daemon(ledger):
    """No thread holds up its end."""
    question = Questions(ledger)
    question.close()
    with pytest.raises(LedgerError, match="interrupted"), reading(ledger, 60, stopped=lambda: True) as connection:
        connection.execute(ENDLESS)
    assert question("gaps", {}, 60) == {"gaps": [], "next": None}


@pytest.mark.usefixtures("ledger")
def test_questions_change_nothing(tmp_path):
    """And tell what the database said of it."""
    one = Ledger.open(tmp_path / "ledger", read_only=True)
    with pytest.raises(LedgerError, match=r"^asking the ledger .*readonly"), reading(one, 60) as connection:
        connection.execute(text("DELETE FROM gaps"))
    one.close()


def test_what_a_server_says_is_left_out():
    """It may have values in it, or the password."""

    def connect():
        raise OperationalError("SELECT", {}, sqlite3.OperationalError("password=hunter2"))

    engine = SimpleNamespace(connect=connect, dialect=SimpleNamespace(name="postgresql"))
    with (
        pytest.raises(LedgerError, match=r"^asking the ledger x: OperationalError$"),
        reading(SimpleNamespace(engine=engine, name="x"), 60),
    ):
        pass


def test_a_server_is_told_the_limits():
    """Of the transaction: it reads only, one moment, for so long."""
    said = []
    connection = SimpleNamespace(
        dialect=SimpleNamespace(name="postgresql"),
        execution_options=lambda **options: said.append(options),
        execute=lambda statement: said.append(str(statement)),
    )
    with _limited(connection, 2.5, lambda: False):
        assert said == [
            {"isolation_level": "REPEATABLE READ"},
            "SET TRANSACTION READ ONLY",
            "SET LOCAL statement_timeout = 2500",
        ]
