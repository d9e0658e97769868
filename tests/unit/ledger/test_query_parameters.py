import base64
import json

import pytest

from collector.ledger.query_parameters import CURSOR, LATEST, PARAMETERS, QueryError, asked, cursor_text, time_of

NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("-24h", NOW - 86_400),
        ("-1.5m", NOW - 90),
        ("-7d", NOW - 604_800),
        ("-2w", NOW - 1_209_600),
        ("-30s", NOW - 30),
        ("-900000w", 0.0),
        ("now", NOW),
        ("1700000000.5", 1_700_000_000.5),
        ("99999999999", 99_999_999_999.0),
        ("20231114", 1_699_920_000.0),
        ("2023-11-14", 1_699_920_000.0),
        ("2023-11-14T22:13:20", NOW),
        ("2023-11-14T22:13:20Z", NOW),
        ("2023-11-14T23:13:20+01:00", NOW),
        ("1900-01-01", 0.0),
        ("yesterday", None),
        ("-1y", None),
        ("", None),
        ("2024-02-30", None),
        ("0001-01-01T00:00:00+23:59", 0.0),
    ],
)
def test_times_are_read_as_people_write_them(text, seconds):
    """Ages, dates, dates with times (UTC unless they say otherwise) and Unix time."""
    assert time_of(text, NOW) == seconds


def test_unix_time_ends_where_dates_do():
    """So that whatever was read can be shown."""
    assert time_of("9" * 11, NOW) == 99_999_999_999.0
    assert time_of(str(int(LATEST)), NOW) is None


def test_a_question_has_all_its_values():
    """Those that were not said are None or what goes without saying."""
    values = asked("sessions", {"since": "-1h", "limit": "5", "level": "ike", "target": "hub1"}, NOW)
    assert values == dict.fromkeys(parameter.name for parameter in PARAMETERS["sessions"]) | {
        "since": NOW - 3600,
        "limit": 5,
        "level": "ike",
        "target": "hub1",
    }
    assert asked("report", {}, NOW)["since"] == NOW - 7 * 86_400
    assert asked("report", {}, NOW)["until"] == NOW


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        ({"since": "soon"}, "since: 'soon' is no time; write 2026-01-31"),
        ({"limit": "0"}, "limit: '0' is no whole number from 1 to 10000"),
        ({"limit": "10001"}, "limit: "),
        ({"limit": "²"}, "limit: "),
        ({"limit": "9" * 5000}, "limit: "),
        ({"level": "both"}, "level: 'both' is none of child, ike"),
        ({"target": ""}, "target: should be a text"),
        ({"target": "a\0b"}, "target: should be a text"),
        ({"peer": "x" * 1025}, "peer: should be a text"),
        ({"cursor": "%%%"}, "cursor: is not what"),
        ({"cursor": "ä"}, "cursor: is not what"),
        ({"cursor": base64.urlsafe_b64encode(b"[" * 5000).decode()}, "cursor: is not what"),
        ({"cursor": base64.urlsafe_b64encode(b'{"a": 1}').decode()}, "cursor: is not what"),
        ({"cursor": base64.urlsafe_b64encode(b"[[1]]").decode()}, "cursor: is not what"),
        ({"colour": "red"}, "colour: is no parameter of this; there are since, until"),
        ({"since": "2024-01-02", "until": "2024-01-01"}, "until: is not after 'since'"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(texts, told):
    """The error begins with the parameter's name."""
    with pytest.raises(QueryError) as caught:
        asked("sessions", texts, NOW)
    assert str(caught.value).startswith(told)


def test_a_cursor_is_read_back():
    """As it was written."""
    key = [None, "hub1", "vrf \u00e4", 7]
    assert CURSOR.read(cursor_text(key), NOW) == key
    assert json.loads(base64.urlsafe_b64decode(cursor_text((1.5, 2)))) == [1.5, 2]
