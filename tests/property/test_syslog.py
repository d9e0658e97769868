"""Syslog under any octets, in any chunks, and in time that grows as the message does."""

import contextlib
from itertools import pairwise
from time import process_time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from collector.errors import WireError
from collector.interpret.ios_syslog import interpret_syslog
from collector.wire import ios_syslog
from collector.wire.ios_syslog import read_ios_message
from collector.wire.syslog import MAX_PARAMETERS, read_syslog
from collector.wire.syslog_frames import SyslogFrames

PIECES = st.sampled_from(
    [
        *("<189>", "<13>", "<999>", "1 ", "- ", "[a", ' b="c"', "]", "\\", '"', "%", ": ", ":", " ", "*", "\n", "\0"),
        *("Jan  6 2022 20:52:12.861 UTC", "2024-10-11T10:15:31Z ", "1w2d", "00:01:01", "hub1", "123", "RP/0/RP0/CPU0"),
        *("%CRYPTO-5-SESSION_STATUS: Crypto tunnel is UP. Peer ", "10.1.1.1:500", "2001:db8::1", " fvrf=", " ivrf=a"),
        *(" Description: ", " Group: ", " Id: ", "%IOSXE-3-PLATFORM: ", "%IPSEC-3-REPLAY_ERROR: ", "SPI 0x1"),
        *("%BGP-5-ADJCHANGE: neighbor ", " vpn vrf a", " Up", " Down", "%CRYPTO-4-IKMP_NO_SA: ", "from ", "\xff"),
        *("%DMVPN-5-NHRP_NHC_DOWN: Tunnel0: Next Hop Client : (Tunnel: ", " NBMA: ", ") for (Tunnel: ", ") is ", "UP"),
    ]
)  # fmt: skip
LINES = st.one_of(
    st.binary(max_size=200),
    st.lists(PIECES, max_size=20).map(lambda pieces: "".join(pieces).encode()),
    st.lists(PIECES, max_size=20).map(lambda pieces: "".join(pieces).encode("latin-1")),
)


def is_clean(text):
    return not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in text)


@given(line=LINES)
@settings(max_examples=3000, deadline=None)
def test_hostile_lines(line):
    """Any octets give a message or WireError; what a message says is bounded, and has no control characters."""
    message = None
    with contextlib.suppress(WireError):
        message = read_syslog(line)
    if message is None:
        return
    told = interpret_syslog(message, received_at=0.0, sender="192.0.2.1")
    words = [message.text, message.hostname, message.app, message.timestamp, told.name, told.reason, told.description]
    words += [word for pair in told.values for word in pair]
    assert all(is_clean(word) for word in words if word)
    assert len(message.structured) <= MAX_PARAMETERS
    assert len(told.values) <= 20
    assert all(len(value) <= 1024 for _, value in told.values)


@given(line=st.text(st.characters(exclude_categories=["C", "Z", "N"]), min_size=1, max_size=200))
@settings(max_examples=300, deadline=None)
def test_text_is_kept(line):
    """What cannot be a header is text, as it was."""
    assert read_syslog(f"<13>{line}".encode()).text == line


HEADERS = st.tuples(
    st.none() | st.integers(0, 191),
    st.none() | st.integers(0, 10**9),
    st.none() | st.from_regex(r"[a-z][a-z0-9-]{2,20}", fullmatch=True),
    st.none()
    | st.sampled_from(["Jan  6 2022 20:52:12.861 UTC", "Jan 16 22:11:43", "1w2d", "2020 May 15 12:00:01 EDT"]),
    st.sampled_from(["", "*", "."]),
)


