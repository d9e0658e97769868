"""The daemon is stopped and killed while the device goes on: nothing is doubled, and nothing is lost in silence."""

from random import Random

import pytest

from tests.property.device import live
from tests.property.device.profile import Profile, Watching
from tests.property.device.variety import device, watching

NAMED = {
    "it is stopped": (Profile(), Watching(stops=3)),
    "it is killed": (Profile(), Watching(kills=3)),
    "it is away while the history overruns": (
        Profile(history_rows=30),
        Watching(outages=1, outage=3000.0, stops=1, downtime=3000.0),
    ),
    "it is away while the device restarts": (Profile(reloads=2, failures=60.0), Watching(stops=2, kills=2)),
    "its device has everything": (
        Profile(vrfs=("global", "blue"), history_rows=15, reloads=1, failures=60.0, failure_rows=8, index_space=30),
        Watching(late_rows=True, lost=0.05, ragged=0.05, incomplete=0.05, outages=1, stops=1, kills=1),
    ),
}


@pytest.mark.parametrize(("profile", "how"), NAMED.values(), ids=NAMED)
def test_restarts(profile, how):
    """Each trouble by itself."""
    assert live(Random(3), profile, how) > 0


def test_many_restarts():
    """Everything mixed, some thousand lives long."""
    lives = 0
    for seed in range(1000, 1030):
        random = Random(seed)
        lives += live(random, device(random.choice), watching(random.choice, restarts=True))
    assert lives >= 2000
