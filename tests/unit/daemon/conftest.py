"""What tests of the daemon's parts share."""

from tests.agents.daemon_log import log, stream

__all__ = ["log", "stream"]
