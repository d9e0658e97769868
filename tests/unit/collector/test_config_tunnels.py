"""What a configuration says of tunnels and of what outlives the daemon, and what is said about one that is wrong."""

from pathlib import Path
from textwrap import dedent, indent

import pytest

from collector.config import InvalidConfigError, parse
from collector.config.state import Directory
from collector.config.tunnels import RESERVED_TUNNEL_LABELS
from exporters.families import FAMILIES

PASSWORD = "sesame-open-sesame"
ENVIRONMENT = {"COMMUNITY": "sesame-one", "URL": f"postgresql://watch:{PASSWORD}@db.example.net/tunnels"}
TARGETS = """\
targets:
- {name: hub1, address: 192.0.2.1, snmp: {version: 2c, community: env:COMMUNITY}, learning: {enabled: no}}
- name: hub2
  address: 192.0.2.2
  snmp: {version: 2c, community: env:COMMUNITY}
  contexts: [{vrf: global}, {vrf: vrf1, community: plain:x}]
- name: hub3
  address: 192.0.2.3
  snmp: {version: 3, user: monitor}
  contexts: discover
"""


def config_of(text, environment=ENVIRONMENT):
    return parse(TARGETS + dedent(text), source="f.yaml", environment=environment, directory=Path("/etc/tunnelwatch"))


def problems_of(text):
    with pytest.raises(InvalidConfigError) as caught:
        config_of(text)
    return [f"{problem.path}: {problem.text}" for problem in caught.value.problems]


def entry_problems(text):
    """What is wrong with one entry of `tunnels`."""
    return [
        line.removeprefix("tunnels[0].").removeprefix("tunnels[0]: ")
        for line in problems_of("tunnels:\n-" + indent(dedent(text), "  ")[1:])
    ]


def test_whole_entry():
    """Every key arrives, a single item as a list of one, addresses in their canonical form, `no` as the word."""
    (tunnel,) = config_of("""
        tunnels:
        - name: paris
          match: {target: hub1, vrf: [global, "v*"], peer: [2001:DB8:0::7, 192.0.2.0/24], identity: a.b, selectors: a-*}
          expected: on-demand
          expected_ike: no
          description: Paris, rue de la Paix
          site: par1
          labels: {customer: acme}
    """).tunnels
    assert tunnel.match.model_dump() == {
        "target": ("hub1",),
        "vrf": ("global", "v*"),
        "peer": ("2001:db8::7", "192.0.2.0/24"),
        "identity": ("a.b",),
        "selectors": ("a-*",),
    }
    assert (tunnel.name, tunnel.expected, tunnel.expected_ike) == ("paris", "on-demand", "no")
    assert tunnel.description == "Paris, rue de la Paix"
    assert tunnel.all_labels == (("site", "par1"), ("customer", "acme"))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name: a", "missing key 'match'"),
        ("match: {target: hub9}", "match.target: no such target; did you mean 'hub3'?"),
        ("match: {target: [hub1, zzz]}", "match.target[1]: no such target"),
        ("match: {targt: hub1}", "match: unknown key 'targt'; did you mean 'target'?"),
        ("match: {identity: '/(/'}", "match.identity: not a regular expression, at its character 1"),
        ("match: {identity: '/(a+)+/'}", "match.identity: a group may not be repeated, only made optional by ?"),
        ("{match: {}, name: '{'}", "name: a brace that is not closed or not opened; write {{ and }} for braces"),
        ("{match: {}, name: '{vrf!r}'}", "name: a field is a name in braces, such as {site}"),
        ("{match: {}, name: '  '}", "name: a name of spaces alone"),
        ("{match: {}, expected: maybe}", "expected: expected always, on-demand or no"),
        ("{match: {}, labels: {site: x}}", "labels.site: is a key of its own"),
        ("{match: {}, labels: {local_address: x}}", "labels.local_address: is a label that tunnels have already"),
        (
            "{match: {target: hub2}, name: a, expected: always}",
            "match: an expected tunnel of a target with several contexts: write its 'vrf'",
        ),
        (
            "{match: {target: hub3}, name: a, expected_ike: on-demand}",
            "match: an expected tunnel of a target with several contexts: write its 'vrf'",
        ),
        (
            "{match: {target: hub2, vrf: vrf2}, name: a, expected: always}",
            "match.vrf: the target has no such context",
        ),
    ],
)
def test_wrong_entries(text, problem):
    """Each mistake is named where it is."""
    assert entry_problems(text) == [problem]


def test_unknown_fields_of_names():
    """A name may have the fields that every match fills; what was probably meant is said."""
    (problem,) = entry_problems("{match: {identity: ['/(?P<site>.*)/', plain]}, name: '{site}'}")
    assert problem.startswith("name: a field that is neither one of {target}, {vrf}, {peer}")
    assert problem.endswith("nor a named group of every 'identity'")
    assert entry_problems("{match: {}, name: '{per}'}")[0].endswith("; did you mean {peer}?")


@pytest.mark.parametrize("peer", ["192.0.2.7/24", "hub", "192.0.2", "010.1.1.1"])
def test_peers_are_addresses_and_prefixes(peer):
    """A prefix with host bits is probably a mistake."""
    assert entry_problems(f"match: {{peer: {peer}}}") == [
        "match.peer: expected an address or a prefix, such as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32"
    ]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("", "", True),
        ("target: hub1", "target: [hub1, hub2]", True),
        ("target: hub1", "target: hub2", False),
        ("target: 'hub*'", "target: hub2", True),
        ("target: hub2, vrf: global", "target: hub2, vrf: vrf1", False),
        ("peer: 192.0.2.1", "peer: 192.0.2.2", False),
        ("peer: 192.0.2.1, selectors: a-b", "peer: 192.0.2.1, selectors: c-d", True),
    ],
)
def test_entries_of_one_tunnel(one, other, same):
    """Two entries may not describe one tunnel; the same name elsewhere or with another peer is another tunnel."""
    text = f"tunnels: [{{name: a, match: {{{one}}}}}, {{name: a, match: {{{other}}}}}]"
    if same:
        assert problems_of(text) == ["tunnels[1].name: the same name and peer as in item [0]; make one entry of both"]
    else:
        assert len(config_of(text).tunnels) == 2


