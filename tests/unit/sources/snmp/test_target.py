"""Targets, credentials and contexts."""

import pytest

from collector.sources.snmp import Community, SnmpContext, SnmpTarget
from collector.wire.usm import AuthProtocol, UsmUser


def test_secrets_are_never_shown():
    """Neither communities nor passphrases are in what is printed of a target or a context."""
    targets = [
        SnmpTarget(name="hub1", address="::1", credentials=credentials)
        for credentials in (Community(community=b"topsecret"), UsmUser("u", AuthProtocol.SHA, b"topsecret"))
    ]
    assert "topsecret" not in repr(targets)
    assert "topsecret" not in repr(SnmpContext(community=b"topsecret"))


def test_a_community_belongs_to_versions_1_and_2c():
    """Version 3 has no community."""
    with pytest.raises(ValueError, match="has no community"):
        Community(version=3, community=b"x")
