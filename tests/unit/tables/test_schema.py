from collector.tables import load


def test_modules_that_wait_to_be_asked_are_not_scheduled():
    """Context discovery is read when a target wants it; everything else at an interval."""
    tables = load()
    assert set(tables.modules) - set(tables.scheduled()) == {"contexts"}
