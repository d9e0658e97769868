"""What tests of listeners share."""

import asyncio

import pytest


@pytest.fixture
def wait_until():
    """Return a function that waits until something is true, within bounds."""

    async def wait(true, seconds=10):
        async with asyncio.timeout(seconds):
            while not true():
                await asyncio.sleep(0.005)

    return wait
