"""Whatever a device does, and however badly it is watched: the ledger is the truth, exactly once, or admits a gap."""

from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.property.device import live
from tests.property.device.profile import Profile, Watching
from tests.property.device.variety import device, watching

LIVES = 10_000
"""Lives of SAs that are compared with what is on record of them."""

NAMED = {
    "a quiet device": Profile(),
    "two VRFs": Profile(vrfs=("global", "blue")),
    "copies in the history": Profile(checkpoints=4),
    "counters of 32 bits": Profile(live_bits=32, closed_bits=32, octets_per_second=1.5e7),
    "a history of 32 bits": Profile(closed_bits=32, octets_per_second=1.5e7),
    "counters that begin anew": Profile(resets=0.4),
    "counters that begin anew at each rekey": Profile(zero_at_rekey=True),
    "no ActiveTime": Profile(active_time=False),
    "SAs of many months": Profile(old=250 * 86_400.0, uptime=3e7),
    "no history": Profile(history=False),
    "a short history": Profile(history_rows=5, life=100.0),
    "history indexes that begin anew": Profile(history_rows=20, first_closed_index=2**31 - 10),
    "sysUpTime that wraps": Profile(uptime=2**32 / 100 - 1800),
    "sysUpTime that wraps, no snmpEngineBoots": Profile(uptime=2**32 / 100 - 1800, engine=False),
    "reloads": Profile(reloads=2),
    "reloads, no snmpEngineBoots": Profile(reloads=2, engine=False),
    "reloads between two polls": Profile(reloads=2, boot_seconds=20.0),
    "failures": Profile(failures=40.0),
    "failures without times": Profile(failures=40.0, failure_times=False, failure_addresses=False),
    "failures that fall out": Profile(failures=20.0, failure_rows=5),
    "failures and reloads": Profile(failures=40.0, reloads=2),
    "a firewall": Profile(empty_rows=True, ike_never_alive=True, strange_ike_index=0.5),
    "no selectors": Profile(endpoints=False, closed_endpoints=False),
    "no IKE SAs": Profile(ike_rows=False),
    "few row indexes": Profile(index_space=20),
    "padded addresses": Profile(padded=True),
}
WATCHED = {
    "rows are read one after the other": Watching(late_rows=True),
    "rows lack columns": Watching(ragged=0.2),
    "polls are lost": Watching(lost=0.2),
    "tables end early": Watching(incomplete=0.2),
    "nothing answers for some time": Watching(outages=2),
}


@pytest.mark.parametrize("profile", NAMED.values(), ids=NAMED)
def test_devices(profile):
    """Each oddity of devices by itself."""
    assert live(Random(1), profile, Watching(span=2000.0)) > 0


@pytest.mark.parametrize("how", WATCHED.values(), ids=WATCHED)
def test_watches(how):
    """Each trouble of polls by itself."""
    assert live(Random(2), Profile(), how) > 0


def test_many_lives():
    """Everything mixed, ten thousand lives long."""
    lives = 0
    for seed in range(400):
        random = Random(seed)
        lives += live(random, device(random.choice), watching(random.choice))
        if lives >= LIVES:
            break
    assert lives >= LIVES


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@given(st.integers(0, 2**32), st.data())
def test_any_device(seed, data):
    """Devices and watches that hypothesis finds; the same ones always, and none is made smaller: each takes a while."""
    profile = device(lambda values: data.draw(st.sampled_from(values)))
    live(Random(seed), profile, watching(lambda values: data.draw(st.sampled_from(values)), span=400.0))
