"""The commands against the lab's agent, which is pysnmp's engine and not ours."""

import os
import pty
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from collector.cli import main
from collector.demo import Lab

pytestmark = pytest.mark.integration

FLOW_MONITOR = "1.3.6.1.4.1.9.9.171"


def read_all(terminal):
    """Read a pseudo-terminal, which ends with an error when its other side is closed."""
    pieces = []
    with suppress(OSError):
        while piece := os.read(terminal, 65536):
            pieces.append(piece)
    return b"".join(pieces)


@pytest.fixture
async def lab():
    async with Lab() as lab:
        yield lab


@pytest.fixture
def configuration(lab, tmp_path, monkeypatch):
    for name, secret in lab.environment.items():
        monkeypatch.setenv(name, secret)
    path = tmp_path / "tunnelwatch.yaml"
    path.write_text(lab.configuration(version_3=True))
    return path


@pytest.mark.parametrize("target", ["hub1", "hub1-v3"])
def test_a_recorded_walk_decodes_to_what_the_daemon_would_show(target, configuration, tmp_path, capsys):
    """Walk, record, decode: by a community mapped to the context, and by a discovered SNMPv3 context."""
    recording = tmp_path / "vrf1.snmprec"
    assert main(["walk", target, "--vrf", "vrf1", "-c", str(configuration), "-o", str(recording)]) == 0
    assert capsys.readouterr().out == ""
    assert main(["decode", str(recording), "--target", target, "--vrf", "vrf1"]) == 0
    said = capsys.readouterr()
    name = "22.1.1.1-20.1.1.1 via 10.1.1.2"
    assert f'ipsec_tunnel_up{{target="{target}",vrf="vrf1",tunnel="{name}",peer="10.1.1.1"}} 1\n' in said.out
    assert "could not be decoded" not in said.err


def test_a_walk_is_in_order_and_whole(configuration, peer, lab, capsys):
    """What our engine walks of a subtree is what net-snmp walks of it."""
    assert main(["walk", "hub1", "--vrf", "vrf2", "--root", f"{FLOW_MONITOR}.1.1", "-c", str(configuration)]) == 0
    ours = [line.split("|")[0] for line in capsys.readouterr().out.splitlines()]
    command = [
        peer("snmpbulkwalk", "snmp"),
        "-v2c",
        "-c",
        "abc2",
        "-On",
        f"127.0.0.1:{lab.port}",
        f"{FLOW_MONITOR}.1.1",
    ]
    theirs = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert ours == [line.split(" ")[0].removeprefix(".") for line in theirs.splitlines()]
    assert ours


def test_no_secret_is_recorded(configuration, capsys):
    """A recording can be sent to others."""
    assert main(["walk", "hub1", "-c", str(configuration)]) == 0
    said = capsys.readouterr()
    assert not any(os.environ[name] in said.out + said.err for name in ("DEMO_VRF1", "DEMO_AUTH", "DEMO_PRIV"))


def test_a_terminal_sees_progress(configuration):
    """On a terminal a bar says where the walk is; the recording itself stays clean."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "collector", "walk", "hub1", "--vrf", "vrf1", "-c", str(configuration)]
    environment = {**os.environ, "TERM": "xterm"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs, env=environment) as process:
        os.close(theirs)
        with ThreadPoolExecutor(1) as pool:
            screen = pool.submit(read_all, ours)
            recording, _ = process.communicate(timeout=60)
        shown = screen.result()
    os.close(ours)
    assert process.returncode == 0
    assert b"hub1 vrf1" in shown
    assert b"varbinds" in shown
    assert b"\x1b" not in recording
    assert recording.startswith(b"1.3.6.1.")


def test_a_dead_target_is_exit_code_1(configuration, capsys):
    """A target that does not answer is named, with its VRF, and nothing hangs."""
    text = configuration.read_text().replace("timeout: 1s", "timeout: 100ms\n  retries: 1")
    configuration.write_text(
        "\n".join("    port: 9" if line.startswith("    port: ") else line for line in text.splitlines())
    )
    assert main(["walk", "hub1", "--vrf", "vrf1", "-c", str(configuration)]) == 1
    errors = capsys.readouterr().err
    assert "hub1" in errors
    assert "vrf1" in errors
    assert "Traceback" not in errors
