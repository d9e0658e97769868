"""How commands ask: a running daemon, or about what is on record the ledger itself."""

import argparse
import json
import time
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from collector.cli.commands import DEFAULT_URL
from collector.config.loader import load
from collector.daemon.record import ledger_place
from collector.errors import ConfigError, SourceError
from collector.ledger.ledger import Ledger
from collector.ledger.query_answers import Questions
from collector.ledger.query_parameters import CURSOR, PARAMETERS, QueryError, asked
from collector.tables import load as load_tables

DAEMON_SECONDS = 60
LEDGER_SECONDS = 600.0
"""Reading the ledger itself disturbs no daemon: large questions may take their time."""


def add_url(parser: argparse.ArgumentParser) -> None:
    """Add the option that says which daemon is asked."""
    parser.add_argument("--url", default=DEFAULT_URL, help="where the daemon answers (default: %(default)s)")


def add_places(parser: argparse.ArgumentParser) -> None:
    """Add the options that say who is asked."""
    add_url(parser)
    add_ledger(parser)


def add_ledger(parser: argparse.ArgumentParser) -> None:
    """Add the options that name a ledger."""
    places = parser.add_mutually_exclusive_group()
    places.add_argument(
        "--ledger", metavar="PATH|URL", help="read this ledger itself, instead of asking a daemon: also beside a daemon"
    )
    places.add_argument(
        "-c", "--config", type=Path, metavar="FILE", help="read the ledger that this configuration names"
    )


def add_filters(parser: argparse.ArgumentParser, what: str, *, without: tuple[str, ...] = ()) -> None:
    """Add an option for each parameter of a question."""
    for parameter in PARAMETERS[what]:
        if parameter.name != CURSOR.name and parameter.name not in without:
            choices = f" ({', '.join(parameter.choices)})" if parameter.choices else ""
            default = "" if parameter.default is None else f" (default: {parameter.default})"
            text = f"{parameter.description[0].lower()}{parameter.description[1:].rstrip('.')}{choices}{default}"
            parser.add_argument(f"--{parameter.name}", metavar=parameter.name.upper(), help=text.replace("%", "%%"))


def texts_of(arguments: argparse.Namespace, what: str) -> dict[str, str]:
    """Return what was said of a question's parameters."""
    names = [parameter.name for parameter in PARAMETERS[what]]
    return {name: text for name in names if (text := getattr(arguments, name, None)) is not None}


def answers(arguments: argparse.Namespace, what: str, texts: dict[str, str]) -> Generator[dict[str, Any]]:
    """Give the answer to a question page by page, to its last.

    Raises:
        ConfigError: it is asked wrongly, or the configuration names no ledger.
        SourceError: the daemon does not answer.
        LedgerError: the ledger cannot be read.
    """
    try:
        asked(what, texts, time.time())
        where = ledger_of(arguments)
        yield from _from_daemon(arguments.url, what, texts) if where is None else _from_ledger(where, what, texts)
    except QueryError as error:
        raise ConfigError(f"tunnelwatch: --{error}") from None


def ledger_of(arguments: argparse.Namespace) -> str | Path | None:
    """Return which ledger the options name; None if they name none.

    Raises: ConfigError if the configuration cannot be used.
    """
    if arguments.ledger is not None:
        return str(arguments.ledger)
    if arguments.config is None:
        return None
    return ledger_place(load(arguments.config, known_modules=load_tables().modules))


def _from_ledger(where: str | Path, what: str, texts: dict[str, str]) -> Iterator[dict[str, Any]]:
    with closing(Ledger.open(where, read_only=True)) as ledger:
        question = Questions(ledger)
        values = asked(what, texts, time.time())
        page = question(what, values, LEDGER_SECONDS)
        yield page
        while page["next"]:
            page = question(what, {**values, "cursor": CURSOR.read(page["next"], 0)}, LEDGER_SECONDS)
            yield page


def _from_daemon(url: str, what: str, texts: dict[str, str]) -> Iterator[dict[str, Any]]:
    page = fetch(url, what, texts)
    yield page
    while page["next"]:
        page = fetch(url, what, {**texts, "cursor": page["next"]})
        yield page


def fetch(url: str, what: str, texts: dict[str, str], *, paged: bool = True) -> dict[str, Any]:
    """Return what a daemon answers: a list of what was asked for and, if `paged`, what its next page is.

    Raises: SourceError if it does not, with what it says of that.
    """
    if not url.startswith(("http://", "https://")):
        raise SourceError(f"{url!r} is not an http or https address")
    address = f"{url.rstrip('/')}/api/v1/{what}"
    try:
        with urlopen(Request(f"{address}?{urlencode(texts)}"), timeout=DAEMON_SECONDS) as response:  # noqa: S310 - checked
            answer: Any = json.load(response)
    except HTTPError as error:
        raise SourceError(f"asking {address}: {_said(error)}") from None
    except URLError as error:
        raise SourceError(f"asking {address}: {error.reason}") from None
    except (OSError, ValueError) as error:
        raise SourceError(f"asking {address}: {error}") from None
    if not isinstance(answer, dict) or not isinstance(answer.get(what), list) or (paged and "next" not in answer):
        raise SourceError(f"asking {address}: the answer is none of tunnelwatch")
    return answer


def _said(error: HTTPError) -> str:
    try:
        return str(json.load(error)["error"])
    except (OSError, ValueError, KeyError, TypeError):
        return f"{error.code} {error.reason}"
    finally:
        error.close()
