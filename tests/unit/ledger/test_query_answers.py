import pytest

from collector.ledger.ledger import Ledger
from collector.ledger.query_answers import Questions
from collector.ledger.query_fields import FIELDS, SUMMARY
from collector.ledger.query_parameters import PARAMETERS, asked

NOW = 1_700_000_000.0


@pytest.mark.parametrize("what", list(FIELDS))
def test_every_question_is_answered_under_its_own_name(tmp_path, what):
    """With the cursor of the next page; a report, and an answer about events, say more."""
    ledger = Ledger.open(tmp_path / "ledger")
    answer = Questions(ledger)(what, asked(what, {}, NOW), 60)
    ledger.close()
    more = {"report": {"gaps", *(field.name for field in SUMMARY)}, "events": {"latest"}}
    assert answer.keys() == {what, "next", *more.get(what, ())}
    assert (answer[what], answer["next"]) == ([], None)


def test_every_question_has_fields_and_parameters():
    """Once each."""
    assert FIELDS.keys() == PARAMETERS.keys()
    for what, fields in FIELDS.items():
        names = [field.name for field in fields]
        assert len(names) == len(set(names)), what
