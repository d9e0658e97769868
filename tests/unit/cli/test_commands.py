import os
import subprocess
import sys
from pathlib import Path

import pytest

from collector import __version__
from collector.cli import build_parser, main
from collector.cli.service import own_command

GOLDEN = Path(__file__).parents[2] / "golden" / "snmp"
WALK = GOLDEN / "ios-3745b-context-vrf1-after-ping.getmany.txt"
GOOD = """\
targets:
  - name: hub1
    address: 192.0.2.1
    snmp: {version: 2c, community: env:HUB1}
    contexts: [{vrf: global}, {vrf: vrf1, community: env:HUB1_VRF1}]
    modules: [ipsec, ike]
"""


@pytest.fixture
def configuration(tmp_path, monkeypatch):
    monkeypatch.setenv("HUB1", "first-secret")
    monkeypatch.setenv("HUB1_VRF1", "second-secret")
    path = tmp_path / "tunnelwatch.yaml"
    path.write_text(GOOD)
    return path


def test_a_good_configuration_is_said_to_be_good(configuration, capsys):
    """check-config tells what would be polled, and warns about what is weak, without a secret."""
    assert main(["check-config", str(configuration)]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        f"{configuration}: good",
        "  hub1 (192.0.2.1, SNMP v2c): global, vrf1; ipsec, ike",
        "  tunnels: 0 entries, 0 of one tunnel each; others are learned of 1 of 1 targets; state in "
        + str(configuration.parent / "tunnelwatch-state"),
    ]
    assert "warning: " in said.err
    assert "secret" not in said.out + said.err


def test_a_good_configuration_can_be_checked_quietly(configuration, capsys):
    """--quiet is for scripts: nothing on standard output, exit code 0."""
    assert main(["check-config", "-q", "-c", str(configuration)]) == 0
    assert capsys.readouterr().out == ""


def test_a_bad_configuration_is_exit_code_2(configuration, capsys):
    """Every mistake is told with file, line and path."""
    configuration.write_text(GOOD.replace("address", "adress").replace("ike]", "iek]"))
    assert main(["check-config", str(configuration)]) == 2
    errors = capsys.readouterr().err
    assert f"{configuration}:3:5: targets[0]: unknown key 'adress'; did you mean 'address'?" in errors
    assert "targets[0].modules[1]: no such module; did you mean 'ike'?" in errors


@pytest.mark.parametrize("command", ["run", "walk"])
def test_a_missing_configuration_is_exit_code_2(command, tmp_path, capsys):
    """A file that is not there is named."""
    extra = ["hub1"] if command == "walk" else []
    assert main([command, *extra, "-c", str(tmp_path / "none.yaml")]) == 2
    assert "none.yaml" in capsys.readouterr().err


def test_walking_an_unknown_target_names_the_known_ones(configuration, capsys):
    """A typo in a target's name is answered with the names that there are."""
    assert main(["walk", "hub2", "-c", str(configuration)]) == 2
    assert "no target is called 'hub2'; there are hub1" in capsys.readouterr().err


def test_walking_an_unknown_vrf_names_the_known_ones(configuration, capsys):
    """So is a typo in a VRF's name."""
    assert main(["walk", "hub1", "--vrf", "vrf9", "-c", str(configuration)]) == 2
    assert "hub1 has no VRF 'vrf9'; it has global, vrf1" in capsys.readouterr().err


def test_recording_to_nowhere_is_exit_code_1(configuration, capsys):
    """A file that cannot be written is named before anything is asked."""
    assert main(["walk", "hub1", "-c", str(configuration), "-o", "/nonexistent/x.snmprec"]) == 1
    assert "writing /nonexistent/x.snmprec: No such file or directory" in capsys.readouterr().err


def test_decode_prints_the_exposition(capsys):
    """A recording leads to what its golden file says, under the names that are given."""
    assert main(["decode", str(WALK), "--target", "hub1", "--vrf", "vrf1"]) == 0
    said = capsys.readouterr()
    assert said.out == WALK.with_suffix(".prom").read_text()
    assert "unknown object cikePeerConnIpSecTunIndex: 1 lines left out" in said.err


def test_decode_prints_a_table(capsys):
    """A recording's tunnels can be read at a glance."""
    assert main(["decode", str(WALK), "--format", "table"]) == 0
    assert "22.1.1.1-20.1.1.1 via 10.1.1.2" in capsys.readouterr().out


def test_decode_tells_what_it_could_not(tmp_path, capsys):
    """Varbinds that are not polled and values that cannot be decoded are counted, by name."""
    path = tmp_path / "odd.snmprec"
    path.write_text("1.3.6.1.2.1.2.2.1.1.1|2|1\n1.3.6.1.4.1.9.9.171.1.3.2.1.5.1|4x|0102\n")
    assert main(["decode", str(path)]) == 0
    errors = capsys.readouterr().err
    assert "1 varbinds of objects that are not polled" in errors
    assert "cipSecTunRemoteAddr: 1 values or rows that could not be decoded" in errors


def test_decode_of_garbage_is_exit_code_1(tmp_path, capsys):
    """What is no recording is said to be none, with file and line."""
    path = tmp_path / "holiday.txt"
    path.write_text("Dear all,\n")
    assert main(["decode", str(path)]) == 1
    assert f"{path}: line 1: not a recording" in capsys.readouterr().err


def test_decode_of_a_missing_file_is_exit_code_1(capsys):
    """A file that is not there is named."""
    assert main(["decode", "/nonexistent.snmprec"]) == 1
    assert "reading /nonexistent.snmprec: No such file or directory" in capsys.readouterr().err


def test_the_version_is_told(capsys):
    """--version is what the package says."""
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"tunnelwatch {__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["fly"], ["walk"], ["walk", "hub1", "--root", "sysDescr"]])
def test_wrong_use_is_exit_code_2(arguments, capsys):
    """What cannot be understood is answered with the usage."""
    with pytest.raises(SystemExit) as stop:
        build_parser().parse_args(arguments)
    assert stop.value.code == 2
    assert "usage: tunnelwatch" in capsys.readouterr().err


def test_a_reader_that_has_seen_enough_is_no_error():
    """`tunnelwatch decode … | head -1` ends quietly with exit code 0."""
    read, write = os.pipe()
    command = [sys.executable, "-m", "collector", "decode", str(WALK)]
    with subprocess.Popen(command, stdout=write, stderr=subprocess.PIPE) as process:
        os.close(write)
        os.close(read)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert b"Traceback" not in errors


def test_a_guide_names_the_command_as_it_can_be_called(monkeypatch, tmp_path):
    """A newcomer can paste what the demo prints, whether or not the command is on the path."""
    command = tmp_path / "bin" / "tunnelwatch"
    command.parent.mkdir()
    command.write_text("#!/bin/sh\n")
    command.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "argv", [str(command), "demo"])
    assert own_command() == "bin/tunnelwatch"
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "collector" / "__main__.py"), "demo"])
    assert own_command() == f"{sys.executable} -m collector"
    monkeypatch.setenv("PATH", str(command.parent))
    assert own_command() == "tunnelwatch"
