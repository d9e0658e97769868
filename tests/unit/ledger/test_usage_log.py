"""What tunnels of a context carried, as one row of the log."""

import json
import sys
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.errors import LedgerError
from collector.ledger import usage_log
from collector.ledger.entries import Stretch
from collector.ledger.schema import MAX_INTEGER
from collector.ledger.usage_log import stretch_row, usages_in
from tests.agents import ledger_steps as give

AMOUNT = st.one_of(st.integers(0, 2**33), st.integers(0, 2**70))
USED = st.tuples(st.text(max_size=9), st.text(max_size=9), AMOUNT, AMOUNT)


def row_of(used):
    usages = tuple(give.usage(tunnel=name, peer=peer, receive_bytes=a, transmit_bytes=b) for name, peer, a, b in used)
    return stretch_row(Stretch("hub1", "red", give.AT, 300.0, usages))


@given(st.lists(USED, min_size=1, max_size=20))
def test_usages_come_back(used):
    """Whatever their names, however much they carried; the sums stop where columns do."""
    row = row_of(used)
    assert list(usages_in(row["usages"])) == used
    assert row["receive_bytes"] == min(sum(one[2] for one in used), MAX_INTEGER)
    assert (row["target"], row["vrf"], row["begins_at"], row["seconds"]) == ("hub1", "red", give.AT, 300.0)


def test_a_machine_of_the_other_byte_order_reads_the_same():
    """The row says in which order its octets are."""
    row = row_of([("a", "p", 1, 2**40)])
    other = "big" if sys.byteorder == "little" else "little"
    swapped = row["usages"].replace(sys.byteorder.encode(), other.encode())
    assert list(usages_in(swapped)) == [("a", "p", 2**24, 2**16)]


def blob(called, columns, size=1, **more):
    squeezed = zlib.compress(json.dumps(called).encode())
    packed = [json.dumps(column).encode() for column in columns]
    header = {"order": sys.byteorder, "size": size, "names": len(squeezed), **more}
    header = {"columns": [("json", len(data)) for data in packed], **header}
    return b"".join([json.dumps(header).encode(), b"\n", squeezed, *packed])


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"{}",
        b"[]\n",
        row_of([("a", "p", 1, 2)])["usages"][:-1],
        row_of([("a", "p", 1, 2)])["usages"].replace(b'"I"', b'"x"'),
        blob([["a"], ["p"]], [[1], [2]], names=3),
        blob([["a"], ["p", "q"]], [[1], [2]]),
        blob([["a"], ["p"]], [[1], [2]], size=2),
        blob([["a"], [None]], [[1], [2]]),
        blob([["a"], ["p"]], [[1], ["x"]]),
        blob([["a"], ["p"]], [[1]]),
        blob([["a"]], [[1], [2]]),
    ],
)
def test_damage_is_told(damaged):
    """As the ledger's own error, before anything is counted."""
    with pytest.raises(LedgerError, match="usage is damaged"):
        usages_in(damaged)


def test_names_that_would_fill_the_memory_are_damage(monkeypatch):
    """What is squeezed may be small and come to much."""
    monkeypatch.setattr(usage_log, "_MAX_NAMES", 1000)
    assert len(list(usages_in(row_of([("a" * 300, "p", 1, 2)])["usages"]))) == 1
    with pytest.raises(LedgerError, match="usage is damaged"):
        usages_in(row_of([("a" * 3000, "p", 1, 2)])["usages"])
