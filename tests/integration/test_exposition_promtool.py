"""Prometheus's own linter and parser read our exposition."""

import dataclasses
import subprocess

import pytest

from collector.model import Origin, PollCosts, Snapshot, Spi
from collector.store import Store
from exporters.families import FAMILIES
from exporters.own import OwnMetrics
from exporters.prometheus import Format, exposition
from exporters.views import Views

pytestmark = pytest.mark.integration


@pytest.fixture
def full_exposition(everything):
    """Every family with a sample, and the daemon's own metrics."""
    entities = list(everything)
    entities += [
        Spi(index="7.9", child_index=7, direction="in", status="active", spi=9),
        Spi(index="8.1", child_index=8),
    ]
    origin = Origin(target="hub1", vrf="vrf1", source="snmp", module="ipsec")
    costs = PollCosts(faults=(("ragged-rows", 1),))
    store = Store()
    store.publish(Snapshot(origin=origin, taken_at=1.7e9, duration_seconds=1, entities=tuple(entities), costs=costs))
    punctuality = dataclasses.make_dataclass("Punctuality", ["started", "late", "lateness_seconds"])(1, 0, 0.5)
    views = Views(store, lambda: {origin: punctuality})
    for _ in views.refresh():
        pass
    own = OwnMetrics(version="1.0", datagrams=lambda: {"sent": 1})
    own.note_configuration("abc", 1.7e9)
    return b"".join(exposition(views.current, own.render(Format.TEXT), Format.TEXT))


def test_promtool_finds_nothing_to_complain_of(full_exposition, peer):
    """`promtool check metrics` parses it and lints names, units, types and help."""
    promtool = peer("promtool", "prometheus")
    checked = subprocess.run(
        [promtool, "check", "metrics"], input=full_exposition, capture_output=True, timeout=60, check=False
    )
    complaints = (checked.stdout + checked.stderr).decode()
    assert (complaints, checked.returncode) == ("", 0)


def test_the_full_exposition_is_full(full_exposition):
    """What is linted is every family."""
    text = full_exposition.decode()
    missing = [family.name for family in FAMILIES if f"\n# TYPE {family.name} " not in text]
    assert missing == []
