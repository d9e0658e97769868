"""What all tests share: where the references lie, how golden files are renewed, what a missing peer means."""

import dataclasses
import os
import shutil
from pathlib import Path

import pytest

from collector.model import ENTITIES

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
SBIN = "/usr/local/sbin:/usr/sbin:/sbin"


def pytest_addoption(parser):
    parser.addoption("--update-golden", action="store_true", help="write golden files instead of comparing with them")


@pytest.fixture
def update_golden(request):
    return request.config.getoption("--update-golden")


@pytest.fixture(scope="session")
def reference():
    """The folder of texts that others wrote, beside the checkout; its tests are skipped where it is absent."""
    folder = SHARED / "reference"
    if not folder.is_dir():
        pytest.skip("needs ../shared/reference beside the checkout")
    return folder


@pytest.fixture(scope="session")
def peer():
    """Return a function that finds a peer's program; a missing one fails CI and skips the test elsewhere."""

    def find(program, package):
        found = shutil.which(program, path=f"{os.environ.get('PATH', '')}:{SBIN}")
        if found is None:
            message = f"needs {program}: apt-get install {package}"
            pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
        return found

    return find


def _filled(entity, number=1):
    values = {}
    for offset, field in enumerate(dataclasses.fields(entity), number):
        numbers = {"int | None": offset, "float | None": offset + 0.5, "bool | None": True}
        values[field.name] = numbers.get(str(field.type), f"{field.name} {offset}")
    return entity(**values)


@pytest.fixture
def filled():
    """Return a function that makes an entity whose every field says something, other things for another number."""
    return _filled


@pytest.fixture
def everything(filled):
    """One entity of each kind, and of media gateways, all fields filled, all belonging to one tunnel."""
    entities = []
    for number, entity in enumerate(ENTITIES.values(), 100):
        row = filled(entity, number)
        joins = {name: 7 for name in ("child_index", "ike_index") if hasattr(row, name)}
        index = {"index": "7"} if entity.__name__ in {"ChildSa", "IkeSa"} else {}
        entities.append(dataclasses.replace(row, **joins, **index))
        if hasattr(row, "gateway"):
            entities.append(dataclasses.replace(row, gateway=None))
    return entities
