"""Prometheus's own linter and parser read our exposition."""

import dataclasses
import subprocess

import pytest

from collector.ledger.stats import Tally
from collector.model import ChildSa, IkeFailure, IkeSa, Origin, PollCosts, Snapshot, Spi
from collector.tunnels import Rule, Rules
from exporters.families import FAMILIES
from exporters.own import OwnMetrics
from exporters.prometheus import Format, exposition
from tests.agents.watched import Watched

pytestmark = pytest.mark.integration

AT = 1.7e9
HUB = {"local_address": "10.1.1.2", "remote_address": "10.1.1.1"}


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
    told = [Snapshot(origin=origin, taken_at=AT, duration_seconds=1, entities=tuple(entities), costs=costs)]
    # Another target, whose tunnels end, fail, and then are not heard of any more.
    sas = (ChildSa(index="1", **HUB), IkeSa(index="1", **HUB))
    for module, seconds, rows, error in (
        ("ipsec", 0, sas, None),
        ("ipsec", 60, (), None),
        ("history", 60, (IkeFailure(index="1", reason="peerLost"),), None),
        ("ipsec", 600, (), "timed out"),
        ("ipsec", 660, (), None),
    ):
        elsewhere = Origin(target="hub2", vrf="vrf1", source="snmp", module=module)
        told.append(Snapshot(origin=elsewhere, taken_at=AT + seconds, duration_seconds=1, entities=rows, error=error))
    store = Watched(Rules([Rule(expectation="on-demand", ike_expectation="on-demand")]))
    for one in told:
        store.publish(one)
    punctuality = dataclasses.make_dataclass("Punctuality", ["started", "late", "lateness_seconds"])(1, 0, 0.5)
    views = store.views(lambda: {origin: punctuality})
    for _ in views.refresh():
        pass
    stats = Tally().stats(queued=0, dropped=0, queued_events=0, dropped_events=0)
    own = OwnMetrics(version="1.0", datagrams=lambda: {"sent": 1}, ledger=lambda: dataclasses.asdict(stats))
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
