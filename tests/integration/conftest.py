"""What tests with real peers share."""

import pytest

from tests.agents.daemon_log import log, stream
from tests.agents.postgres import Postgres, binaries
from tests.agents.story import Story, StoryAgent

__all__ = ["log", "stream"]


@pytest.fixture(scope="session")
def postgres(peer):
    folder = binaries()
    if folder is None:
        peer("postgres", "postgresql")
    postgres = Postgres(folder)
    yield postgres
    postgres.close()


@pytest.fixture
def server(postgres):
    """A PostgreSQL that runs, also after a test that has killed it."""
    postgres.start()
    return postgres


@pytest.fixture
def story():
    """What happens on a device."""
    return Story()


@pytest.fixture
async def agent(story):
    """The SNMP agent of that device."""
    async with StoryAgent(story) as agent:
        yield agent
