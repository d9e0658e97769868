"""The composition root: the only room that knows both how targets are read and how the world is told."""

from collector.daemon.daemon import Daemon
from collector.daemon.log import configure_logging

__all__ = ["Daemon", "configure_logging"]
