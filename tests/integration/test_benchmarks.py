"""The benchmarks run and tell every claim; whether the claims are kept is not for a test on a busy machine."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CLAIMS = {
    "poll": {f"{kind}.{version}.20" for kind in ("rate", "pysnmp", "held") for version in ("v2c", "v3")},
    "exporter_compare": {f"{kind}.{version}.20" for kind in ("full", "steady") for version in ("v2c", "v3")},
    "latency": {"full.25", "full.50", "steady.25", "steady.50", "requests", "outstanding"},
    "fleet": {"full", "lost"},
    "exposition": {"cpu.1000", "again.1000", "held.1000"},
    "tunnels": {"memory", "cpu", "held"},
    "ledger": {"page", "report.page", "report.all", "report.rate", "report.hub", "day"},
    "trap_codec": {f"{kind}.{version}" for kind in ("rate", "pysnmp") for version in ("v2c", "v3")} | {"growth"},
    "traps": {"rate.v2c.1", "rate.v2c.3", "rate.v3.1", "burst", "counted", "latency"},
    "wire_codec": {f"{kind}.{version}" for kind in ("rate", "pysnmp") for version in ("v2c", "v3")},
}

PEERS = {
    "poll": ("cc", "snmpd"),
    "exporter_compare": ("cc", "snmpd", "prometheus-snmp-exporter"),
    "latency": ("cc", "prometheus-snmp-exporter"),
    "fleet": ("cc",),
    "traps": ("cc",),
    "tunnels": ("cc",),
}
PACKAGES = {"cc": "gcc libc6-dev libsnmp-dev"}

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("name", sorted(CLAIMS))
def test_benchmark_tells_every_claim_with_a_number(name, peer, tmp_path):
    """The smallest run of each benchmark measures every claim that it is there for."""
    for program in PEERS.get(name, ()):
        peer(program, PACKAGES.get(program, program))
    found = tmp_path / "found.json"
    command = [sys.executable, "-m", f"benchmarks.{name}", "--size", "smoke", "--json", str(found)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    claims = json.loads(found.read_text())["benchmarks"][name]["claims"]
    assert set(claims) == {f"{name}.{claim}" for claim in CLAIMS[name]}
    assert {claim["verdict"] for claim in claims.values()} <= {"kept", "missed"}
    assert all(claim["text"] in done.stdout for claim in claims.values())
