"""A model of a device that makes and ends tunnels, and of a daemon that watches it; the truth is written down."""

from tests.property.device.verdict import check
from tests.property.device.watch import Watch
from tests.property.device.witness import Witness
from tests.property.device.world import make_world

BEGINS = 1_700_000_000.0
CALM_SECONDS = 1500.0
"""How long all is calm in the end, so that everything that is awaited can come."""


def live(random, profile, watching):
    """Let a device live and be watched, and check what was put on record; returns how much was compared."""
    world = make_world(random, profile, BEGINS, BEGINS + watching.span)
    watch = Watch(random, world, watching, Witness(world))
    watch.run(BEGINS + watching.span + CALM_SECONDS)
    return check(watch)
