"""Recorded walks of real devices, and the entities that they are: one line per entity, absent fields left out."""

from dataclasses import fields
from pathlib import Path

import pytest

from collector.interpret.recorded import sort_varbinds
from collector.interpret.snmp import interpret
from collector.tables import load
from collector.wire.recording import read_recording

FOLDER = Path(__file__).parent
RECORDINGS = sorted(path for path in (FOLDER / "snmp").iterdir() if path.suffix in {".txt", ".snmprec"})


def shown(entity):
    said = {field.name: getattr(entity, field.name) for field in fields(entity)}
    return " ".join(
        [type(entity).__name__, *(f"{name}={value!r}" for name, value in said.items() if value is not None)]
    )


def story(path):
    tables = load()
    recording = read_recording(path.read_text(encoding="utf-8"), tables.objects)
    found = sort_varbinds(recording.varbinds, tables.tables)
    interpretation = interpret(found.reads)
    oddities = [
        *(f"unknown name {name}: {times}" for name, times in recording.unknown.items()),
        *(f"decode errors of {name}: {times}" for name, times in interpretation.errors.items()),
        f"varbinds of no table: {found.strays}",
    ]
    return "\n".join([*oddities, *map(shown, interpretation.entities)]) + "\n"


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.name)
def test_entities(path, update_golden):
    """A recording means what it meant before."""
    golden = FOLDER / "entities" / path.name
    if update_golden:
        golden.write_text(story(path), encoding="utf-8")
    assert golden.exists(), f"{golden.name} is missing: pytest --update-golden writes it"
    assert story(path) == golden.read_text(encoding="utf-8")


def test_every_story_has_its_recording():
    """What is left of a recording that is gone would never be compared again."""
    assert {path.name for path in (FOLDER / "entities").iterdir()} == {path.name for path in RECORDINGS}
