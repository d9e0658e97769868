"""A file, or a text, to a `Config`: reads, validates, and says in plain words and with positions what is wrong."""

import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path as FilePath
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from collector.config.document import EMPTY, Document, read_document
from collector.config.problems import InvalidConfigError, NestedProblemsError, Path, Problem
from collector.config.secret import Surroundings
from collector.config.section import nearest
from collector.config.settings import Config
from collector.config.weaknesses import weaknesses

MAX_OCTETS: Final = 10_000_000

_WORDS = {
    "model_type": "expected a mapping (key: value)",
    "dict_type": "expected a mapping (key: value)",
    "tuple_type": "expected a list",
    "too_short": "expected at least one item",
    "too_long": "too many items",
}


def load(
    path: FilePath | str,
    *,
    environment: Mapping[str, str] | None = None,
    known_modules: Collection[str] | None = None,
) -> Config:
    """Load a configuration file; paths in it start at its directory.

    Args:
        path: The file, YAML in UTF-8.
        environment: Where `env:` looks, the process's own if absent.
        known_modules: The names in mibs/modules.yaml; others are then refused.

    Raises: InvalidConfigError with everything that is wrong.
    """
    path = FilePath(path)
    text, problem = _read(path)
    if text is None:
        raise InvalidConfigError([Problem(0, 0, "", problem, str(path))])
    return parse(text, source=str(path), directory=path.parent, environment=environment, known_modules=known_modules)


def _read(path: FilePath) -> tuple[str | None, str]:
    try:
        with path.open("rb") as file:
            octets = file.read(MAX_OCTETS + 1)
        if len(octets) > MAX_OCTETS:
            return None, f"larger than {MAX_OCTETS // 1_000_000} MB"
        return octets.decode("utf-8-sig"), ""
    except OSError as error:
        return None, f"cannot be read: {error.strerror}"
    except UnicodeDecodeError as error:
        return None, f"not UTF-8 text (octet {error.start + 1})"
    except ValueError:
        return None, "not the path of a file"


def parse(
    text: str,
    *,
    source: str = "tunnelwatch.yaml",
    directory: FilePath = FilePath(),
    environment: Mapping[str, str] | None = None,
    known_modules: Collection[str] | None = None,
) -> Config:
    """Read a configuration from text; `source` names it in errors. Otherwise as `load`."""
    surroundings = Surroundings(os.environ if environment is None else environment, directory)
    document = read_document(text, source)
    config, problems = _validate(document, surroundings)
    problems += document.problems + list(_unknown_modules(document, known_modules))
    if problems or config is None:
        raise InvalidConfigError(problems)
    return config.with_warnings(document.problem(path, words) for path, words in weaknesses(config))


def _validate(document: Document, surroundings: Surroundings) -> tuple[Config | None, list[Problem]]:
    # The ValidationError holds what was read, secrets too: it must not be the context of what is raised.
    data = document.data
    if isinstance(data, dict):
        data = {key: value for key, value in data.items() if not key.startswith("x-")}
    try:
        return Config.model_validate(data, context=surroundings), []
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        return None, [problem for each in found for problem in _problems(document, each)]


def _problems(document: Document, error: ErrorDetails) -> Iterator[Problem]:
    """Say one error of pydantic in our words, at its place in the file."""
    path = document.existing(error["loc"])
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, NestedProblemsError):
        for below in cause.problems:
            place = (*path, *below.path)
            yield document.key_problem(place, below.text) if below.of_key else document.problem(place, below.text)
    elif error["type"] == "missing":
        yield document.problem(path, f"missing key {error['loc'][-1]!r}")
    elif error["loc"][-1:] == ("[key]",):
        yield document.key_problem(path, f"a key: {cause}")
    elif document.at(path) is EMPTY:
        yield document.problem(path, "has no value")
    elif error["type"] != "too_short" or not document.at(path):
        # Of a list with a bad item pydantic says that it is too short as well.
        yield document.problem(path, str(cause or _WORDS.get(error["type"], "not valid here")))


def _unknown_modules(document: Document, known: Collection[str] | None) -> Iterator[Problem]:
    """Find names of modules that do not exist, where modules are configured and where targets list them."""
    for path, name, of_key in _module_names(document.data):
        if known is not None and name not in known:
            guess = nearest(name, sorted(known))
            text = f"no such module; did you mean {guess!r}?" if guess else "no such module"
            yield document.key_problem(path, text) if of_key else document.problem(path, text)


def _module_names(data: object) -> Iterator[tuple[Path, str, bool]]:
    if not isinstance(data, dict):
        return
    if isinstance(data.get("modules"), dict):
        yield from ((("modules", name), name, True) for name in data["modules"])
    targets = data.get("targets")
    for place, target in enumerate(targets if isinstance(targets, list) else ()):
        names = target.get("modules") if isinstance(target, dict) else None
        for index, name in enumerate(names if isinstance(names, list) else ()):
            if isinstance(name, str):
                yield ("targets", place, "modules", index), name, False
