"""Readings of a context as one blob."""

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.errors import LedgerError
from collector.ledger import readings as room
from collector.ledger.readings import decode_readings, encode_readings
from collector.model import COUNTED, Reading

VALUE = st.one_of(st.none(), st.integers(0, 2**33), st.integers(-5, 2**70))
TIME = st.one_of(st.floats(0, 2e9), st.integers(0, 2**31))


def counts(level):
    return st.tuples(*[VALUE] * len(COUNTED[level]))


def of_level(level):
    carried = st.one_of(st.just(()), counts(level))
    values = st.one_of(st.just(()), counts(level))
    return st.builds(Reading, number=st.integers(1, 2**62), seen_at=TIME, values=values, carried=carried)


@given(
    st.lists(of_level("child"), unique_by=lambda one: one.number),
    st.lists(of_level("ike"), unique_by=lambda one: one.number),
)
def test_readings_come_back_as_they_were(children, ikes):
    """Values of any size, absent ones, and what was carried before: all come back, each once."""
    ikes = [one for one in ikes if one.number not in {child.number for child in children}]
    levels = {one.number: "child" for one in children} | {one.number: "ike" for one in ikes}
    found = decode_readings(encode_readings([*children, *ikes]), levels)
    assert sorted(found, key=lambda one: one.number) == sorted([*children, *ikes], key=lambda one: one.number)


def reading(number):
    return Reading(number=number, seen_at=1.5, values=tuple(range(len(COUNTED["child"]))))


def test_only_readings_of_open_sessions_are_asked_for():
    """A session that ended since the checkpoint has no reading any more."""
    blob = encode_readings([reading(1), reading(2)])
    assert decode_readings(blob, {2: "child"}) == (reading(2),)


def test_a_blob_of_the_other_byte_order_is_understood():
    """A ledger may be carried to a machine of the other byte order."""
    line, _, rest = encode_readings([reading(2**40)]).partition(b"\n")
    header = json.loads(line)
    header["order"] = "big" if sys.byteorder == "little" else "little"
    swapped, place = b"", 0
    for _, columns, _ in header["groups"]:
        for code, length in columns:
            width = {"I": 4}.get(code, 8)
            data = rest[place : place + length]
            swapped += b"".join(data[at : at + width][::-1] for at in range(0, length, width))
            place += length
    blob = json.dumps(header).encode() + b"\n" + swapped
    assert decode_readings(blob, {2**40: "child"}) == (reading(2**40),)


def test_a_release_that_counts_more_understands_older_blobs(monkeypatch):
    """Values are known by their names: new counters are absent, the others keep their values."""
    blob = encode_readings([reading(1)])
    names = {**COUNTED, "child": ("new_counter", *reversed(COUNTED["child"]))}
    monkeypatch.setattr(room, "COUNTED", names)
    monkeypatch.setattr(room, "_COUNTED_NOW", json.loads(json.dumps(names)))
    (found,) = decode_readings(blob, {1: "child"})
    assert found.values == (None, *reversed(reading(1).values))
    assert found.carried == ()


@pytest.mark.parametrize("blob", [b"", b"{}\n", b"[]\n", b"\xff\n", encode_readings([reading(1)])[:-3]])
def test_damaged_blobs_are_refused(blob):
    """What is no blob of readings is a LedgerError."""
    with pytest.raises(LedgerError, match="readings are damaged"):
        decode_readings(blob, {1: "child"})
