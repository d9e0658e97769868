"""Keeps Python's cycle collector from holding the event loop: what lives long is not looked through again and again.

A hub of 10,000 tunnels is some 130,000 objects that live from poll to poll. A full collection looks at each of them and
takes tenths of a second, in which no poll and no scrape goes on. Reference counts free snapshots without its help, so
what is alive is set aside every second; only cycles that were under way at such a moment wait for the rare full
collection (docs/adr/0010).
"""

import asyncio
import gc

EVERY_SECONDS = 1.0
FULL_EVERY_SECONDS = 6 * 3600.0
THRESHOLDS = (2_000, 10, 1_000)
"""Objects of the youngest generation, and how many collections of one come before one of the next: a collection looks
at no more than 20,000 objects, some 10 ms."""


def spare_long_lived() -> None:
    """Set everything that is alive aside from collections; costs the same however much that is."""
    gc.freeze()


def collect_all() -> None:
    """Look through everything once, what was set aside too."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


async def keep_garbage_small() -> None:
    """Spare what lives long every second and collect everything rarely, until cancelled."""
    before = gc.get_threshold()
    gc.set_threshold(*THRESHOLDS)
    try:
        while True:
            for _ in range(int(FULL_EVERY_SECONDS / EVERY_SECONDS)):
                await asyncio.sleep(EVERY_SECONDS)
                spare_long_lived()
            collect_all()
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
