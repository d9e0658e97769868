"""Syslog messages as Cisco, relays and others send them.

The headers of Cisco's are as they were seen: those of `FOO-6-BAR` and of routers, switches and IOS-XR in the tests of
Elastic's cisco_ios integration, those of NX-OS and of a wireless controller in Splunk Connect for Syslog's, the one
with a host behind the time in syslog-ng's, `KST` and `42w2d` on Catalysts in the samples of a Korean log manager.
"""

import pytest

from collector.errors import WireError
from collector.wire.syslog import MAX_PARAMETERS, SyslogMessage, read_syslog

BAR = "%FOO-6-BAR: Test header format"


def header(line):
    message = read_syslog(line.encode())
    return message.sequence, message.hostname, message.timestamp


# --- priority and text ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("priority", "facility", "severity"), [(0, 0, 0), (13, 1, 5), (189, 23, 5), (191, 23, 7)])
def test_priority(priority, facility, severity):
    """PRI is eight times the facility, and the severity."""
    message = read_syslog(f"<{priority}>hello".encode())
    assert (message.facility, message.severity, message.text) == (facility, severity, "hello")


@pytest.mark.parametrize("line", ["hello", "<>hello", "<x>hello", "<12345678901>hello", "< 13>hello"])
def test_no_priority(line):
    """Without PRI there is neither facility nor severity, and all is text."""
    assert read_syslog(line.encode()) == SyslogMessage(text=line)


@pytest.mark.parametrize("line", [b"<192>hello", b"<999>hello", b"<4294967296>"])
def test_priority_out_of_range(line):
    """A PRI above 191 is refused by its number."""
    with pytest.raises(WireError, match=r"^a syslog priority of \d+, above 191$"):
        read_syslog(line)


@pytest.mark.parametrize(
    "line", [b"", b" ", b"\0", b"\r\n", b"\xef\xbb\xbf", b"<13>", b"<13> \n", b"<13>\xef\xbb\xbf\0"]
)
def test_empty(line):
    """A message without text is refused."""
    with pytest.raises(WireError, match="without text"):
        read_syslog(line)


def test_length():
    """A message may have as many octets as the limit says; what is refused is not quoted."""
    assert len(read_syslog(b"x" * 8192).text) == 8192
    assert read_syslog(b"x" * 9000, 9000).text == "x" * 9000
    with pytest.raises(WireError, match=r"^a syslog message of 8193 octets, above 8192$"):
        read_syslog(b"x" * 8193)


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"<13>hello\n", "hello"),
        (b"<13>hello\r\n\0", "hello"),
        (b"\xef\xbb\xbf<13>hello", "hello"),
        (b"<13>\xef\xbb\xbfhello", "hello"),
        (b"<13> hello", "hello"),
        (b"<13>Z\xc3\xbcrich", "Zürich"),
        (b"<13>Z\xfcrich", "Zürich"),
        (b"<13>one\r\n\ttwo\x1b[0m\x7f\xc2\x85three\xe2\x80\xa8four", "one two [0m three four"),
    ],
)
def test_text(octets, text):
    """Text is UTF-8, or Latin-1 where it cannot be; BOMs and the end go; a run of control characters is a blank."""
    assert read_syslog(octets).text == text


