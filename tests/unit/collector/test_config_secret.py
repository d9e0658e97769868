"""Secrets are fetched, bounded, and never shown."""

import copy
import os

import pytest
from pydantic import TypeAdapter

from collector.config.secret import MAX_OCTETS, Secret, SecretReference, Surroundings
from collector.config.snmp import CommunityConfig, CommunityTemplate, DiscoveryConfig, PassPhrase

SECRET = "tr0ub4dor&3"


@pytest.fixture
def around(tmp_path):
    """Give an environment with one secret, and a directory of its own."""
    return Surroundings({"COMMUNITY": SECRET, "EMPTY": ""}, tmp_path)


def test_from_environment(around):
    """`env:` names a variable."""
    secret = SecretReference().fetch("env:COMMUNITY", around)
    assert secret.reveal() == SECRET.encode()
    assert secret.source == "env:COMMUNITY"


def test_from_the_process(monkeypatch):
    """Without surroundings the process's own environment counts."""
    monkeypatch.setenv("TUNNELWATCH_TEST", SECRET)
    assert SecretReference().parse("env:TUNNELWATCH_TEST").reveal() == SECRET.encode()


@pytest.mark.parametrize(
    ("content", "octets"),
    [(b"abc\n", b"abc"), (b"abc\r\n", b"abc"), (b"abc", b"abc"), (b"abc\n\n", b"abc\n"), (b" \xff \n", b" \xff ")],
)
def test_from_file(around, content, octets):
    """`file:` is all of a file but its last line break; a relative path starts at the configuration."""
    (around.directory / "secret").write_bytes(content)
    secret = SecretReference().fetch("file:secret", around)
    assert secret.reveal() == octets
    assert secret.source == f"file:{around.directory}/secret"
    assert SecretReference().fetch(f"file:{around.directory}/secret", Surroundings()).reveal() == octets


@pytest.mark.parametrize(("mode", "readable"), [(0o400, False), (0o640, False), (0o644, True)])
def test_readable_by_all(around, mode, readable):
    """A file that every user can read is noticed."""
    path = around.directory / "secret"
    path.write_text(SECRET)
    path.chmod(mode)
    assert SecretReference().fetch("file:secret", around).readable_by_all is readable


def test_in_clear(around):
    """`plain:` is the secret itself, colons included."""
    secret = SecretReference().fetch("plain:a:b", around)
    assert secret.reveal() == b"a:b"
    assert secret.source == "plain:"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (SECRET, r"expected env:NAME or file:PATH \(or, in clear and warned about, plain:TEXT\)"),
        ({"a": SECRET}, "expected env:NAME"),
        (None, "expected env:NAME"),
        ("env:NOT_SET", "environment variable NOT_SET is not set"),
        (f"env:{SECRET}", "what follows env: is not the name of an environment variable"),
        ("env:", "what follows env: is not the name"),
        ("env:EMPTY", "the secret of env:EMPTY is empty"),
        ("plain:", "the secret is empty"),
        ("plain:" + SECRET * 100, f"the secret is longer than {MAX_OCTETS} octets"),
        ("file:missing", "secret file .*/missing: No such file or directory"),
        ("file:.", r"secret file .*: (Is a directory|not a regular file)"),
        ("file:fifo", "secret file .*/fifo: not a regular file"),
        ("file:large", f"the secret of file:.*/large is longer than {MAX_OCTETS} octets"),
        ("file:", "what follows file: is not the path of a file"),
        ("file:a\0b", "what follows file: is not the path of a file"),
        ("file:" + "a/" * 600, "what follows file: is not the path"),
    ],
)
def test_refused(around, text, error):
    """What is wrong is said with the name of the variable or file, never with the secret."""
    os.mkfifo(around.directory / "fifo")
    (around.directory / "large").write_bytes(b"x" * (MAX_OCTETS + 1))
    with pytest.raises(ValueError, match=f"^{error}") as caught:
        SecretReference().fetch(text, around)
    assert SECRET not in str(caught.value)


def test_passphrases_have_eight_octets(around):
    """RFC 3414 section 11.2 wants eight octets, and net-snmp refuses less."""
    reference = SecretReference(octets=8)
    assert reference.fetch("plain:12345678", around).reveal() == b"12345678"
    with pytest.raises(ValueError, match=r"^the secret is shorter than 8 octets"):
        reference.fetch("plain:1234567", around)


def test_never_shown():
    """No way of printing a secret, or what holds it, prints it."""
    snmp = CommunityConfig(version="2c", community=f"plain:{SECRET}")
    shown = [
        repr(snmp.community),
        str(snmp.community),
        f"{snmp.community}",
        f"{snmp.community:>20}",
        repr(snmp),
        str(snmp),
        snmp.model_dump_json(),
        str(snmp.model_dump()),
        repr(copy.copy(snmp)),
    ]
    assert not any(SECRET in text for text in shown)
    assert all("***" in text for text in shown)


def test_secrets_are_equal_by_value():
    """A reload can tell whether a secret has changed."""
    assert Secret(b"a") == Secret(b"a")
    assert Secret(b"a") != Secret(b"b")
    assert TypeAdapter(PassPhrase).validate_python(Secret(b"short")) == Secret(b"short")


@pytest.mark.parametrize("text", ["{community}@{context}", "{vrf}", "{community}-{vrf}"])
def test_open_template(around, text):
    """A pattern without letters or digits of its own is no secret."""
    template = CommunityTemplate().fetch(text, around)
    assert template.reveal() == text.encode()
    assert template.source == "pattern"


@pytest.mark.parametrize("text", ["abc-{vrf}", "{community}", "plain:{community}", "@", "{communities}{vrf}", "é{vrf}"])
def test_template_refused(around, text):
    """A pattern with a secret in it is written like a secret, and contexts differ in their communities."""
    with pytest.raises(ValueError, match=r"^(expected a pattern of|the pattern has neither)"):
        CommunityTemplate().fetch(text, around)


def test_community_of_a_discovered_context():
    """The template's placeholders are filled once, whatever they are filled with."""
    discovery = DiscoveryConfig(community_template="plain:x{community}:{context}:{vrf}")
    community = discovery.community_of(community=Secret(b"{vrf}"), context="vrf-a-context", vrf="a")
    assert community.reveal() == b"x{vrf}:vrf-a-context:a"
    assert "vrf-a" not in repr(community)


def test_no_template_keeps_the_community():
    """With version 3 there is nothing to make."""
    assert DiscoveryConfig().community_of(community=Secret(b"a"), context="c", vrf="v") == Secret(b"a")


def test_discovery_selects_by_name():
    """Exclusion is stronger than inclusion, and case counts."""
    discovery = DiscoveryConfig(include=["global", "cust-*"], exclude=["*-lab"])
    assert [vrf for vrf in ("global", "cust-1", "cust-lab", "CUST-1", "mgmt") if discovery.selects(vrf)] == [
        "global",
        "cust-1",
    ]
