"""What tests of the commands share."""

import asyncio
import threading

import pytest

from collector.ledger import Ledger
from collector.ledger.query_answers import Questions
from collector.store import Store
from exporters.http import create_app, serve
from exporters.own import OwnMetrics
from exporters.views import Views


@pytest.fixture
def url(place):
    """The address of a daemon that keeps the ledger at `place`."""
    loop, listening, stop = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    addresses = []

    async def run():
        ledger, store = Ledger.open(place), Store()
        app = create_app(store, Views(store), OwnMetrics(version="1"), ledger=Questions(ledger))
        async with serve(app, [("127.0.0.1", 0)]) as bound:
            addresses.extend(bound)
            listening.set()
            await stop.wait()
        ledger.close()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    assert listening.wait(20)
    yield f"http://{addresses[0][0]}:{addresses[0][1]}"
    loop.call_soon_threadsafe(stop.set)
    thread.join()
    loop.close()
