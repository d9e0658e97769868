"""A device's own clock: when it started, and what its time stamps are in Unix time.

sysUpTime counts hundredths of a second in 32 bits: it begins anew after 497 days, and when the device restarts. Which
of the two it was, time itself tells (what it should have reached), and snmpEngineBoots and snmpEngineTime where they
can be read. Source: SNMPv2-MIB sysUpTime, SNMP-FRAMEWORK-MIB snmpEngineGroup, RFC 3414 §2.2.
"""

from typing import NamedTuple

from collector.model import System

UPTIME_WRAP = (1 << 32) / 100
"""Seconds after which sysUpTime begins anew."""
TOLERANCE = 30.0
"""Seconds that two clocks may disagree at once."""
SURE = 3.0
"""Seconds that they may where snmpEngineBoots says that there was a restart: of the SNMP engine alone, or of all."""
DRIFT = 0.001
"""How much more they may disagree per second between two looks."""


class DeviceClock(NamedTuple):
    """What is known of a device's clock."""

    boot_at: float | None = None
    """Unix time of its start; moves only when it starts again."""
    boots: int | None = None
    """snmpEngineBoots."""
    uptime: float | None = None
    """sysUpTime in seconds, when it was last read."""
    engine_seconds: float | None = None
    read_at: float | None = None
    """When that was, Unix time."""
    readable: bool = True
    """False if the target answers and does not tell sysUpTime."""

    def unix_time(self, stamp: float | None) -> float | None:
        """Return the Unix time of a TimeStamp in seconds of sysUpTime; None while the clock is unknown."""
        if stamp is None or self.uptime is None or self.read_at is None:
            return None
        age = (self.uptime - stamp) % UPTIME_WRAP
        # What is a little ahead of the last look happened after it.
        return self.read_at - (age if age < UPTIME_WRAP - _AHEAD else age - UPTIME_WRAP)


_AHEAD = 86_400.0
"""Seconds since the last look at the clock within which a stamp may lie."""


class Look(NamedTuple):
    """What a look at the clock told."""

    clock: DeviceClock
    restarted: bool
    """Whether the device has restarted since the last look."""


def look_at(clock: DeviceClock, system: System | None, now: float) -> Look:
    """Look at a device's clock at `now`, Unix time."""
    if system is None or system.uptime_seconds is None:
        return Look(clock._replace(readable=False), restarted=False)
    read = DeviceClock(
        now - system.uptime_seconds, system.engine_boots, system.uptime_seconds, system.engine_seconds, now
    )
    if clock.boot_at is None:
        return Look(read, restarted=False)
    restarted = _has_restarted(clock, clock.boot_at, read, system.uptime_seconds, now)
    return Look(read if restarted else read._replace(boot_at=clock.boot_at), restarted)


def _has_restarted(before: DeviceClock, boot_at: float, after: DeviceClock, uptime: float, now: float) -> bool:
    if before.read_at is None or before.uptime is None:
        return _starts_differ(before, boot_at, after, uptime, now)
    elapsed = now - before.read_at
    slack = (SURE if _boots_moved(before, after) else TOLERANCE) + DRIFT * abs(elapsed)
    lag = before.uptime + elapsed - uptime
    if lag <= slack or abs(lag - UPTIME_WRAP) <= slack:
        return False
    if uptime >= before.uptime and uptime > elapsed + slack:
        # It has been up since before the last look: it is the wall clock that was set forward.
        return False
    return not _engine_went_on(before, after, elapsed, slack)


def _boots_moved(before: DeviceClock, after: DeviceClock) -> bool:
    return before.boots is not None and after.boots is not None and before.boots != after.boots


def _engine_went_on(before: DeviceClock, now: DeviceClock, elapsed: float, slack: float) -> bool:
    """Whether the SNMP engine says that it did not restart, whatever sysUpTime says."""
    if before.boots is None or before.boots != now.boots or before.engine_seconds is None or now.engine_seconds is None:
        return False
    return now.engine_seconds + slack >= before.engine_seconds + elapsed


def _starts_differ(before: DeviceClock, boot_at: float, after: DeviceClock, uptime: float, now: float) -> bool:
    """Compare starts: over a restart of the daemon nothing else is remembered but boots."""
    later = now - uptime - boot_at
    if _boots_moved(before, after):
        return later > TOLERANCE
    slack = TOLERANCE + DRIFT * abs(now - boot_at)
    return later > slack and abs(later - round(later / UPTIME_WRAP) * UPTIME_WRAP) > slack