@given(header=HEADERS, text=st.from_regex(r"[ -~]{0,40}[!-~]", fullmatch=True))
@settings(max_examples=500, deadline=None)
def test_cisco_headers(header, text):
    """What was put into a Cisco header is read from it."""
    priority, sequence, hostname, timestamp, mark = header
    line = (f"<{priority}>" if priority is not None else "") + (f"{sequence}: " if sequence is not None else "")
    line += (f"{hostname}: " if hostname else "") + (f"{mark}{timestamp}: " if timestamp else "")
    message = read_syslog(f"{line}%FOO-6-BAR: {text}".encode())
    assert (message.sequence, message.hostname, message.timestamp) == (sequence, hostname, timestamp)
    assert message.facility == (None if priority is None else priority // 8)
    assert message.clock_doubted == bool(timestamp and mark)
    assert message.text == f"%FOO-6-BAR: {text}"


# --- frames -----------------------------------------------------------------------------------------------------------


def feed(chunks, limit):
    """Return the frames of a stream, what it raised in the end, and how many were dropped."""
    stream = SyslogFrames(limit)
    frames = []
    try:
        for chunk in chunks:
            frames += stream.feed(chunk)
        frames += stream.close()
    except WireError as error:
        return frames, str(error), stream.oversized
    return frames, None, stream.oversized


def cut(octets, places):
    places = [0, *sorted(place % (len(octets) + 1) for place in places), len(octets)]
    return [octets[start:end] for start, end in pairwise(places)]


STREAMS = st.one_of(
    st.binary(max_size=100),
    st.lists(
        st.sampled_from([b"<13>a", b"5 <13>a", b"\n", b"\0", b"\r", b" ", b"9", b"30 ", b"x" * 25]), max_size=12
    ).map(b"".join),
)


@given(octets=STREAMS, places=st.lists(st.integers(0, 300), max_size=8))
@example(octets=b"5 <13>a0 5 <13>b", places=[])
@settings(max_examples=2000, deadline=None)
def test_any_chunking(octets, places):
    """However a stream is cut, it has the same frames, drops as many, and fails in the same way."""
    whole = feed([octets], 20)
    assert feed(cut(octets, places), 20) == whole
    assert feed([octets[at : at + 1] for at in range(len(octets))], 20) == whole
    assert all(0 < len(frame) <= 20 for frame in whole[0])


MESSAGES = st.lists(st.binary(max_size=30).map(lambda rest: b"<13>" + rest), min_size=1, max_size=10)


@given(messages=MESSAGES, places=st.lists(st.integers(0, 500), max_size=8))
@settings(max_examples=300, deadline=None)
def test_counted_round_trip(messages, places):
    """Messages with their counts come back as they were, whatever is in them."""
    octets = b"".join(b"%d %b" % (len(message), message) for message in messages)
    assert feed(cut(octets, places), 100) == (messages, None, 0)


@given(messages=MESSAGES, places=st.lists(st.integers(0, 500), max_size=8), end=st.sampled_from([b"\n", b"\0"]))
@settings(max_examples=300, deadline=None)
def test_ended_round_trip(messages, places, end):
    """Messages without ends within come back as they were, CR at their ends apart."""
    messages = [message.replace(b"\n", b".").replace(b"\0", b".").rstrip(b"\r") for message in messages]
    octets = b"".join(message + end for message in messages)
    assert feed(cut(octets, places), 100) == (messages, None, 0)


# --- time -------------------------------------------------------------------------------------------------------------

REPEATED = [  # what patterns begin with, or go on with
    *("%", "%A", "%A-", "-A", "A", "-7-", "A-7-A", " ", ": ", ":", "1", "1:", "00:00:00", "*", "[", "[1]", "<13>"),
    *("Jan 1 00:00:00 ", "Jan  ", '\\"', '"', ' b="c"', "=", " = ", "spi", "spi ", "local ", "spi=1,"),
    *(" Id:", " Group:", " Description: ", "fvrf=a ", "Peer ", "peer ", "from 1 ", "neighbor 1 ", "Interface a "),
    *("Tunnel: 1 ", "NBMA: ", "Version ", ", Reason:", " on (", "due to ERROR:", "1.", "::", "User=", "("),
]  # fmt: skip
STARTS = ["<13>", "<13>1 - - - - - ", "<13>1 - - - - - [a", '<13>1 - - - - - [a b="', "<13>Jan  1 00:00:00 ", "<13>%A"]
READERS = {*ios_syslog._READERS.values(), *(reader for _, reader in ios_syslog._FAMILIES)}


def seconds(read, text):
    """Return the processor's time that a reader takes."""
    began = process_time()
    with contextlib.suppress(WireError):
        read(text)
    return process_time() - began


def grows(read, start, part, length):
    """Whether sixteen times the length takes less than 64 times the time, of which the least is taken to be 2 ms.

    What looks at the same characters again and again takes 256 times, and minutes. A busy machine has two more tries.
    """
    short, long = (start + part * (size // len(part)) for size in (length, 16 * length))
    return any(seconds(read, long) < 64 * max(seconds(read, short), 0.002) for _ in range(3))


def read_line(text):
    message = read_syslog(text.encode(), 2**21)
    read_ios_message(message.text)


@pytest.mark.parametrize("start", STARTS)
def test_time_grows_as_length_does(start):
    """A message of a megabyte takes little longer for its length than one of a sixteenth, whatever repeats in it."""
    for part in REPEATED:
        assert grows(read_line, start, part, 2**16), part


@pytest.mark.parametrize("reader", sorted(READERS, key=lambda reader: reader.__name__))
def test_time_of_fields(reader):
    """So does every reader of fields, by itself, on a text of 64 KiB."""
    for part in REPEATED:
        for start in ("", "Crypto session is UP. Peer 10.1.1.1:500 ", "Tunnel0: ", "neighbor 10.1.1.1 "):
            assert grows(reader, start, part, 2**12), (start, part)
