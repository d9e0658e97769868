"""What can go wrong, by room: anything else that escapes a room is a bug in it."""


class CollectorError(Exception):
    """The root of every error that tunnelwatch raises on purpose."""


class ConfigError(CollectorError):
    """A configuration that cannot be used; the text names file, line and path."""


class TableError(CollectorError):
    """A table file (`mibs/*.yaml`) that cannot be used; the text names file and entry."""


class WireError(CollectorError):
    """Bytes or text that do not follow their format; the only error that `wire` raises, for any input."""


class SourceError(CollectorError):
    """A target that could not be read; the text names the target, the act and what happened."""


class LedgerError(CollectorError):
    """A ledger that cannot be opened, read or written; the text names it without its password."""
