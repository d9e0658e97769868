"""A table that is never finished: lines whose columns grow as what comes needs it."""

from collections.abc import Iterator, Sequence

from rich.cells import cell_len

from collector.cli.sessions import Column, Row

_GAP = "  "


class Lines:
    """Writes rows as lines, each column as wide as its widest cell so far.

    Args:
        columns: as of a table; all are left-aligned.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._widths = [len(name) for name, _, _ in columns]

    def pieces(self, rows: Sequence[Row], *, header: bool) -> Iterator[str]:
        """Write rows, under a header if there is none yet."""
        lines = [[_printable(cell(row)) for _, _, cell in self._columns] for row in rows]
        self._widths = [
            max(width, *map(cell_len, cells), 0) for width, *cells in zip(self._widths, *lines, strict=True)
        ]
        for cells in [[name for name, _, _ in self._columns], *lines] if header else lines:
            padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(cells, self._widths, strict=True))
            yield _GAP.join(padded).rstrip() + "\n"


def _printable(text: str) -> str:
    """Return a text without what a terminal would obey: names come from devices."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
