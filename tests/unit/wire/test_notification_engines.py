"""Our own engine's time, and how many others are remembered."""

import pytest

from collector.wire.notification_drops import DropReason, RefusedError
from collector.wire.notification_engines import EngineLimits, OwnEngine, RemoteEngines
from collector.wire.notification_users import KnownUser
from collector.wire.usm_clock import MAX_BOOTS, MAX_TIME
from tests.agents.notifier import NOW, OTHER_ROUTER, OWN_ENGINE_ID, ROUTER, SECRET, SIGNED

USER = KnownUser(SIGNED)


def engines_of(*, source: str = "a", now: float = NOW, numbers=(), **limits) -> RemoteEngines:
    engines = RemoteEngines(EngineLimits(**limits))
    for number in numbers:
        admit(engines, number, source, now)
    return engines


def admit(engines: RemoteEngines, number: int, source: str = "a", now: float = NOW) -> None:
    engine_id = number.to_bytes(5, "big")
    engines.admit(engine_id, USER, source, now)
    assert engines.believe(engine_id, USER, 1, 1, now)


def is_known(engines: RemoteEngines, number: int) -> bool:
    return engines.find(number.to_bytes(5, "big"), USER) is not None


def test_own_time():
    """Our snmpEngineTime is seconds since the start, and stays within its field."""
    engine = OwnEngine(OWN_ENGINE_ID, 3, 100.0)
    assert [engine.time(now) for now in (50.0, 100.9, 1100.0, 1e12)] == [0, 0, 1000, MAX_TIME]


@pytest.mark.parametrize(
    ("boots", "time", "timely"),
    [
        (3, 1000, True),
        (3, 850, True),
        (3, 1150, True),
        (3, 849, False),
        (3, 1151, False),
        (2, 1000, False),
        (4, 1000, False),
    ],
)
def test_own_time_window(boots, time, timely):
    """What is 150 seconds early or late, or was made for another life, is not timely (RFC 3414 §3.2 (7a))."""
    assert OwnEngine(OWN_ENGINE_ID, 3, 0.0).is_timely(boots, time, 1000.0) is timely


@pytest.mark.parametrize(
    ("engine_id", "boots"),
    [(b"1234", 1), (bytes(33), 1), (OWN_ENGINE_ID, 0), (OWN_ENGINE_ID, -1), (OWN_ENGINE_ID, MAX_BOOTS)],
)
def test_impossible_engines(engine_id, boots):
    """An engine ID or boots that no engine has is refused at once."""
    with pytest.raises(ValueError, match=r"engine ID"):
        OwnEngine(engine_id, boots, 0.0)


def test_keys_of_an_engine():
    """Who is admitted has the keys of that engine and user."""
    engines, user = RemoteEngines(EngineLimits()), KnownUser(SECRET)
    engine = engines.admit(ROUTER, user, "a", NOW)
    assert (engine.auth_key, engine.priv_key) == (SECRET.auth_key(ROUTER), SECRET.priv_key(ROUTER))
    assert engines.find(ROUTER, user) is engine
    assert engines.find(OTHER_ROUTER, user) is None
    assert engines.find(ROUTER, USER) is None


def test_users_of_an_engine_have_clocks_of_their_own():
    """None of them can make the others' messages late."""
    engines, other = RemoteEngines(EngineLimits()), KnownUser(SECRET)
    engines.admit(ROUTER, USER, "a", NOW)
    engines.admit(ROUTER, other, "a", NOW)
    assert engines.believe(ROUTER, other, 2**30, 5, NOW)
    assert engines.believe(ROUTER, USER, 3, 5, NOW)
    assert not engines.believe(ROUTER, USER, 2, 5, NOW)


def test_limit_of_all():
    """The last place is given, none more; whoever has one keeps it."""
    engines = engines_of(engines=3, numbers=range(3))
    with pytest.raises(RefusedError, match="one too many") as caught:
        admit(engines, 3, "b")
    assert caught.value.reason is DropReason.ENGINE_LIMIT
    assert len(engines) == 3
    assert all(is_known(engines, number) for number in range(3))


def test_limit_of_a_source():
    """One source that has all its places does not take those of others."""
    engines = engines_of(engines_per_source=3, numbers=range(3))
    with pytest.raises(RefusedError, match="of a is one too many"):
        admit(engines, 3, "a")
    admit(engines, 3, "b")
    assert len(engines) == 4


def test_the_idle_make_room():
    """Where there is no room, those that were silent for long are forgotten, and no others."""
    engines = engines_of(engines=3, idle_seconds=100.0, numbers=range(3))
    assert engines.believe((0).to_bytes(5, "big"), USER, 1, 60, NOW + 60)
    admit(engines, 3, now=NOW + 100)
    assert [is_known(engines, number) for number in range(4)] == [True, False, False, True]


def test_the_idle_make_room_for_their_source():
    """A source's places are given back with its engines, whoever's engine asks."""
    engines = engines_of(engines=4, engines_per_source=2, idle_seconds=100.0, numbers=range(2))
    admit(engines, 2, "b", NOW + 1)
    admit(engines, 3, "a", NOW + 100)
    assert [is_known(engines, number) for number in range(4)] == [False, False, True, True]
    admit(engines, 4, "a", NOW + 100)
    with pytest.raises(RefusedError):
        admit(engines, 5, "a", NOW + 100)


def test_all_are_idle():
    """Everything may be forgotten, if everything was silent."""
    engines = engines_of(engines=2, idle_seconds=100.0, numbers=range(2))
    admit(engines, 2, now=NOW + 1000)
    assert len(engines) == 1


def test_nothing_is_forgotten_without_need():
    """Silence alone costs nobody its clock: what was recorded before cannot be played again."""
    engines = engines_of(numbers=[1])
    admit(engines, 2, now=NOW + 1e6)
    assert is_known(engines, 1)


def test_replays_keep_nobody_alive():
    """Only a timely message shows that an engine is there."""
    engines = engines_of(engines=1, idle_seconds=100.0, numbers=[1])
    assert not engines.believe((1).to_bytes(5, "big"), USER, 0, 1, NOW + 99)
    admit(engines, 2, now=NOW + 100)
    assert not is_known(engines, 1)