def test_templates_may_be_repeated():
    """Names that are absent or have fields make no single tunnel."""
    assert (
        len(config_of("tunnels: [{name: '{peer}', match: {}}, {name: '{peer}', match: {}}, {match: {}}]").tunnels) == 3
    )


def warned(text):
    return [warning.path for warning in config_of(text).warnings if "not missed" in warning.text]


def test_expected_tunnels_that_nobody_would_miss_are_warned_about():
    """A fixed name that is expected needs its target and VRF exactly, or it is missed only once it was seen."""
    assert warned("tunnels: [{name: a, match: {peer: 192.0.2.1}, expected: always}]") == ["tunnels[0].match"]
    assert warned("tunnels: [{name: a, match: {target: 'hub*'}, expected_ike: always}]") == ["tunnels[0].match"]
    assert warned("tunnels: [{name: a, match: {target: hub2, vrf: 'v*'}, expected: always}]") == ["tunnels[0].match"]
    assert not warned("tunnels: [{name: a, match: {target: hub2, vrf: vrf1}, expected: always}]")
    assert not warned("tunnels: [{name: a, match: {target: hub1}, expected: always}]")
    assert not warned("tunnels: [{name: '{peer}', match: {}, expected: always}, {name: a, match: {}}]")


def test_labels_of_tunnels_are_known():
    """No label of the configuration can stand twice on an info metric."""
    infos = [family for family in FAMILIES if family.name in ("ipsec_tunnel_info", "ipsec_ike_info")]
    infos += [family for family in FAMILIES if family.further_labels and family.subject.name in ("tunnel", "ike")]
    exported = {label.name for family in infos for label in (*family.subject.labels, *family.labels)}
    assert "local_address" in exported
    assert exported <= RESERVED_TUNNEL_LABELS


def test_learning_of_a_target():
    """What a target writes counts for it, and the common section for the rest."""
    config = config_of("learning: {expected: always, forget_after: 1d}")
    assert config.learns(config.targets[0]).model_dump() == {
        "enabled": False,
        "expected": "always",
        "forget_after": 86_400.0,
    }
    assert config.learns(config.targets[1]) == config.learning


@pytest.mark.parametrize(
    ("text", "environment", "directory"),
    [
        ("", {}, "/etc/tunnelwatch/tunnelwatch-state"),
        ("", {"STATE_DIRECTORY": "/var/lib/tunnelwatch:/var/lib/other"}, "/var/lib/tunnelwatch"),
        ("state: {checkpoint: 1m}", {"STATE_DIRECTORY": ""}, "/etc/tunnelwatch/tunnelwatch-state"),
        ("state: {directory: here}", {"STATE_DIRECTORY": "/var/lib/tunnelwatch"}, "/etc/tunnelwatch/here"),
        ("state: {directory: /srv/state}", {}, "/srv/state"),
    ],
)
def test_state_directory(text, environment, directory):
    """What is written, else systemd's directory of the service, else one beside the file."""
    assert config_of(text, environment=ENVIRONMENT | environment).state.directory == Path(directory)


def test_state_directory_without_a_file():
    """Where a configuration is made by hand, paths start where the process runs."""
    assert Directory().parse("here") == Path("here")
    assert Directory().parse(Path("/srv")) == Path("/srv")


def test_a_state_directory_must_be_a_path():
    """Neither a list nor control characters."""
    assert problems_of("state: {directory: [a]}") == ["state.directory: expected the path of a directory"]
    assert problems_of('state: {directory: "a\\0"}') == ["state.directory: expected the path of a directory"]


def test_ledger_url_is_a_secret():
    """A URL with a password is fetched like a secret and never shown; one in clear is warned about."""
    config = config_of("state: {ledger: env:URL}")
    assert config.state.ledger.reveal().decode() == ENVIRONMENT["URL"]
    assert PASSWORD not in repr(config) + config.model_dump_json()
    warnings = config_of(f"state: {{ledger: 'plain:{ENVIRONMENT['URL']}'}}").warnings
    assert [warning.text for warning in warnings if warning.path == "state.ledger"] == [
        "a secret written in clear; better env:NAME or file:PATH"
    ]


@pytest.mark.parametrize("url", ["postgresql://watch@db.example.net/tunnels", "postgresql+psycopg:///tunnels"])
def test_ledger_url_without_a_password(url):
    """It may be written as it is, without a warning."""
    config = config_of(f"state: {{ledger: '{url}'}}")
    assert config.state.ledger.reveal().decode() == url
    assert not [warning for warning in config.warnings if "ledger" in warning.path]


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://watch:{PASSWORD}@h/d",
        f"postgresql://h/d?password={PASSWORD}",
        f"plain:mysql://watch:{PASSWORD}@h/d",
        PASSWORD,
    ],
)
def test_refused_ledger_urls_are_not_shown(url):
    """A password in clear, or another database."""
    (problem,) = problems_of(f"state: {{ledger: '{url}'}}")
    assert problem.startswith("state.ledger: ")
    assert PASSWORD not in problem


def test_retention_is_bounded():
    """At least a day."""
    assert problems_of("state: {retention: {hours: 2h}}") == [
        "state.retention.hours: expected a duration from 1d to 3650d, such as 14d or 400d"
    ]
