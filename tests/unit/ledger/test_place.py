"""Where a ledger lies."""

from pathlib import Path

import pytest

from collector.errors import LedgerError
from collector.ledger.place import place_of


@pytest.mark.parametrize("where", ["/var/lib/x.db", Path("/var/lib/x.db"), "sqlite:////var/lib/x.db"])
def test_a_file_is_named_by_its_path(where):
    """A path and its URL are the same place."""
    place = place_of(where)
    assert (place.name, place.path) == ("/var/lib/x.db", Path("/var/lib/x.db"))


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_a_server_is_named_without_secrets(scheme):
    """Neither name nor repr has the password, wherever in the URL it stands."""
    place = place_of(f"{scheme}://me:hid%2Fden@host:5433/db?password=secret2&sslpassword=a&sslpassword=b&x=y")
    assert (place.name, place.path) == ("postgresql://me@host:5433/db", None)
    assert "den" not in repr(place) + place.name
    assert place.url.drivername == "postgresql+psycopg"
    assert place.without_secrets("hid/den secret2 y") == "*** *** y"


def test_a_server_without_a_password_has_no_secrets():
    """What a driver says of it is left as it is."""
    assert place_of("postgresql://host/db").without_secrets("as it is") == "as it is"


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("mysql://me:hidden@host/db", "not in mysql"),
        ("postgresql+psycopg2://me:hidden@host/db", r"not in postgresql\+psycopg2"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("sqlite:////x?mode=ro", "needs a file"),
        ("://me:hidden@host", "cannot be read"),
        ("postgresql://me:hidden@host:port/db", "cannot be read"),
    ],
)
def test_other_places_are_refused(where, told):
    """What is neither a file nor PostgreSQL is refused, and its password is not repeated."""
    with pytest.raises(LedgerError, match=told) as refused:
        place_of(where)
    assert "hidden" not in str(refused.value)
