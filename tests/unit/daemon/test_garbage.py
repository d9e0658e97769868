import asyncio
import gc
from contextlib import suppress

import pytest

from collector.daemon import garbage
from collector.daemon.garbage import THRESHOLDS, collect_all, keep_garbage_small, spare_long_lived


@pytest.fixture(autouse=True)
def _as_before():
    yield
    gc.unfreeze()


class Node:
    """An object that can be part of a cycle."""


def make_cycle():
    node = Node()
    node.itself = node


def cycles():
    return sum(isinstance(one, Node) for one in gc.get_objects())


def test_what_is_alive_is_spared():
    """A spared object is in no generation that collections look through."""
    node = Node()
    spare_long_lived()
    assert not any(one is node for one in gc.get_objects())


def test_a_full_collection_finds_spared_cycles():
    """A cycle that was spared by accident is freed in the end."""
    make_cycle()
    spare_long_lived()
    gc.collect()
    gc.unfreeze()
    assert cycles() == 1
    gc.freeze()
    collect_all()
    gc.unfreeze()
    assert cycles() == 0


async def test_the_chore_spares_collects_and_leaves_no_trace(monkeypatch):
    """While it runs young generations are small and everything is collected now and then; then all is as before."""
    before = gc.get_threshold()
    collected = asyncio.Event()
    monkeypatch.setattr(garbage, "EVERY_SECONDS", 0.001)
    monkeypatch.setattr(garbage, "FULL_EVERY_SECONDS", 0.003)
    monkeypatch.setattr(garbage, "collect_all", collected.set)
    chore = asyncio.create_task(keep_garbage_small())
    async with asyncio.timeout(5):
        await collected.wait()
    assert gc.get_threshold() == THRESHOLDS
    assert gc.get_freeze_count() > 0
    chore.cancel()
    with suppress(asyncio.CancelledError):
        await chore
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
