"""Row indexes taken apart, as RFC 2578 §7.7 puts them together."""

import pytest

from collector.errors import WireError
from collector.interpret.index import dotted, index_length, split_index
from collector.tables import IndexPart, load
from collector.wire.ber import encode_arcs

INTEGER, OCTETS, OID, IP, GAUGE = 0x02, 0x04, 0x06, 0x40, 0x42


def part(tag, **options):
    return IndexPart(
        name="part",
        number=1,
        syntax="",
        tag=tag,
        field=None,
        value_type=str,
        decode=lambda _, content: content,
        **options,
    )


NUMBER, STRING, ADDRESS, NAME = part(INTEGER), part(OCTETS), part(IP, fixed_size=4), part(OID)


@pytest.mark.parametrize(
    ("parts", "arcs", "expected"),
    [
        ([NUMBER], [5], [(GAUGE, b"\0\0\0\x05")]),
        ([NUMBER], [4294967295], [(GAUGE, b"\xff\xff\xff\xff")]),
        ([STRING], [0], [(OCTETS, b"")]),
        ([STRING, NUMBER], [3, 104, 117, 98, 7], [(OCTETS, b"hub"), (GAUGE, b"\0\0\0\x07")]),
        ([part(OCTETS, implied=True)], [104, 117, 98], [(OCTETS, b"hub")]),
        ([NUMBER, part(OCTETS, implied=True)], [1], [(GAUGE, b"\0\0\0\x01"), (OCTETS, b"")]),
        ([part(OCTETS, fixed_size=2), NUMBER], [10, 20, 1], [(OCTETS, b"\x0a\x14"), (GAUGE, b"\0\0\0\x01")]),
        ([ADDRESS, NUMBER], [10, 44, 32, 13, 1], [(OCTETS, b"\x0a\x2c\x20\x0d"), (GAUGE, b"\0\0\0\x01")]),
        ([NAME, NUMBER], [3, 1, 3, 6, 9], [(OID, b"\x2b\x06"), (GAUGE, b"\0\0\0\x09")]),
        ([part(OID, implied=True)], [1, 3, 200], [(OID, b"\x2b\x81\x48")]),
        ([], [], []),
    ],
)
def test_split(parts, arcs, expected):
    """Numbers take one sub-identifier, strings a length and their octets, unless the length is fixed or implied."""
    assert split_index(parts, arcs) == expected


@pytest.mark.parametrize(
    ("parts", "arcs", "problem"),
    [
        ([NUMBER], [], "index ends within part"),
        ([NUMBER], [1, 2], "goes on for 1 sub-identifiers"),
        ([STRING], [], "ends before the length of part"),
        ([STRING], [3, 104, 117], "index ends within part"),
        ([STRING], [4294967295, 1], "index ends within part"),
        ([STRING], [1, 256], "above 255"),
        ([ADDRESS], [10, 0, 0], "index ends within part"),
        ([ADDRESS], [10, 0, 0, 1, 2], "goes on for 1"),
        ([ADDRESS], [10, 0, 0, 300], "above 255"),
        ([NAME], [1, 1], "an OID has 2 to 128 arcs"),
        ([NAME], [2, 3, 1], "no OID starts with 3.1"),
        ([NAME], [0], "an OID has 2 to 128 arcs"),
        ([], [1], "goes on for 1"),
    ],
)
def test_garbage(parts, arcs, problem):
    """Too few, too many, or too big: a WireError, never a guess."""
    with pytest.raises(WireError, match=problem):
        split_index(parts, arcs)


def test_dotted():
    """An index is shown as the sub-identifiers that it is."""
    assert dotted(encode_arcs([1, 4, 217, 79])) == ((1, 4, 217, 79), "1.4.217.79")
    assert dotted(b"") == ((), "")


@pytest.mark.parametrize(
    ("table", "arcs", "expected"),
    [
        # Observium's poller: raw octets in cikePeerCorrTable
        ("cikePeerCorrTable", [1, 4, 217, 79, 6, 156, 1, 4, 80, 93, 52, 3, 2, 2], [b"\xd9O\x06\x9c", b"P]4\x03"]),
        # the 3745 sample: zero-padded text
        (
            "cikePeerTable",
            [1, 15, *b"010.001.001.002", 1, 15, *b"010.001.001.001", 1],
            [b"010.001.001.002", b"010.001.001.001"],
        ),
        # Zabbix's script: type 9 and 24 characters
        (
            "cikePeerTable",
            [1, 4, 194, 84, 250, 77, 9, 24, *b"vpn-client-1@example.org", 3],
            [b"\xc2T\xfaM", b"vpn-client-1@example.org"],
        ),
        ("cikePeerTable", [1, 0, 2, 0, 1], [b"", b""]),
    ],
)
def test_peers_of_the_field(table, arcs, expected):
    """The indexes that people saw come apart by their lengths, whatever the declared types."""
    values = split_index(load().tables[table].index, arcs)
    assert [content for tag, content in values if tag == OCTETS] == expected


@pytest.mark.parametrize(
    ("parts", "arcs", "length"),
    [
        ([NUMBER], [5], 1),
        ([NUMBER], [5, 1, 2], 1),
        ([ADDRESS], [10, 0, 0, 2, 1, 128], 4),
        ([NUMBER, STRING], [2, 3, 104, 117, 98, 7], 5),
        ([], [5], 0),
    ],
)
def test_the_length_of_an_index_at_the_beginning_of_another(parts, arcs, length):
    """Sub-identifiers of a longer index may follow."""
    assert index_length(parts, arcs) == length


@pytest.mark.parametrize(("parts", "arcs"), [([NUMBER], []), ([ADDRESS], [10, 0]), ([STRING], [3, 104])])
def test_an_index_that_is_too_short_has_no_length(parts, arcs):
    """An index that ends within a part, or before it, is none."""
    with pytest.raises(WireError, match="index ends within part"):
        index_length(parts, arcs)
