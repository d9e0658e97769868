"""Fixtures that keep what the daemon says; the folders whose tests read it import them in their `conftest.py`."""

import io
import json
import logging

import pytest
import structlog

from collector.daemon import configure_logging


@pytest.fixture
def stream():
    """Where a log may go; afterwards logging is as it was before."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield io.StringIO()
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def log(stream):
    """What the daemon says, as JSON lines."""
    configure_logging("json", "info", stream=stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
