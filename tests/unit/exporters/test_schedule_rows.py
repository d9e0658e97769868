from types import SimpleNamespace

from collector.model import Origin
from exporters.schedule_rows import ScheduleRow, schedule_rows


def test_the_punctuality_of_each_origin_is_copied():
    """A scrape tells one moment, though the schedule goes on counting."""
    punctuality = SimpleNamespace(started=3, late=1, lateness_seconds=0.25)
    rows = schedule_rows({Origin(target="hub1", vrf="vrf1", source="snmp", module="ipsec"): punctuality})
    punctuality.late = 2
    assert rows == [ScheduleRow("hub1", "vrf1", "snmp", "ipsec", 3, 1, 0.25)]
