import socket

import pytest

from collector.sources.snmp.agent import Agent
from collector.sources.snmp.names import Endpoint


@pytest.fixture
def agent():
    endpoint = Endpoint(family=socket.AF_INET, address=("127.0.0.1", 161))
    return Agent(endpoint, socket=None)


def test_an_answer_is_slow_if_it_took_long_for_what_was_asked(agent):
    """Near the timeout, and much longer than the quickest answer: the request was too large."""
    agent.measure(0.1)
    assert agent.is_slow(0.5, timeout=1.0)
    assert not agent.is_slow(0.3, timeout=1.0)
    assert not agent.is_slow(0.25, timeout=0.6)


def test_the_first_answer_is_not_slow(agent):
    """Nothing is known yet to compare it with."""
    assert not agent.is_slow(0.9, timeout=1.0)
