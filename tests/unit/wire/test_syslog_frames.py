"""Frames of a syslog stream."""

import pytest

from collector.errors import WireError
from collector.wire.syslog_frames import SyslogFrames


def frames(*chunks, limit=100):
    """Return the frames that a stream of these chunks has, its end included, and how many were dropped."""
    stream = SyslogFrames(limit)
    found = [frame for chunk in chunks for frame in stream.feed(chunk)]
    return found + stream.close(), stream.oversized


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"<13>one\n<13>two\n", [b"<13>one", b"<13>two"]),
        (b"<13>one\0<13>two\0", [b"<13>one", b"<13>two"]),
        (b"<13>one\r\n<13>two\n\0\n<13>three", [b"<13>one", b"<13>two", b"<13>three"]),
        (b"123: no PRI\n124: none\n", [b"123: no PRI", b"124: none"]),
        (b"1 two\n", [b"1 two"]),
        (b"12345678 <13>\n", [b"12345678 <13>"]),
        (b"\n\r\n\0", []),
        (b"", []),
        (b"12", [b"12"]),
        (b"12 ", [b"12 "]),
    ],
)
def test_ended_frames(octets, expected):
    """LF or NUL ends a frame, or the end of the connection; CR before it and empty frames go."""
    assert frames(octets) == (expected, 0)


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"7 <13>one7 <13>two", [b"<13>one", b"<13>two"]),
        (b"8 <13>a\nb\n8 <13>c\0d\n", [b"<13>a\nb\n", b"<13>c\0d\n"]),
        (b"7 <13>one\r\n\x007 <13>two\n", [b"<13>one", b"<13>two"]),
        (b"5 <13>x1 y", [b"<13>x", b"y"]),
    ],
)
def test_counted_frames(octets, expected):
    """A frame has as many octets as its count says, whatever they are; ends that follow it are passed over."""
    assert frames(octets) == (expected, 0)
    assert frames(*(octets[at : at + 1] for at in range(len(octets)))) == (expected, 0)


def test_oversized_ended_frame():
    """A frame above the limit is dropped and counted, whole or in parts, and the next one is read."""
    long = b"x" * 101
    assert frames(b"<13>a\n" + long + b"\n<13>b\n") == ([b"<13>a", b"<13>b"], 1)
    assert frames(b"<13>a\n", long, long, long + b"\n<13>b\n", long) == ([b"<13>a", b"<13>b"], 2)
    assert frames(b"<" + b"x" * 99 + b"\n") == ([b"<" + b"x" * 99], 0)


def test_oversized_counted_frame():
    """A counted frame above the limit is passed over without being kept."""
    stream = SyslogFrames(10)
    assert stream.feed(b"5 <13>a1000000 <13>") == [b"<13>a"]
    for _ in range(999):
        assert stream.feed(b"x" * 1000) == []
        assert len(stream._part) <= 10
    assert stream.feed(b"x" * 996 + b"5 <13>b") == [b"<13>b"]
    assert (stream.close(), stream.oversized) == ([], 1)


def test_memory_is_bounded():
    """A frame that does not end takes no more memory than the limit."""
    stream = SyslogFrames(100)
    for _ in range(1000):
        assert stream.feed(b"x" * 99) == []
        assert len(stream._part) <= 100
    assert stream.oversized == 1


@pytest.mark.parametrize(
    ("octets", "shown"),
    [(b"<13>x", "b'<'"), (b"0 <", "b'0'"), (b"12x", "b'12x'"), (b"12345678 ", "b'12345678'"), (b" 5 ", "b' '")],
)
def test_bad_count(octets, shown):
    """What is no count raises once the frames before it were returned, and ever after."""
    stream = SyslogFrames(100)
    assert stream.feed(b"5 <13>a" + octets) == [b"<13>a"]
    for again in (b"", b"5 <13>b"):
        with pytest.raises(WireError, match=f"^{shown} where a frame's count of octets must be$"):
            stream.feed(again)
    with pytest.raises(WireError, match="count of octets"):
        stream.close()
    alone = SyslogFrames(100)
    alone.feed(b"5 <13>a")
    with pytest.raises(WireError, match="count of octets"):
        alone.feed(octets)


@pytest.mark.parametrize("octets", [b"9 <13>one", b"7 <13>one9", b"999 <"])
def test_ended_within_a_frame(octets):
    """A connection that ended within a counted frame says so."""
    stream = SyslogFrames(100)
    stream.feed(octets)
    with pytest.raises(WireError, match="ended within a frame"):
        stream.close()


@pytest.mark.parametrize(
    ("octets", "unfinished"),
    [
        (b"", False),
        (b"<13>one\n", False),
        (b"<13>one\n<13>t", True),
        (b"<13>" + b"x" * 200, True),
        (b"7", True),
        (b"7 <13>one", False),
        (b"7 <13>one7 ", True),
        (b"7 <13>on", True),
        (b"200 <", True),
    ],
)
def test_a_frame_that_is_not_whole(octets, unfinished):
    """A stream knows whether a frame, be it too long, has begun and not ended."""
    stream = SyslogFrames(100)
    stream.feed(octets)
    assert stream.unfinished is unfinished
