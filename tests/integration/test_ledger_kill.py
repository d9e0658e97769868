"""`kill -9` at any moment loses and doubles nothing."""

import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration
KILLS = 120
ROOT = Path(__file__).parents[2]


def test_a_killed_writer_loses_and_doubles_nothing(tmp_path):
    """After each of 120 kills what is remembered fits together; in the end the ledger is the truth, usage included."""
    seed = random.randrange(2**32)
    command = [sys.executable, "-m", "tests.agents.ledger_lives", tmp_path / "ledger.db", str(KILLS), str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=100)
    assert (done.returncode, done.stderr) == (0, ""), f"seed {seed}: {done.stdout}"
    found = re.fullmatch(rf"\d+ days made in the end\n{KILLS} kills, (\d+) steps\n", done.stdout)
    assert found, done.stdout
    assert int(found[1]) > KILLS