# --- Cisco ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"<190>2361044: Jul 14 2023 08:23:43.398 UTC: {BAR}", (2361044, None, "Jul 14 2023 08:23:43.398 UTC")),
        (f"<190>2361044: sw01: Jul 14 2023 08:23:43.398 UTC: {BAR}", (2361044, "sw01", "Jul 14 2023 08:23:43.398 UTC")),
        (f"<190>sw01: Jul 14 2023 08:23:43.398 UTC: {BAR}", (None, "sw01", "Jul 14 2023 08:23:43.398 UTC")),
        (f"<190>: sw01: Jul 14 2023 08:23:43.398 UTC: {BAR}", (None, "sw01", "Jul 14 2023 08:23:43.398 UTC")),
        (f"<190>: Jul 14 2023 08:23:43.398 UTC: {BAR}", (None, None, "Jul 14 2023 08:23:43.398 UTC")),
        (f"<190>Jul 14 2023 08:23:43.398 UTC: {BAR}", (None, None, "Jul 14 2023 08:23:43.398 UTC")),
        (f"<190>{BAR}", (None, None, None)),
        (f"<190>2361044: sw01: Jan  6 22:11:43: {BAR}", (2361044, "sw01", "Jan  6 22:11:43")),
        (f"<190>2361044: sw01: Jan 16 2022 22:11:43 METDST: {BAR}", (2361044, "sw01", "Jan 16 2022 22:11:43 METDST")),
        (
            f"<190>3352436: 3352457: Aug 12 2023 12:14:24.412 mdt: {BAR}",
            (3352457, None, "Aug 12 2023 12:14:24.412 mdt"),
        ),
        (f"<189>387448: host-01: May 6 16:13:09.123 UTC+1: {BAR}", (387448, "host-01", "May 6 16:13:09.123 UTC+1")),
        (
            f"<189>7: ch_switch_m-1: May 6 16:13:09.123 UTC+07:30: {BAR}",
            (7, "ch_switch_m-1", "May 6 16:13:09.123 UTC+07:30"),
        ),
        (f"<189>1578005: Mar 16 10:38:25KST: {BAR}", (1578005, None, "Mar 16 10:38:25KST")),
        (
            f"<190>3132517: 192.168.100.2 3132513: Jul 14 2023 08:23:43 UTC: {BAR}",
            (3132513, "192.168.100.2", "Jul 14 2023 08:23:43 UTC"),
        ),
        (
            f"<190>3132783: 2a02:cf40::: 3132779: Jul 14 2023 08:23:43 UTC: {BAR}",
            (3132779, "2a02:cf40::", "Jul 14 2023 08:23:43 UTC"),
        ),
        (f"<189>505: 42w2d: {BAR}", (505, None, "42w2d")),
        (f"<190>3132517: sw01: 3132513: 2y10w: {BAR}", (3132513, "sw01", "2y10w")),
        (f"<166>foo: 00:01:01: {BAR}", (None, "foo", "00:01:01")),
        (f"<166>20: 1d02h: {BAR}", (20, None, "1d02h")),
        (f"<166>: 2020 May 15 12:00:01 EDT: {BAR}", (None, None, "2020 May 15 12:00:01 EDT")),
        (f"<166>sw01: 2020 May 15 12:00:01.250 CDT: {BAR}", (None, "sw01", "2020 May 15 12:00:01.250 CDT")),
        (f"<189>Jun 12 18:10:50 10.53.35.85 {BAR}", (None, "10.53.35.85", "Jun 12 18:10:50")),
        (f"<111> Nov  1 14:07:58 excal-113 {BAR}", (None, "excal-113", "Nov  1 14:07:58")),
        (f"<189>2024-10-11T10:15:31.208321-05:00 edge {BAR}", (None, "edge", "2024-10-11T10:15:31.208321-05:00")),
        (f"<164>:2023-03-22T15:10:19Z: {BAR}", (None, None, "2023-03-22T15:10:19Z")),
        (f"<166>Oct 10 2018 12:34:56 asa1 : {BAR}", (None, "asa1", "Oct 10 2018 12:34:56")),
    ],
)
def test_cisco_header(line, expected):
    """Numbers, the device's name, and time (with or without year, fraction and zone, or uptime) are told apart."""
    assert header(line) == expected
    assert read_syslog(line.encode()).text == BAR


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            f"Jul 13 08:23:43 192.168.100.2 585917: Jul 14 2023 08:23:43 UTC: {BAR}",
            (585917, "192.168.100.2", "Jul 14 2023 08:23:43 UTC"),
        ),
        (
            f"<190>Jul 13 08:23:43 192.168.100.2 sw01: 3132779: Jul 14 2023 08:23:43 UTC: {BAR}",
            (3132779, "sw01", "Jul 14 2023 08:23:43 UTC"),
        ),
        (
            f"<190>3132517: Jul 13 08:23:43 192.168.100.2 sw01: 3132779: Jul 14 2023 08:23:43 UTC: {BAR}",
            (3132779, "sw01", "Jul 14 2023 08:23:43 UTC"),
        ),
        (f"<13>Nov 21 08:00:00 relay 82: *Sep 20 11:19:25.825: {BAR}", (82, "relay", "Sep 20 11:19:25.825")),
    ],
)
def test_relayed(line, expected):
    """Where a relay put its header before the device's, what the device says counts, and then what the relay does."""
    assert header(line) == expected
    assert read_syslog(line.encode()).text == BAR


def test_relayed_twice():
    """Each relay may have put its time and its name for the device before what it got."""
    line = f"<189>Nov 21 08:00:01 relay Nov 21 08:00:00 192.0.2.9 sw01: 7: Nov 21 07:59:59.1 UTC: {BAR}"
    assert header(line) == (7, "sw01", "Nov 21 07:59:59.1 UTC")
    assert read_syslog(line.encode()).text == BAR


@pytest.mark.parametrize("origin", ["our hub in Berlin", "hub (1)"])
def test_origin_of_words(origin):
    """An origin that is no name hides neither the time nor the message (`logging origin-id string`)."""
    line = f"<189>7: {origin}: *Jan  6 2022 22:11:43.398 UTC: {BAR}"
    assert header(line) == (None, None, "Jan  6 2022 22:11:43.398 UTC")
    assert read_syslog(line.encode()).text == BAR


