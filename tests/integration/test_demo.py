"""The embedded demo as a newcomer runs it: one command, live tunnels in two VRFs, a clean end."""

import json
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from ipaddress import IPv4Address
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from collector.cli import main
from collector.demo.cast import ABSENT, HUB_NAME, MADRID

pytestmark = pytest.mark.integration

PATIENCE = 30.0


def fetch(url):
    with urlopen(url, timeout=10) as response:
        return response.read().decode()


def samples(url, name):
    families = text_string_to_metric_families(fetch(f"{url}/metrics"))
    return {
        tuple(sorted(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
        if sample.name == name
    }


def until(condition, what):
    """Return what `condition()` returns once it is true; fail after PATIENCE seconds."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.05)
    pytest.fail(f"waited {PATIENCE} s for {what}")


def labelled(vrf, tunnel, address):
    return (("peer", str(IPv4Address(address))), ("target", HUB_NAME), ("tunnel", tunnel), ("vrf", vrf))


def is_ready(url):
    try:
        return fetch(f"{url}/-/ready") == "ready\n"
    except HTTPError:
        return False


@contextmanager
def running_demo(*arguments):
    command = [sys.executable, "-m", "collector", "demo", "--listen", "127.0.0.1:0", "--log-format", "json", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            for line in process.stdout:
                if found := re.search(r"(http://127\.0\.0\.1:\d+)/metrics", line):
                    yield process, found[1]
                    break
            else:
                pytest.fail(f"the demo did not start: {process.stderr.read()}")
        finally:
            if process.poll() is None:
                process.kill()


@pytest.fixture(scope="module")
def demo():
    with running_demo() as (_, url):
        until(lambda: is_ready(url), "every context to be polled once")
        yield url


def test_a_newcomer_sees_tunnels_in_two_vrfs(demo):
    """Tunnels of both VRFs are up, but not the one that never is; each has the labels of a tunnel's series."""
    up = samples(demo, "ipsec_tunnel_up")
    assert {dict(labels)["vrf"] for labels in up} == {"vrf1", "vrf2"}
    assert all([name for name, _ in labels] == ["peer", "target", "tunnel", "vrf"] for labels in up)
    assert {dict(labels)["vrf"] for labels, value in up.items() if value == 1.0} == {"vrf1", "vrf2"}
    assert up[labelled(*ABSENT[:3])] == 0.0
    assert samples(demo, "ipsec_ike_up")


def test_what_is_expected_is_told_of_each_tunnel(demo):
    """A tunnel on demand may be idle and is not expected; of the others the configuration says that they are."""
    expected = samples(demo, "ipsec_tunnel_expected")
    assert expected[labelled(*ABSENT[:3])] == 1.0
    (dialup,) = [labels for labels in samples(demo, "ipsec_tunnel_idle") if dict(labels)["tunnel"] == MADRID.name]
    assert expected[dialup] == 0.0


def test_counters_move(demo):
    """Traffic of some tunnel grows from poll to poll."""
    before = samples(demo, "ipsec_tunnel_receive_bytes_total")
    until(
        lambda: any(
            value > before.get(labels, value)
            for labels, value in samples(demo, "ipsec_tunnel_receive_bytes_total").items()
        ),
        "traffic",
    )


def test_every_poll_succeeds_and_is_on_time(demo):
    """No poll of the lab fails, is skipped, or meets a value that it cannot decode."""
    assert set(samples(demo, "tunnelwatch_poll_success").values()) == {1.0}
    assert set(samples(demo, "tunnelwatch_poll_decode_errors_total").values()) == {0.0}
    assert samples(demo, "tunnelwatch_poll_faults_total") == {}


def test_what_the_hub_says_is_heard_and_found(demo, capsys):
    """The hub tells of a tunnel, and the transition is on record as announced; none of its traps is refused."""
    received = until(lambda: samples(demo, "tunnelwatch_notifications_received_total"), "a notification")
    assert {dict(labels)["source"] for labels in received} == {"trap"}
    announced = (("announced", "yes"), ("target", HUB_NAME))
    until(lambda: samples(demo, "tunnelwatch_transitions_total").get(announced), "a transition that was announced")
    assert set(samples(demo, "tunnelwatch_listener_dropped_total").values()) <= {0.0}
    assert main(["events", "--url", demo, "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {("trap", None), ("poll", True)} <= {(one["source"], one["announced"]) for one in told}
    assert {one["vrf"] for one in told} <= {"vrf1", "vrf2"}


def test_the_exposition_is_lint_clean(demo, peer):
    """Prometheus' own linter has nothing to say."""
    promtool = peer("promtool", "prometheus")
    checked = subprocess.run(
        [promtool, "check", "metrics"], input=fetch(f"{demo}/metrics"), capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_the_command_lists_what_the_daemon_sees(demo, capsys):
    """`tunnelwatch tunnels` shows the same tunnels as /metrics."""
    assert main(["tunnels", "--url", demo, "--json"]) == 0
    listed = {(one["vrf"], one["tunnel"]) for one in json.loads(capsys.readouterr().out)}
    shown = {(dict(labels)["vrf"], dict(labels)["tunnel"]) for labels in samples(demo, "ipsec_tunnel_up")}
    assert listed == shown


def test_the_status_page_names_every_context(demo):
    """A person who follows the first link sees target and VRFs."""
    page = fetch(f"{demo}/")
    assert all(name in page for name in ("hub1", "vrf1", "vrf2"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_at_once(number):
    """SIGTERM and Ctrl-C end daemon and agent within two seconds, with exit code 0 and no traceback."""
    with running_demo() as (process, _):
        began = time.monotonic()
        process.send_signal(number)
        _, errors = process.communicate(timeout=PATIENCE)
        assert time.monotonic() - began < 2.0
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    said = [json.loads(line) for line in errors.splitlines()]
    assert [line["event"] for line in said] == ["watching", "stopping"]


def test_an_address_in_use_is_named(demo):
    """Two daemons cannot answer at one address: the second one says which, and ends with exit code 1."""
    listen = demo.removeprefix("http://")
    done = subprocess.run(
        [sys.executable, "-m", "collector", "demo", "--listen", listen],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert f"listening on {listen}: " in done.stderr
    assert "Traceback" not in done.stderr
