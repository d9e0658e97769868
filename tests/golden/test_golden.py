"""Recorded walks, and the whole exposition that each leads to."""

from pathlib import Path

import pytest

from collector.daemon.recordings import decode_recording
from collector.tables import load

FOLDER = Path(__file__).parent / "snmp"
RECORDINGS = sorted(path for path in FOLDER.iterdir() if path.suffix != ".prom")
CAPTURES = ("ios_7206VXR.ipsec.snmprec", "iosxe_c9400.ipsec.snmprec", "cisco3925-cipSecGlobalStats.snmpwalk")


def decoded(path):
    return decode_recording(path.read_text(), load(), target="hub1", vrf=vrf_of(path))


def vrf_of(path):
    return next((vrf for vrf in ("vrf1", "vrf2") if vrf in path.name), "global")


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.name)
def test_recording_leads_to_its_exposition(path, update_golden):
    """What is shown to Prometheus of a recorded device is, line by line, what it was."""
    golden = path.with_suffix(".prom")
    actual = decoded(path).exposition()
    if update_golden:
        golden.write_text(actual)
    assert golden.exists(), f"{golden.name} is missing: pytest --update-golden writes it"
    assert actual == golden.read_text()


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.name)
def test_nothing_recorded_is_lost(path):
    """Every varbind of a recording belongs to a table, and every value is decoded."""
    found = decoded(path)
    assert found.strays == 0
    assert found.errors == {}


def test_the_printed_slips_are_reported():
    """The one line whose name was misprinted costs itself and is named; the rest of the walk is read."""
    found = decoded(FOLDER / "ios-3745b-context-vrf1-after-ping.getmany.txt")
    assert found.recording.unknown == {"cikePeerConnIpSecTunIndex": 1}
    assert len(found.tunnels()) == 1


def test_every_golden_file_has_its_recording():
    """A golden file whose recording is gone would never be compared again."""
    assert {path.stem for path in FOLDER.glob("*.prom")} == {path.stem for path in RECORDINGS}


@pytest.mark.parametrize("name", CAPTURES)
def test_captures_from_real_devices_decode(name, reference):
    """What others captured from IOS 12.4, IOS-XE and a 3925 decodes without an error."""
    found = decode_recording((reference / "captures" / name).read_text(), load(), target="hub1", vrf="global")
    assert found.errors == {}
    assert "ipsec_gateway_active_tunnels" in found.exposition()
