import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from collector.cli import main
from collector.cli.views import duration_text, volume_text

NOW = 1_700_000_000.0
ACCOUNT = {
    "receive_bytes": 400,
    "transmit_bytes": 704_000,
    "receive_dropped_packets": 1,
    "transmit_dropped_packets": 2,
    "refreshes": 0,
}
TUNNEL = {
    "target": "hub1",
    "vrf": "vrf1",
    "tunnel": "22.1.1.1-20.1.1.1 via 10.1.1.2",
    "peer": "10.1.1.1",
    "state": "up",
    "state_since": NOW - 137.49,
    "sessions": 3,
    "rows": 1,
    "last_end_at": NOW - 200,
    "last_end_reason": "peerLost",
    "account": ACCOUNT,
}
UNKNOWN = TUNNEL | {
    "vrf": "vrf2",
    "state": "unknown",
    "rows": None,
    "sessions": 1,
    "last_end_at": None,
    "last_end_reason": None,
    "account": dict.fromkeys(ACCOUNT),
}
DOWN = TUNNEL | {
    "vrf": "vrf3",
    "peer": "10.1.1.9",
    "state": "down",
    "state_since": NOW + 5,
    "rows": 0,
    "last_end_reason": None,
}
NEVER_SEEN = DOWN | {"state_since": None, "sessions": 0, "last_end_at": None}
ALL = [TUNNEL, UNKNOWN, DOWN, NEVER_SEEN]


class Answer(BaseHTTPRequestHandler):
    """A daemon's API with a fixed answer."""

    body = b""

    def do_GET(self):
        self.send_response(200 if self.path.rstrip("?") == "/api/v1/tunnels" else 404)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_):
        pass


@pytest.fixture
def daemon(request):
    handler = type("Handler", (Answer,), {"body": getattr(request, "param", json.dumps({"tunnels": ALL}).encode())})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_tunnels_are_a_table(daemon, capsys, monkeypatch):
    """Each tunnel is a row, with its traffic in units that people read; what is unknown is a dash."""
    monkeypatch.setattr("time.time", lambda: NOW)
    assert main(["tunnels", "--url", daemon]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    name = "22.1.1.1-20.1.1.1 via 10.1.1.2"
    assert lines == [
        "TARGET VRF TUNNEL PEER STATE SINCE SESSIONS REKEYS IN OUT DROPS SAS LAST END",
        f"hub1 vrf1 {name} 10.1.1.1 up 2m 17s 3 0 400 B 704.0 kB 3 1 peerLost",
        f"hub1 vrf2 {name} 10.1.1.1 unknown - 1 - - - - - -",
        f"hub1 vrf3 {name} 10.1.1.9 down 0m 00s 3 0 400 B 704.0 kB 3 0 unknown",
        f"hub1 vrf3 {name} 10.1.1.9 down - 0 0 400 B 704.0 kB 3 0 -",
        "4 tunnels",
    ]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--state", "down"], [DOWN, NEVER_SEEN]),
        (["--peer", "10.1.1.1"], [TUNNEL, UNKNOWN]),
        (["--state", "up", "--peer", "10.1.1.9"], []),
        (["--target", "hub2"], []),
        ([], ALL),
    ],
)
def test_tunnels_are_filtered(daemon, capsys, options, found):
    """By what their series are told apart by, and by state; all filters must match."""
    assert main(["tunnels", "--url", daemon, "--json", *options]) == 0
    assert json.loads(capsys.readouterr().out) == found


def test_tunnels_are_json_for_scripts(daemon, capsys):
    """`--json` prints what the daemon said, filtered."""
    assert main(["tunnels", "--url", f"{daemon}/", "--json", "--vrf", "vrf1", "--target", "hub1"]) == 0
    assert json.loads(capsys.readouterr().out) == [TUNNEL]


@pytest.mark.parametrize("daemon", [b"not JSON", b'{"tunnels": 1}', b"[]"], indirect=True)
def test_an_answer_that_is_none_of_a_daemon_is_an_error(daemon, capsys):
    """Something else than a daemon answers: the error names the address."""
    assert main(["tunnels", "--url", daemon]) == 1
    assert f"asking {daemon}/api/v1/tunnels: " in capsys.readouterr().err


def test_a_daemon_that_is_not_there_is_exit_code_1(capsys):
    """No answer is a failure that names the address, not a traceback."""
    assert main(["tunnels", "--url", "http://127.0.0.1:1"]) == 1
    assert "asking http://127.0.0.1:1/api/v1/tunnels: " in capsys.readouterr().err


def test_only_http_is_asked(capsys):
    """A file is not a daemon."""
    assert main(["tunnels", "--url", "file:///etc/passwd"]) == 1
    assert "is not an http or https address" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "-"), (0, "0m 00s"), (59.9, "0m 59s"), (137, "2m 17s"), (3900, "1h 05m"), (183_600, "2d 03h")],
)
def test_durations_are_as_people_say_them(seconds, text):
    """Two units are enough."""
    assert duration_text(seconds) == text


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (None, "-"),
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (1_500_000, "1.5 MB"),
        (999_949, "999.9 kB"),
        (2**64, "18.4 EB"),
        (10**22, "10000.0 EB"),
    ],
)
def test_volumes_have_decimal_units(octets, text):
    """Octets are told in powers of 1000, as interfaces are sold."""
    assert volume_text(octets) == text
