"""What tests of the running daemon share."""

import io
import json
import logging

import pytest
import structlog

from collector.daemon import configure_logging


@pytest.fixture
def log():
    """What the daemon says, as JSON lines."""
    said = io.StringIO()
    handlers = logging.getLogger().handlers[:]
    configure_logging("json", "info", stream=said)
    yield lambda: [json.loads(line) for line in said.getvalue().splitlines()]
    logging.getLogger().handlers[:] = handlers
    structlog.reset_defaults()
