"""The documents and the example agree with the code."""

import json
import runpy
from pathlib import Path
from typing import get_args

import pytest
import yaml

from collector.config import docs, load
from collector.config.docs import CHAPTERS, markdown, schema
from collector.config.section import Section
from collector.config.settings import Config

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "tunnelwatch.example.yaml"


class AnySecret(dict):
    """An environment in which every variable is set, each to something else."""

    def __contains__(self, name):
        return True

    def __missing__(self, name):
        return f"sesame-{name}"


def modules():
    """Give the names in mibs/modules.yaml."""
    return yaml.safe_load((ROOT / "mibs" / "modules.yaml").read_text(encoding="utf-8"))["modules"]


@pytest.mark.parametrize(("name", "make"), [("config.md", markdown), ("config.schema.json", schema)])
def test_documents_are_fresh(name, make):
    """docs/ says what the code says: after a change, run `python -m collector.config.docs`."""
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == make()


def test_documents_are_written(tmp_path, monkeypatch):
    """The command writes both files to docs/ below where it is called."""
    (tmp_path / "docs").mkdir()
    monkeypatch.chdir(tmp_path)
    runpy.run_path(docs.__file__, run_name="__main__")
    assert (tmp_path / "docs" / "config.md").read_text(encoding="utf-8") == markdown()
    assert (tmp_path / "docs" / "config.schema.json").read_text(encoding="utf-8") == schema()


def sections_below(kind):
    """Find all sections that a type can hold."""
    if isinstance(kind, type) and issubclass(kind, Section):
        yield kind
        for field in kind.model_fields.values():
            yield from sections_below(field.annotation)
    for part in get_args(kind):
        yield from sections_below(part)


def test_every_section_has_a_chapter():
    """Nothing that can be written is left out, and every link leads somewhere."""
    assert {section for _, section in CHAPTERS} == set(sections_below(Config))


def test_every_key_is_explained():
    """Each key has a row with its meaning and what may be written, and each section a sentence."""
    for _, section in CHAPTERS:
        assert section.__doc__
        for name, field in section.model_fields.items():
            assert field.description, (section, name)
            (row, *_) = [line for line in markdown().splitlines() if line.startswith(f"| `{name}` | ")]
            assert row.count(" | ") == 3
            assert "| |" not in row.split(" | ")[1]


def test_defaults_are_shown():
    """A default is written as the operator would write it."""
    text = markdown()
    for row in (
        "| `interval` | a duration from 1s to 1d, such as 30s, 5m or 1h30m | `1m` |",
        "| `jitter` | a percentage from 0% to 50%, such as 10% | `10%` |",
        "| `listen` | a list: host:port, such as 127.0.0.1:9171, [::1]:9171 or 0.0.0.0:9171 | `127.0.0.1:9171` |",
        "| `name` | a name of letters, digits and . _ : / @ + -, at most 128 octets | **required** |",
        "label name as Prometheus has them, at most 64 octets: the value of a label, at most 255 octets |  |",
    ):
        assert row in text


def test_example_is_valid():
    """The example can be used as it is, and does not name what does not exist."""
    config = load(EXAMPLE, environment=AnySecret(), known_modules=modules())
    assert len(config.targets) == 6
    assert {warning.text.split()[0] for warning in config.warnings} == {"version", "communities"}


def test_example_shows_the_defaults():
    """http, log, polling and learning in the example are what is so anyway, and what is kept is kept as long."""
    config = load(EXAMPLE, environment=AnySecret())
    default = Config(targets=config.targets)
    assert (config.http, config.log, config.polling) == (default.http, default.log, default.polling)
    assert config.learning == default.learning
    assert (config.state.checkpoint, config.state.retention) == (default.state.checkpoint, default.state.retention)


def keys_in(data):
    """Find all keys of plain data."""
    if isinstance(data, dict):
        yield from data
    for part in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from keys_in(part)


def test_example_shows_every_key():
    """Each key of each section is in the example."""
    shown = set(keys_in(yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))))
    shown |= {"ledger"}  # in a comment: it would stand in the place of `directory`
    shown |= {"certificate", "key", "client_ca"}  # as well: these files must be there
    assert {name for _, section in CHAPTERS for name in section.model_fields} <= shown


def test_schema_knows_short_forms():
    """An editor accepts `contexts: discover` and a single address as well as lists."""
    definitions = json.loads(schema())["$defs"]
    contexts = definitions["TargetConfig"]["properties"]["contexts"]["anyOf"]
    assert {"const": "discover", "type": "string"} in contexts
    assert {"$ref": "#/$defs/DiscoveryConfig"} in contexts
    assert [each["type"] for each in definitions["HttpConfig"]["properties"]["listen"]["anyOf"]] == ["string", "array"]
