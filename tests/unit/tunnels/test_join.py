from collector.model import ChildSa, Endpoint
from collector.tunnels.join import indexes, join, run


def joined(*tables):
    return run(join(tables, indexes(tables, ChildSa), Endpoint, "child_index"))


def test_rows_are_found_by_the_index_that_they_name():
    """Nothing is found where nothing is named."""
    table = {ChildSa: [ChildSa(index="1")], Endpoint: [Endpoint(index="1.1", child_index=1), Endpoint(child_index=2)]}
    found = joined(table)
    assert [row.index for row in found.of(0, 1)] == ["1.1"]
    assert found.of(0, 3) == ()
    assert found.orphans == 1


def test_several_rows_are_one_where_one_is_asked_for():
    """Each field from the first row that has it; the default if there is no row."""
    rows = [Endpoint(index="1.1", child_index=1), Endpoint(index="1.2", child_index=1, local_name="x")]
    found = joined({ChildSa: [ChildSa(index="1")], Endpoint: rows})
    assert found.one(0, 1, Endpoint()) == Endpoint(index="1.1", child_index=1, local_name="x")
    assert found.one(0, 2, Endpoint(index="none")).index == "none"


def test_rows_without_index_belong_to_nobody():
    """A row that does not say whose it is is an orphan."""
    assert joined({ChildSa: [ChildSa(index="1")], Endpoint: [Endpoint()]}).orphans == 1


def test_long_tables_are_joined_in_steps():
    """Every few thousand rows there is a pause."""
    tables = [{ChildSa: [], Endpoint: [Endpoint(child_index=n) for n in range(10_000)]}]
    assert sum(1 for _ in join(tables, indexes(tables, ChildSa), Endpoint, "child_index")) == 5