def test_relayed_priority():
    """A PRI that a relay left within is the device's; one that is out of range is not."""
    message = read_syslog(f"<13>Nov 21 08:00:00 relay <190>123: Jan  6 2022 20:52:12: {BAR}".encode())
    assert (message.facility, message.severity, message.sequence, message.text) == (23, 6, 123, BAR)
    assert read_syslog(f"<13>Nov 21 08:00:00 relay <999>123: {BAR}".encode()).facility == 1


@pytest.mark.parametrize(("mark", "doubted"), [("*", True), (".", True), ("", False)])
@pytest.mark.parametrize("rest", [BAR, "NTP Core (INFO): sys_peer"])
def test_clock_doubted(mark, doubted, rest):
    """IOS marks its time where its clock is not set, or has lost its source."""
    message = read_syslog(f"<190>7: {mark}Jul 14 2023 08:23:43.398 UTC: {rest}".encode())
    assert (message.clock_doubted, message.timestamp, message.text) == (doubted, "Jul 14 2023 08:23:43.398 UTC", rest)


def test_host_behind_time():
    """A name between the time and the mnemonic is the device's."""
    line = "<0>91: *Oct 07 03:10:04: mydevice.com %CRYPTO-4-RECVD_PKT_INV_SPI: decaps: rec'd IPSEC packet"
    assert header(line) == (91, "mydevice.com", "Oct 07 03:10:04")


def test_ios_xr():
    """IOS-XR says which node and which process it was; a relay has put its header before."""
    line = (
        "<190>Oct 7 07:19:44 primary-mgmt RP/0/RP0/CPU0:Oct 7 07:19:43.630 UTC: ipv4_acl_mgr[310]: "
        "%ACL-IPV4_ACL-6-IPACCESSLOGP : access-list outgoing-to-GW deny tcp"
    )
    assert read_syslog(line.encode()) == SyslogMessage(
        text="%ACL-IPV4_ACL-6-IPACCESSLOGP : access-list outgoing-to-GW deny tcp",
        facility=23,
        severity=6,
        timestamp="Oct 7 07:19:43.630 UTC",
        hostname="primary-mgmt",
        app="ipv4_acl_mgr",
        process="310",
    )


def test_controller_task():
    """A wireless controller names its task with an asterisk, which is no doubt about the clock."""
    message = read_syslog(
        b"<132>wlc: *spamApTask1: May 26 18:52:01.958: %CAPWAP-4-DISC_INTF_ERR2: [PA]x.c:2053 Ignoring"
    )
    assert (message.hostname, message.app, message.clock_doubted) == ("wlc", "spamApTask1", False)


@pytest.mark.parametrize(
    "line",
    [
        "<13>we saw the words of %SYS-5-CONFIG_I: there",
        "<13>Oct 11 22:14:15 host app: saw %SYS-5-CONFIG_I: there",
        '<13>"%SYS-5-CONFIG_I: quoted"',
        f"<13>{'Jan  6 22:11:43: ' * 4}{BAR}",
        f"<13>{'x' * 300}: {BAR}",
        "<13>100%-5-of it",
    ],
)
def test_no_cisco_header(line):
    """A mnemonic far behind, or behind what is no header, is a part of the text."""
    assert read_syslog(line.encode()).text in line
    assert not read_syslog(line.encode()).text.startswith("%")


# --- RFC 3164 ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("<34>Oct 11 22:14:15 mymachine su: 'su root' failed", ("mymachine", "su", None, "'su root' failed")),
        ("<34>Oct 11 22:14:15 10.1.1.2 charon[4711]: 05[IKE] up", ("10.1.1.2", "charon", "4711", "05[IKE] up")),
        ("<34>Oct 11 22:14:15 su: 'su root' failed", (None, "su", None, "'su root' failed")),
        ("<0>Jan 10 01:00:00 0002:: prg0: msgtxt", ("0002::", "prg0", None, "msgtxt")),
        ("<0>Jan 10 01:00:00 1.2.3.4 prg0", ("1.2.3.4", None, None, "prg0")),
        (
            "<133>Mar  8  0:52:58 na NOTICEAlteonOS <ip>: default gateway",
            ("na", None, None, "NOTICEAlteonOS <ip>: default gateway"),
        ),
        (
            "<191>2637085: rt401: Aug 18 07:15:04.461 CEST: NTP Core (NOTICE): lost.",
            ("rt401", None, None, "NTP Core (NOTICE): lost."),
        ),
        (
            "<191>: rt401-rk30409: Aug 18 07:15:04.461 CEST: last message repeated 66 times",
            ("rt401-rk30409", None, None, "last message repeated 66 times"),
        ),
        ("<13>Use the BFG!", (None, None, None, "Use the BFG!")),
        ("<13>Oct 11 22:14:15", (None, None, None, "")),
    ],
)
def test_rfc3164(line, expected):
    """Time, host and tag are taken from a message that has them; without a time all is text."""
    message = read_syslog(line.encode())
    assert (message.hostname, message.app, message.process, message.text) == expected


