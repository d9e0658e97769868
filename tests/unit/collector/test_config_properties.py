"""Whatever a file says, it is a configuration or an InvalidConfigError, and no secret comes out."""

import copy
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.config import Config, InvalidConfigError, parse

SECRETS = ("Hunter2hunter2", "S3same-open-S3same")
ENVIRONMENT = {
    "ONE": SECRETS[0],
    "TWO": SECRETS[1],
    "SHORT": "Hnt2",
    "EMPTY": "",
    "URL": f"postgresql://u:{SECRETS[1]}@h/d",
}

VALID = {
    "http": {"listen": ["127.0.0.1:9171", "[::1]:0"]},
    "log": {"format": "json", "level": "info"},
    "polling": {"interval": "30s", "jitter": "10%", "retries": 2},
    "modules": {"bgp": {"interval": "2m", "enabled": True}},
    "state": {"directory": "/var/lib/tunnelwatch", "ledger": "env:URL", "retention": {"hours": "20d"}},
    "learning": {"enabled": True, "expected": "no"},
    "tunnels": [
        {
            "name": "{site}",
            "match": {"target": "hub*", "identity": ["/vpn-(?P<site>[a-z]+)/"], "peer": "192.0.2.0/24"},
            "expected": "always",
            "labels": {"customer": "acme"},
        },
        {"name": "paris", "match": {"target": "hub1", "vrf": "vrf1", "selectors": ["a-b"]}, "expected": "on-demand"},
    ],
    "targets": [
        {
            "name": "hub1",
            "address": "192.0.2.1",
            "snmp": {"version": "2c", "community": "env:ONE"},
            "contexts": [{"vrf": "global"}, {"vrf": "vrf1", "community": f"plain:{SECRETS[1]}"}],
            "labels": {"site": "fra1"},
        },
        {
            "name": "hub2",
            "address": "::1",
            "snmp": {
                "version": 3,
                "user": "monitor",
                "auth": {"protocol": "SHA-256", "secret": "env:ONE"},
                "priv": {"protocol": "AES", "secret": f"plain:{SECRETS[0]}"},
            },
            "contexts": "discover",
        },
        {
            "name": "hub3",
            "address": "hub3",
            "snmp": {"version": 1, "community": "env:TWO"},
            "contexts": {"include": ["a*"], "community_template": f"plain:{SECRETS[0]}{{vrf}}"},
        },
    ],
}

# Secrets where they belong, where they do not, and next to what makes them look like something else.
LEAKS = st.sampled_from(
    [
        *SECRETS,
        *(f"{prefix}{secret}" for prefix in ("plain:", "file:\x00", "env:-", "pattern:") for secret in SECRETS),
        f"{SECRETS[0]}:9171",
        f"{SECRETS[0]}%",
        f"{SECRETS[0]} s",
        f"{SECRETS[0]}\n",
        "env:SHORT",
        "env:EMPTY",
        "env:ONE",
    ]
)
KEYS = st.sampled_from(
    [
        "targets",
        "snmp",
        "contexts",
        "vrf",
        "community",
        "auth",
        "secret",
        "polling",
        "interval",
        "modules",
        "x-a",
        "naem",
    ]
)
ODD_KEYS = st.text(max_size=8)
SCALARS = (
    LEAKS
    | st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["discover", "3"])
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | ODD_KEYS, inner, max_size=4),
    max_leaves=12,
)

quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def outcome(text):
    """Parse a text, which must give a configuration or an InvalidConfigError, and give all that is said about it."""
    try:
        config = parse(text, environment=ENVIRONMENT, directory=Path("/nonexistent"))
    except InvalidConfigError as error:
        return "\n".join([str(error), repr(error), *map(str, error.problems)])
    assert isinstance(config, Config)
    return "\n".join(map(str, config.warnings))


def places(data, path=()):
    """Find the paths of all values of plain data."""
    yield path
    parts = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, part in parts:
        yield from places(part, (*path, step))


def replaced(data, path, value):
    """Replace the value at a path."""
    if not path:
        return value
    data = copy.deepcopy(data)
    inner = data
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return data


def test_the_valid_one_is_valid():
    """The configuration that is mutated is good as it is, and can be shown."""
    config = parse(yaml.safe_dump(VALID), environment=ENVIRONMENT)
    assert len(config.targets) == 3
    shown = repr(config) + str(config) + config.model_dump_json() + str(config.model_dump())
    assert "hub1" in shown
    assert not any(secret in shown for secret in SECRETS)


@given(st.text(max_size=200))
@settings(quick, max_examples=300)
def test_any_text(text):
    """Any text is a configuration or an error."""
    outcome(text)


@given(
    st.lists(
        st.sampled_from([*"{}[],:-?&*!|>'\"%@#`\n\t \\", "\n  ", "- ", ": ", "a", "<<", "---", "...", "!!map "]),
        max_size=40,
    )
)
@settings(quick, max_examples=300)
def test_yaml_like_text(parts):
    """What is made of YAML's own signs is a configuration or an error."""
    outcome("".join(parts))


@given(st.data())
@quick
def test_damaged_text(data):
    """A good file with a hole, a cut or an addition is a configuration or an error, without its secrets."""
    text = yaml.safe_dump(VALID, sort_keys=False)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 30)))
    damaged = (
        text[:start]
        + data.draw(st.sampled_from(["", ":", "\n", "*", "&", "!", "'", '"', "{", "[", "%", "\x07"]))
        + text[end:]
    )
    said = outcome(damaged)
    # What is cut off may leave a part of a secret as a key, which is then shown as far as it looks like one.
    assert not any(secret in said for secret in SECRETS)


@given(ANYTHING)
@quick
def test_any_structure(data):
    """Any structure is a configuration or an error."""
    outcome(yaml.safe_dump(data, allow_unicode=True))


@given(st.data())
@quick
def test_mutated(data):
    """A good configuration with anything anywhere is a configuration or an error, and no secret is said."""
    mutated = VALID
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(list(places(mutated))))
        mutated = replaced(mutated, path, data.draw(LEAKS | ANYTHING))
    said = outcome(yaml.safe_dump(mutated, allow_unicode=True))
    assert not any(secret in said for secret in (*SECRETS, ENVIRONMENT["SHORT"]))


@pytest.mark.parametrize("path", list(places(VALID)), ids=str)
@pytest.mark.parametrize("secret", [SECRETS[0], f"plain:{SECRETS[0]}", [SECRETS[0]], {"secret": SECRETS[0]}], ids=str)
def test_a_secret_in_any_place(path, secret):
    """A secret in the place of any value is not said."""
    assert SECRETS[0] not in outcome(yaml.safe_dump(replaced(VALID, path, secret)))
