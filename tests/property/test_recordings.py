"""What is written as snmprec is read as it was, and no text whatever does more harm than a WireError."""

from hypothesis import given, settings
from hypothesis import strategies as st

from collector.errors import WireError
from collector.tables import load
from collector.wire.ber import encode_oid
from collector.wire.recording import read_recording
from collector.wire.recording_snmprec import write_snmprec

OBJECTS = load().objects
OIDS = st.lists(st.integers(0, 2**32 - 1), max_size=8).map(lambda arcs: encode_oid([1, 3, *arcs]))
TAGS = st.sampled_from([0x02, 0x04, 0x05, 0x06, 0x40, 0x41, 0x42, 0x43, 0x44, 0x46, 0x80, 0x81, 0x82])
VARBINDS = st.lists(st.tuples(OIDS, TAGS, st.binary(max_size=12)), min_size=1, max_size=5)
WORDS = """1.3.6.1 | 2 4x cikeTunStatus.1 cikeTunLocalAddr .1 = INTEGER: STRING: " Hex-STRING: 0a01 0x active(1) \\
    iso.3 OID: :: # Timeticks:"""
PIECES = st.sampled_from([*WORDS.split(), " ", "\n", "\r", " = ", "\ud8ff"])


@settings(max_examples=200)
@given(VARBINDS)
def test_snmprec_both_ways(varbinds):
    """Any varbinds, decodable or not, come back from their recording."""
    text = "\n".join(write_snmprec(varbinds))
    assert list(read_recording(text, {}).varbinds) == varbinds


@settings(max_examples=500)
@given(st.lists(PIECES | st.text(max_size=5), max_size=30).map("".join))
def test_hostile_recordings(text):
    """Any text is a recording or a WireError that names a line."""
    try:
        recording = read_recording(text, OBJECTS)
    except WireError as error:
        problem = str(error)
    else:
        assert len(recording.varbinds) + sum(recording.unknown.values()) <= text.count("\n") + 1
        return
    assert problem.startswith("line ")
