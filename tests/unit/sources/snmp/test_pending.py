"""Requests under way and their identifiers."""

from itertools import pairwise

from collector.sources.snmp.pending import Pending, PendingTable


def pending():
    return Pending(None, None, None, 3)


def test_identifiers_are_positive_different_and_not_in_sequence():
    """Identifiers fit request-id and msgID, are used once at a time, and tell nothing about the next one."""
    table = PendingTable()
    requests = [pending() for _ in range(3000)]
    identifiers = [table.identify(request) for request in requests]
    assert len(set(identifiers)) == len(table) == 3000
    assert all(0 < identifier < 2**31 for identifier in identifiers)
    steps = {later - earlier for earlier, later in pairwise(identifiers)}
    assert len(steps) > 2900


def test_a_request_is_found_by_each_of_its_identifiers_until_it_is_removed():
    """An answer to any try counts; once the request is answered, further answers are late."""
    table, request = PendingTable(), pending()
    first, second = table.identify(request), table.identify(request)
    assert table.get(first) is table.get(second) is request
    table.remove(request)
    assert table.get(first) is table.get(second) is None
    assert len(table) == 0
    assert request.ids == []


def test_an_identifier_in_use_is_not_given_again(monkeypatch):
    """A number that is taken is passed over."""
    numbers = iter([7, 7, 7, 9])
    monkeypatch.setattr("collector.sources.snmp.pending._random_ids", lambda: numbers)
    table = PendingTable()
    assert [table.identify(pending()), table.identify(pending())] == [7, 9]


def test_every_request_under_way_can_be_looked_at():
    """All requests are there, whatever their identifiers."""
    table, request = PendingTable(), pending()
    table.identify(request)
    assert list(table.all()) == [request]