def test_sequence_without_mnemonic():
    """A Cisco message without a mnemonic has its number all the same."""
    assert header("<191>2637085: rt401: Aug 18 07:15:04.461 CEST: NTP Core") == (
        2637085,
        "rt401",
        "Aug 18 07:15:04.461 CEST",
    )
    assert header("<191>: Aug 18 07:15:04.461 CEST: NTP Core") == (None, None, "Aug 18 07:15:04.461 CEST")


# --- RFC 5424 ---------------------------------------------------------------------------------------------------------


def test_rfc5424():
    """The third example of RFC 5424 §6.5."""
    line = (
        '<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3" '
        'eventSource="Application" eventID="1011"] \ufeffAn application event log entry...'
    )
    assert read_syslog(line.encode()) == SyslogMessage(
        text="An application event log entry...",
        facility=20,
        severity=5,
        timestamp="2003-10-11T22:14:15.003Z",
        hostname="mymachine.example.com",
        app="evntslog",
        message_id="ID47",
        structured=(
            ("exampleSDID@32473", "iut", "3"),
            ("exampleSDID@32473", "eventSource", "Application"),
            ("exampleSDID@32473", "eventID", "1011"),
        ),
    )


@pytest.mark.parametrize(
    ("structured", "parameters", "text"),
    [
        ("-", (), ""),
        ("- x", (), "x"),
        (
            '[origin enterpriseId="1.3.6"][nosdnvpair] x',
            (("origin", "enterpriseId", "1.3.6"), ("nosdnvpair", "", "")),
            "x",
        ),
        (r'[a b="\"c\" \\ [\] \d"] x', (("a", "b", r'"c" \ [] \d'),), "x"),
        ('[a b=""]', (("a", "b", ""),), ""),
    ],
)
def test_structured_data(structured, parameters, text):
    """Elements may follow each other, be without parameters, and have what is escaped; nothing need follow."""
    message = read_syslog(f"<165>1 - host app 7 - {structured}".encode())
    assert (message.structured, message.text, message.process) == (parameters, text, "7")


def test_structured_data_is_bounded():
    """Parameters above the bound are read, and not kept."""
    line = "<165>1 - - - - - [a" + ' b="c"' * 100 + "] x"
    message = read_syslog(line.encode())
    assert (len(message.structured), message.text) == (MAX_PARAMETERS, "x")


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("<165>1 - host", "an RFC 5424 header that is not whole"),
        ("<165>1 2003-10-11T22:14:15Z host app - -", "an RFC 5424 header that is not whole"),
        ("<165>1 - host app - - hello", "an RFC 5424 header that is not whole"),
        ("<165>1 - host app - - [] x", "structured data without a name"),
        ('<165>1 - host app - - [a i="]ok"] x', "structured data 'a' that does not end"),
        ('<165>1 - host app - - [a i=""ok"] x', "structured data 'a' that does not end"),
        ('<165>1 - host app - - [a i="ok" x', "structured data 'a' that does not end"),
        ('<165>1 - host app - - [a i="ok"]x', "structured data that a blank does not follow"),
        ("<165>1 - host app - - -x", "structured data that a blank does not follow"),
    ],
)
def test_broken_rfc5424(line, error):
    """A message that says that it is of RFC 5424, and is not, is refused by what is wrong with it."""
    with pytest.raises(WireError, match=f"^{error.replace('[', '.').replace(']', '.')}$"):
        read_syslog(line.encode())


def test_cisco_in_rfc5424():
    """Cisco's header within a relay's of RFC 5424 counts, where it says something."""
    line = f"<189>1 2024-10-11T10:15:31Z 10.1.1.1 - - - - 123: R1: *Oct 11 10:15:30.1 UTC: {BAR}"
    assert header(line) == (123, "R1", "Oct 11 10:15:30.1 UTC")
    assert read_syslog(line.encode()).clock_doubted
    assert read_syslog(line.encode()).text == BAR
    assert header(f"<189>1 2024-10-11T10:15:31Z 10.1.1.1 - - - - {BAR}") == (None, "10.1.1.1", "2024-10-11T10:15:31Z")


def test_mnemonic_taken_for_a_tag():
    """A relay that split a Cisco message took its mnemonic for the tag: it is put back."""
    message = read_syslog(b"<189>1 2024-10-11T10:15:31Z R1 %BGP-5-NBR_RESET - - - Neighbor 10.0.0.200 reset (x)")
    assert (message.text, message.app, message.hostname) == (
        "%BGP-5-NBR_RESET: Neighbor 10.0.0.200 reset (x)",
        None,
        "R1",
    )
    assert read_syslog(b"<189>1 - R1 %APP - - - text").app == "%APP"
