import pytest

from collector.model import System
from collector.tunnels.device_clock import UPTIME_WRAP, DeviceClock, look_at

DAY = 86_400.0
NOW = 1_000 * DAY


def clock(uptime=100 * DAY, now=NOW, **more):
    """A clock that was looked at once."""
    return look_at(DeviceClock(), System(uptime_seconds=uptime, **more), now).clock


def look(before, uptime, later, **more):
    return look_at(before, System(uptime_seconds=uptime, **more), NOW + later)


def test_the_first_look_tells_the_start():
    """Nothing is known before it, so nothing has restarted."""
    first = look_at(DeviceClock(), System(uptime_seconds=60.0, engine_boots=3), NOW)
    assert (first.clock.boot_at, first.clock.boots, first.restarted) == (NOW - 60, 3, False)


@pytest.mark.parametrize("system", [None, System(), System(engine_boots=3)])
def test_a_target_that_tells_no_uptime_has_no_clock(system):
    """What was known stays known."""
    before = clock()
    told = look_at(before, system, NOW + 60)
    assert told == (before._replace(readable=False), False)
    assert look(told.clock, 100 * DAY + 120, 120).clock.readable


def test_a_start_does_not_move_with_jitter():
    """Two looks differ by the time that answers took; records name the start and must not change."""
    before = clock()
    after = look(before, 100 * DAY + 57, 60)
    assert (after.clock.boot_at, after.restarted) == (before.boot_at, False)
    assert after.clock.uptime == 100 * DAY + 57


def test_an_uptime_that_fell_is_a_restart():
    """The start is that of the new life."""
    after = look(clock(), 20.0, 60)
    assert (after.clock.boot_at, after.restarted) == (NOW + 40, True)


def test_a_restart_long_ago_is_seen_although_uptime_has_grown():
    """Nobody looked for ten days: it has been up for nine of them, more than before."""
    after = look(clock(uptime=DAY), 9 * DAY, 10 * DAY)
    assert after.restarted


def test_sysuptime_that_wraps_after_497_days_is_no_restart():
    """Time itself tells: it should have reached the wrap."""
    before = clock(uptime=UPTIME_WRAP - 30)
    after = look(before, 30.0, 60)
    assert (after.restarted, after.clock.boot_at) == (False, before.boot_at)


def test_sysuptime_that_begins_anew_while_the_engine_goes_on_is_no_restart():
    """The agent may restart without the device; snmpEngineTime tells."""
    before = clock(engine_boots=3, engine_seconds=1000)
    assert not look(before, 5.0, 60, engine_boots=3, engine_seconds=1060).restarted


@pytest.mark.parametrize(
    "engine",
    [
        {"engine_boots": 4, "engine_seconds": 5},
        {"engine_boots": 3, "engine_seconds": 5},
        {"engine_boots": 3},
        {},
    ],
    ids=["other boots", "boots not kept", "no time", "no engine"],
)
def test_an_engine_that_did_not_go_on_excuses_nothing(engine):
    """Some devices do not keep snmpEngineBoots: their time begins anew all the same."""
    before = clock(engine_boots=3, engine_seconds=1000)
    assert look(before, 5.0, 60, **engine).restarted


def test_a_wall_clock_that_was_set_forward_restarts_no_device():
    """What has been up since before the last look did not start after it."""
    before = clock()
    after = look(before, 100 * DAY + 60, 2 * 3600)
    assert (after.restarted, after.clock.boot_at) == (False, before.boot_at)


def test_a_wall_clock_that_was_set_back_hides_no_restart():
    """Uptime fell, whatever the wall clock says."""
    assert look(clock(), 3600.0, -1800).restarted
    assert not look(clock(), 100 * DAY + 60, -1800).restarted


class TestAfterTheDaemonWasAway:
    """All that is remembered is when the device started, and snmpEngineBoots."""

    REMEMBERED = DeviceClock(boot_at=NOW - 100 * DAY, boots=3)

    def test_the_same_start_is_no_restart(self):
        """Clocks drift: the start that is remembered is kept."""
        after = look(self.REMEMBERED, 107 * DAY - 300, 7 * DAY, engine_boots=3)
        assert (after.restarted, after.clock.boot_at) == (False, NOW - 100 * DAY)

    def test_a_later_start_is_a_restart(self):
        """It happened while nobody looked."""
        after = look(self.REMEMBERED, DAY, 7 * DAY)
        assert (after.restarted, after.clock.boot_at) == (True, NOW + 6 * DAY)

    def test_a_wrap_is_no_restart(self):
        """Uptime says 3 days after 500."""
        later = 400 * DAY
        assert not look(self.REMEMBERED, 500 * DAY - UPTIME_WRAP, later, engine_boots=3).restarted
        assert not look(self.REMEMBERED, 500 * DAY - UPTIME_WRAP, later).restarted

    def test_other_boots_tell_a_restart_soon_after_the_start(self):
        """Up for an hour only when it restarted: over months, drift would explain as much."""
        before = DeviceClock(boot_at=NOW - 3600, boots=3)
        assert look(before, 50 * DAY, 50 * DAY, engine_boots=4).restarted
        assert not look(before, 50 * DAY + 3600, 50 * DAY, engine_boots=4).restarted


class TestTimeStamps:
    """TimeStamps are sysUpTime when something happened."""

    def test_they_become_unix_time(self):
        assert clock(uptime=1000.0).unix_time(400.0) == NOW - 600

    def test_what_is_ahead_of_the_last_look_happened_after_it(self):
        """A history may be read after the clock."""
        assert clock(uptime=1000.0).unix_time(1060.0) == NOW + 60

    def test_they_are_found_on_the_other_side_of_a_wrap(self):
        """A tunnel that began before sysUpTime did so anew."""
        assert clock(uptime=100.0).unix_time(UPTIME_WRAP - 100) == pytest.approx(NOW - 200)

    @pytest.mark.parametrize(
        ("known", "stamp"), [(DeviceClock(), 5.0), (DeviceClock(boot_at=1.0), 5.0), (clock(), None)]
    )
    def test_they_are_unknown_while_the_clock_is(self, known, stamp):
        assert known.unix_time(stamp) is None


def test_a_restart_right_after_another_is_seen_where_boots_tell():
    """It was up for hardly any longer than it is now; without boots that may be the jitter of two looks."""
    before = {"uptime": 10.0, "engine_boots": 3}
    assert look(clock(**before), 5.0, 20, engine_boots=4).restarted
    assert not look(clock(**before), 5.0, 20, engine_boots=3).restarted
    assert not look(clock(**before), 29.0, 20, engine_boots=4).restarted
