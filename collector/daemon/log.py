"""What the daemon says on standard error: structlog, as lines for people or as JSON for log collectors."""

import logging
import sys
from typing import TextIO

import structlog
from structlog.types import Processor

# Libraries that say more than an operator wants to read at the daemon's own level.
_QUIETER = {"apscheduler": logging.WARNING, "aiohttp": logging.WARNING, "asyncio": logging.WARNING}


def configure_logging(form: str, level: str, *, stream: TextIO | None = None) -> None:
    """Send the daemon's and its libraries' records to `stream` (standard error).

    Args:
        form: `console` or `json`.
        level: the least level said: `debug`, `info`, `warning` or `error`.
        stream: where to.
    """
    stream = sys.stderr if stream is None else stream
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_renderers(form, colors=form == "console" and stream.isatty()),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name, least in _QUIETER.items():
        logging.getLogger(name).setLevel(least)


def _renderers(form: str, *, colors: bool) -> list[Processor]:
    if form == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=str)]
    # The default prints the variables of each frame, and some of those are keys.
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=colors, pad_event_to=0, exception_formatter=plain)]
