"""The shipped unit, as systemd itself reads it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from collector.cli import build_parser

pytestmark = pytest.mark.integration

UNIT = Path(__file__).parents[2] / "systemd" / "tunnelwatch.service"
COMMAND = Path(sys.executable).parent / "tunnelwatch"
MOST_EXPOSED = 1.5


@pytest.fixture
def unit(tmp_path):
    """The unit, with the command where it is installed here."""
    path = tmp_path / UNIT.name
    path.write_text(UNIT.read_text().replace("/opt/tunnelwatch/bin/tunnelwatch", str(COMMAND)))
    return path


def test_the_unit_is_valid(unit, peer):
    """Systemd-analyze finds every directive, and the command where the unit says that it is."""
    analyze = peer("systemd-analyze", "systemd")
    done = subprocess.run([analyze, "verify", unit], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_unit_is_hardened(unit, peer):
    """The exposure that systemd-analyze computes is small."""
    analyze = peer("systemd-analyze", "systemd")
    command = [analyze, "security", "--offline=true", "--no-pager", unit]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"Overall exposure level for tunnelwatch.service: ([0-9.]+)", done.stdout)
    assert found, done.stderr
    assert float(found[1]) <= MOST_EXPOSED


def test_the_unit_starts_commands_that_there_are(capsys):
    """Its command lines are understood by the command line."""
    for line in re.findall(r"^ExecStart(?:Pre)?=\S+ (.*)$", UNIT.read_text(), re.MULTILINE):
        assert callable(build_parser().parse_args(line.split()).run)
    assert capsys.readouterr().err == ""
