"""Entities made by the quick constructor are the entities of the model."""

import dataclasses

import pytest

from collector.interpret.maker import maker
from collector.model import ENTITIES, ChildSa, NotificationSwitch


@pytest.mark.parametrize("entity", ENTITIES.values(), ids=ENTITIES)
def test_equal_to_the_usual_constructor(entity):
    """What is made is of the same class and equal, with every field given and with the required ones alone."""
    names = [field.name for field in dataclasses.fields(entity)]
    full = {name: name for name in names}
    required = {field.name: "x" for field in dataclasses.fields(entity) if field.default is dataclasses.MISSING}
    for values in (full, required):
        made = maker(entity)(values)
        assert type(made) is entity
        assert made == entity(**values)
        assert hash(made) == hash(entity(**values))


def test_frozen():
    """What is made cannot be changed."""
    made = maker(ChildSa)({"index": "1"})
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.status = "active"
    with pytest.raises(dataclasses.FrozenInstanceError):
        del made.status


def test_repr_and_replace():
    """What is made prints and is replaced as the dataclass it is."""
    made = maker(NotificationSwitch)({"notification": "cikeTunnelStart", "enabled": True})
    assert repr(made) == "NotificationSwitch(index='', notification='cikeTunnelStart', enabled=True)"
    assert dataclasses.replace(made, enabled=False).enabled is False
