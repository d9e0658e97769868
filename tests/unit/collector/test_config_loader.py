"""A whole configuration: what it becomes, and what is said about one that is wrong."""

import re
from pathlib import Path
from textwrap import dedent

import pytest
from pydantic import ValidationError

from collector.config import (
    AuthProtocol,
    CommunityConfig,
    Config,
    ContextConfig,
    DiscoveryConfig,
    InvalidConfigError,
    ListenAddress,
    PollingConfig,
    PrivProtocol,
    Secret,
    TargetConfig,
    UsmConfig,
    load,
    parse,
)
from collector.config.problems import SHOWN, Problem
from collector.config.secret import SecretReference
from collector.errors import ConfigError

ENVIRONMENT = {"COMMUNITY": "sesame-one", "VRF1": "sesame-two", "AUTH": "sesame-auth", "PRIV": "sesame-priv"}


def config_of(text, **options):
    """Read a configuration that must be good."""
    return parse(dedent(text), source="f.yaml", environment=ENVIRONMENT, **options)


def errors_of(text, **options):
    """Read a configuration that must be refused, and give the lines that say why."""
    with pytest.raises(InvalidConfigError) as caught:
        config_of(text, **options)
    return str(caught.value).splitlines()


def target_errors(text):
    """Read a configuration whose only target, good but for this, is wrong."""
    head = "targets:\n- name: hub1\n  address: 192.0.2.1\n"
    snmp = "" if "snmp:" in text else "  snmp: {version: 2c, community: env:COMMUNITY}\n"
    return [
        line.removeprefix("f.yaml:")
        for line in errors_of(head + snmp + dedent(text).replace("\n", "\n  ").join(("  ", "\n")))
    ]


WHOLE = """
    http: {listen: [127.0.0.1:9171, "[::1]:0"]}
    log: {format: json, level: debug}
    polling: {interval: 2m, jitter: 5%, timeout: 500ms, retries: 1, max_repetitions: 20, outstanding: 3, full_every: 7,
              max_rows: 100, max_tunnels: 50}
    modules:
      bgp: {interval: 5m, enabled: no}
      ipsec: {full_every: 3}
    targets:
      - name: hub1
        address: 192.0.2.1
        snmp: {version: 2c, community: env:COMMUNITY}
        contexts:
          - vrf: global
          - {vrf: no, community: env:VRF1}
        labels: {site: fra1}
        polling: {interval: 30s}
      - name: hub2
        address: 2001:db8::2
        port: 0161
        snmp:
          version: 3
          user: monitor
          auth: {protocol: sha256, secret: env:AUTH}
          priv: {protocol: AES-256-C, secret: env:PRIV}
          context_engine_id: 0x8000000903
        contexts: [{vrf: vrf1, context_name: vrf-vrf1-context}]
        modules: [bgp]
      - name: hub3
        address: hub3.example.net
        snmp: {version: 3, user: monitor}
        contexts: discover
"""


def test_whole():
    """What the file says is what the daemon gets."""
    config = config_of(WHOLE, directory=Path("/etc/tunnelwatch"))
    assert config.http.listen == (ListenAddress("127.0.0.1", 9171), ListenAddress("::1", 0))
    assert (config.log.format, config.log.level) == ("json", "debug")
    assert config.polling == PollingConfig(
        interval=120, jitter=0.05, timeout=0.5, retries=1, max_repetitions=20, outstanding=3, full_every=7,
        max_rows=100, max_tunnels=50,
    )  # fmt: skip
    hub1, hub2, hub3 = config.targets
    assert hub1.contexts == (
        ContextConfig(vrf="global"),
        ContextConfig(vrf="no", community=Secret(b"sesame-two", "env:VRF1")),
    )
    assert (hub1.port, hub1.labels, hub1.modules) == (161, {"site": "fra1"}, None)
    assert hub1.snmp == CommunityConfig(version="2c", community=Secret(b"sesame-one", "env:COMMUNITY"))
    assert isinstance(hub2.snmp, UsmConfig)
    assert hub2.snmp.auth.protocol is AuthProtocol.SHA256
    assert hub2.snmp.priv.protocol is PrivProtocol.AES256C
    assert hub2.snmp.priv.secret.reveal() == b"sesame-priv"
    assert hub2.snmp.context_engine_id == bytes.fromhex("8000000903")
    assert (hub2.port, hub2.modules, hub2.contexts[0].context_name) == (161, ("bgp",), "vrf-vrf1-context")
    assert hub3.contexts == DiscoveryConfig()


def test_least():
    """A target with an address and a community is enough."""
    config = config_of("targets: [{name: a, address: b, snmp: {version: 1, community: env:COMMUNITY}}]")
    assert config.http.listen == (ListenAddress("127.0.0.1", 9171),)
    assert config.polling == PollingConfig(
        interval=60, jitter=0.1, timeout=2, retries=2, max_repetitions=40, outstanding=2, full_every=10,
        max_rows=50_000, max_tunnels=20_000,
    )  # fmt: skip
    assert config.targets[0].contexts == (ContextConfig(vrf="global"),)


def test_frozen():
    """A configuration does not change under those who read it."""
    config = config_of(WHOLE)
    with pytest.raises(ValidationError, match="frozen"):
        config.polling.interval = 1.0


@pytest.mark.parametrize(
    ("snmp", "level"),
    [
        ("{version: 3, user: u}", "noAuthNoPriv"),
        ("{version: 3, user: u, auth: {protocol: SHA, secret: env:AUTH}}", "authNoPriv"),
        (
            "{version: 3, user: u, auth: {protocol: SHA, secret: env:AUTH}, priv: {protocol: AES, secret: env:PRIV}}",
            "authPriv",
        ),
    ],
)
def test_security_level(snmp, level):
    """The credentials make the security level."""
    assert config_of(f"targets: [{{name: a, address: b, snmp: {snmp}}}]").targets[0].snmp.level == level


def test_what_counts():
    """A target counts before a module, and a module before the rest."""
    config = config_of(WHOLE)
    hub1, hub2, _ = config.targets
    assert config.effective(hub1, "bgp").interval == 30
    assert config.effective(hub2, "bgp").interval == 300
    assert config.effective(hub2, "ike").interval == 120
    assert config.effective(hub2, "ipsec").full_every == 3
    assert config.effective(hub2, "ike").full_every == 7
    assert config.effective(hub1, "ike").timeout == 0.5


def test_slow_modules_stay_slow():
    """A module that is shipped slow is hastened only by `modules`; one that is shipped fast follows the target."""
    config = config_of(WHOLE)
    hub1, hub2, _ = config.targets
    assert config.effective(hub1, "history", shipped_interval=300).interval == 300
    assert config.effective(hub2, "history", shipped_interval=300).interval == 300
    assert config.effective(hub2, "history", shipped_interval=60).interval == 120
    assert config.effective(hub2, "bgp", shipped_interval=900).interval == 300
    assert config.effective(hub2, "ipsec", shipped_interval=900).interval == 900


def test_modules_of_a_target():
    """A target's own list counts as it is; without one all modules but the disabled are polled."""
    config = config_of(WHOLE)
    hub1, hub2, _ = config.targets
    assert config.modules_of(hub1, ("ipsec", "ike", "bgp")) == ("ipsec", "ike")
    assert config.modules_of(hub2, ("ipsec", "ike", "bgp")) == ("bgp",)


def test_shared_parts():
    """Anchors may be kept in keys that begin with x-, at the top only."""
    config = config_of("""
        x-v3: &v3 {version: 3, user: monitor, auth: {protocol: SHA, secret: env:AUTH}}
        targets:
          - {name: a, address: a, snmp: *v3}
          - {name: b, address: b, snmp: {<<: *v3, user: other}}
    """)
    assert [target.snmp.user for target in config.targets] == ["monitor", "other"]
    assert target_errors("x-a: b") == ["5:3: targets[0]: unknown key 'x-a'"]


def test_from_a_file(tmp_path):
    """Paths in a file start where it lies; a byte order mark does no harm."""
    (tmp_path / "community").write_text("sesame\n")
    (tmp_path / "community").chmod(0o400)
    file = tmp_path / "tunnelwatch.yaml"
    file.write_text("\ufefftargets: [{name: a, address: a, snmp: {version: 2c, community: file:community}}]")
    config = load(file)
    assert config.targets[0].snmp.community.reveal() == b"sesame"
    assert [str(warning) for warning in config.warnings] == [
        f"{file}:1:49: targets[0].snmp.version: version 2c sends its community in clear; better version 3"
    ]


def test_process_environment(tmp_path, monkeypatch):
    """Without an environment given, the process's own counts."""
    monkeypatch.setenv("TUNNELWATCH_TEST", "sesame")
    file = tmp_path / "f.yaml"
    file.write_text("targets: [{name: a, address: a, snmp: {version: 2c, community: env:TUNNELWATCH_TEST}}]")
    assert load(str(file)).targets[0].snmp.community.reveal() == b"sesame"


def test_files_that_cannot_be_read(tmp_path):
    """A file that is absent, a directory, too large or no text is refused by its name."""
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(10_000_001)
    (tmp_path / "latin").write_bytes(b"a: \xe9")
    for path, error in (
        (tmp_path / "none", f"{tmp_path}/none: cannot be read: No such file or directory"),
        (tmp_path, f"{tmp_path}: cannot be read: Is a directory"),
        (large, f"{large}: larger than 10 MB"),
        (tmp_path / "latin", f"{tmp_path}/latin: not UTF-8 text (octet 4)"),
        ("a\0b", "a\0b: not the path of a file"),
    ):
        with pytest.raises(ConfigError, match=f"^{re.escape(error)}$"):
            load(path)


def test_everything_at_once():
    """Every mistake is reported, in the order of the file, each at its place."""
    assert errors_of("""\
        http: {listen: 9171}
        log: {level: loud}
        polling:
          intervall: 3s
          timeout: 2h
        modules: {bgp: {retries: 1}}
        targets:
          - name: hub1
            adress: 192.0.2.1
            snmp: {version: 2c, comunity: public}
            contexts:
              - {vrf: vrf1}
              - {vrf: vrf1, community: public}
          - name: hub1
            address: 192.0.2.2
            snmp:
              version: 3
              user: monitor
              priv: {protocol: 3DES, secret: env:NONE}
        polling: {}
    """) == [
        "f.yaml:1:16: http.listen: expected host:port, such as 127.0.0.1:9171, [::1]:9171 or 0.0.0.0:9171",
        "f.yaml:2:14: log.level: expected debug, info, warning or error",
        "f.yaml:4:3: polling: unknown key 'intervall'; did you mean 'interval'?",
        "f.yaml:5:12: polling.timeout: expected a duration from 100ms to 1m, such as 500ms or 2s",
        "f.yaml:6:17: modules.bgp: unknown key 'retries'",
        "f.yaml:9:5: targets[0]: unknown key 'adress'; did you mean 'address'?",
        "f.yaml:10:25: targets[0].snmp: unknown key 'comunity'; did you mean 'community'?",
        "f.yaml:13:15: targets[0].contexts[1].vrf: the same as in item [0]",
        f"f.yaml:13:32: targets[0].contexts[1].community: expected {SecretReference().words}",
        "f.yaml:14:11: targets[1].name: the same as in item [0]",
        "f.yaml:19:24: targets[1].snmp.priv.protocol: expected DES, AES, AES-192, AES-256, AES-192-C or AES-256-C",
        "f.yaml:19:38: targets[1].snmp.priv.secret: environment variable NONE is not set",
        "f.yaml:20:1: the same key as on line 3",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        ("a", ["f.yaml:1:1: expected a mapping (key: value)"]),
        ("{}", ["f.yaml:1:1: missing key 'targets'"]),
        ("targets:", ["f.yaml:1:1: targets: has no value"]),
        ("targets: []", ["f.yaml:1:10: targets: expected at least one item"]),
        ("targets: {}", ["f.yaml:1:10: targets: expected a list"]),
        ("targets: [a]", ["f.yaml:1:11: targets[0]: expected a mapping (key: value)"]),
        (
            "targets: [{}]",
            [f"f.yaml:1:11: targets[0]: missing key '{key}'" for key in ("address", "name", "snmp")],
        ),
    ],
)
def test_wrong_shapes(text, errors):
    """A value of the wrong shape is answered with the right one."""
    assert errors_of(text) == errors


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        ("contexts:", ["5:3: targets[0].contexts: has no value"]),
        ("contexts: []", ["5:13: targets[0].contexts: expected at least one item"]),
        ("contexts: all", ["5:13: targets[0].contexts: expected a mapping (key: value)"]),
        ("contexts: [{vrf: }]", ["5:15: targets[0].contexts[0].vrf: has no value"]),
        ("contexts: [{community: env:VRF1}]", ["5:14: targets[0].contexts[0]: missing key 'vrf'"]),
        ("contexts: [{vrf: a}, {vrf: b}]", ["5:24: targets[0].contexts[1]: polls the same context as item [0]"]),
        (
            "contexts: [{vrf: a, context_name: b}]",
            ["5:37: targets[0].contexts[0].context_name: belongs to version 3; with versions 1 and 2c use 'community'"],
        ),
        (
            "contexts: discover",
            ["5:13: targets[0].contexts: with versions 1 and 2c, discovery needs 'community_template'"],
        ),
        (
            "contexts: {discover: false}",
            [
                "5:24: targets[0].contexts.discover: expected true; without discovery remove 'contexts'",
            ],
        ),
        ("labels: {vrf: a}", ["5:17: targets[0].labels.vrf: is a label that every series has already"]),
        (
            "labels: {a-b: c}",
            ["5:12: targets[0].labels: a key: expected a label name as Prometheus has them, at most 64 octets"],
        ),
        ("labels: {a: }", ["5:12: targets[0].labels.a: has no value"]),
        (
            "labels: {" + ", ".join(f"l{n}: x" for n in range(17)) + "}",
            ["5:11: targets[0].labels: too many items"],
        ),
        ("modules: ipsec", ["5:12: targets[0].modules: expected a list"]),
        ("interval: 30s", ["5:3: targets[0]: unknown key 'interval'; did you mean 'polling.interval'?"]),
        ("community: sesame", ["5:3: targets[0]: 'community' belongs under 'snmp'"]),
        ("polling: {interval: 0.5s}", [
            "5:23: targets[0].polling.interval: expected a duration from 1s to 1d, such as 30s, 5m or 1h30m",
        ]),
        ("snmp: sesame", ["4:9: targets[0].snmp: expected a mapping (key: value)"]),
        ("snmp: {community: env:COMMUNITY}", ["4:9: targets[0].snmp: missing key 'version'"]),
        ("snmp: {version: 2, community: env:COMMUNITY}", ["4:19: targets[0].snmp.version: expected 1, 2c or 3"]),
        ("snmp: {version: [3], user: u}", ["4:19: targets[0].snmp.version: expected 1, 2c or 3"]),
        ("snmp: {version: 2c}", ["4:9: targets[0].snmp: missing key 'community'"]),
        (
            "snmp: {version: 2c, community: env:COMMUNITY, user: u}",
            ["4:49: targets[0].snmp: 'user' belongs to version 3"],
        ),
        (
            "snmp: {version: 3, user: u, community: env:COMMUNITY}",
            ["4:31: targets[0].snmp: 'community' belongs to versions 1 and 2c"],
        ),
        (
            "snmp: {version: 3, user: u, priv: {protocol: AES, secret: env:PRIV}}",
            ["4:37: targets[0].snmp.priv: encryption needs authentication: add 'auth' (RFC 3414 section 1.4.3)"],
        ),
        (
            "snmp: {version: 3, user: u, auth: {protocol: SHA, secret: plain:short}}",
            ["4:61: targets[0].snmp.auth.secret: the secret is shorter than 8 octets (RFC 3414 section 11.2)"],
        ),
        (
            "snmp: {version: 3, user: u}\ncontexts: [{vrf: a, community: env:VRF1}]",
            ["5:34: targets[0].contexts[0].community: belongs to versions 1 and 2c; with version 3 use 'context_name'"],
        ),
        (
            "snmp: {version: 3, user: u}\ncontexts: {community_template: '{vrf}'}",
            ["5:34: targets[0].contexts.community_template: belongs to versions 1 and 2c; version 3 needs none"],
        ),
        (
            "snmp: {version: 3, user: u}\ncontexts: [{vrf: a, context_name: c}, {vrf: b, context_name: c}]",
            ["5:41: targets[0].contexts[1]: polls the same context as item [0]"],
        ),
    ],
)  # fmt: skip
def test_wrong_targets(text, errors):
    """What is wrong with a target is said at its place, in words, and nothing else is said."""
    assert target_errors(text) == errors


def test_keys_that_are_values():
    """A secret that YAML took for a key is not shown."""
    assert target_errors("snmp: {version: 2c, community: , hunter2}") == [
        "4:23: targets[0].snmp.community: has no value",
        "4:36: targets[0].snmp: unknown key",
    ]
    assert target_errors("snmp: {version: 2c, community: env:COMMUNITY, 'hunter 2': x}") == [
        "4:49: targets[0].snmp: unknown key"
    ]


def test_names_of_modules():
    """Names that are no modules are refused where the names are known."""
    text = """\
        modules: {bpg: {enabled: true}, ike: {}}
        targets: [{name: a, address: b, snmp: {version: 2c, community: env:COMMUNITY}, modules: [ipsec, foo]}]
    """
    assert config_of(text)
    assert errors_of(text, known_modules={"ipsec", "ike", "bgp"}) == [
        "f.yaml:1:11: modules: no such module; did you mean 'bgp'?",
        "f.yaml:2:97: targets[0].modules[1]: no such module",
    ]
    assert errors_of("a", known_modules=["ike"]) == ["f.yaml:1:1: expected a mapping (key: value)"]
    assert errors_of("targets: [a, {modules: [[]]}]", known_modules=["ike"])[-1] == (
        "f.yaml:1:25: targets[1].modules[0]: expected the name of a module, at most 64 octets"
    )
    assert errors_of("modules: {1a: {}}\ntargets: a", known_modules=["ike"])[0] == (
        "f.yaml:1:11: modules: a key: expected the name of a module, at most 64 octets"
    )


def test_long_lists_of_errors_end():
    """Hundreds of mistakes are counted, not shown."""
    lines = errors_of("\n".join(f"key{n}: x" for n in range(SHOWN + 10)))
    assert len(lines) == SHOWN + 1
    assert lines[-1] == "… and 11 more"


def test_error_carries_its_problems():
    """Programs get each problem by its parts."""
    with pytest.raises(InvalidConfigError) as caught:
        parse("targets: []", source="f.yaml")
    assert caught.value.problems == (Problem(1, 10, "targets", "expected at least one item", "f.yaml"),)
    assert isinstance(caught.value, ConfigError)


def test_error_has_no_context():
    """The validator's own error, which holds what it has read, does not go along."""
    with pytest.raises(InvalidConfigError) as caught:
        config_of("targets: [{name: a, address: b, snmp: {version: 2c, community: env:COMMUNITY}, x: y}]")
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


def test_made_by_hand():
    """Code can make a configuration of its own, and the same rules hold."""
    target = TargetConfig(name="a", address="::1", snmp=CommunityConfig(version="2c", community=Secret(b"x")))
    assert Config(targets=[target]).targets == (target,)
    with pytest.raises(ValidationError, match="the same as in item"):
        Config(targets=[target, target])
    with pytest.raises(ValidationError, match="unknown key 'nam'") as caught:
        TargetConfig(nam="a", address="::1", snmp={"version": "2c", "community": "hunter2"})
    assert "hunter2" not in str(caught.value)
    usm = UsmConfig(version="3", user="u")
    assert TargetConfig(name="a", address="::1", snmp=usm, contexts=DiscoveryConfig()).snmp == usm


def warnings_of(text, **options):
    """Read a good configuration, and give its warnings without the file's name and the place."""
    return [str(warning).split(": ", 1)[1] for warning in config_of(text, **options).warnings]


def test_good_choices_are_not_warned_about():
    """Version 3 with SHA-256 and AES and secrets from elsewhere is as it should be."""
    assert (
        warnings_of("""
        targets:
          - name: a
            address: b
            snmp:
              version: 3
              user: u
              auth: {protocol: SHA-256, secret: env:AUTH}
              priv: {protocol: AES, secret: env:PRIV}
    """)
        == []
    )


def test_weak_choices():
    """Weak versions, protocols and secrets are warned about, each once per target."""
    assert warnings_of("""
        targets:
          - {name: a, address: b, snmp: {version: 1, community: plain:one}, contexts: [{vrf: a, community: plain:two}]}
          - {name: b, address: b, snmp: {version: 3, user: u}}
          - name: c
            address: b
            snmp:
              version: 3
              user: u
              auth: {protocol: MD5, secret: plain:hunter2hunter2}
              priv: {protocol: DES, secret: plain:hunter2hunter2}
          - {name: d, address: b, snmp: {version: 2c, community: env:VRF1},
             contexts: {community_template: "plain:x{vrf}"}}
    """) == [
        "targets[0].snmp.version: version 1 has no 64-bit counters and sends its community in clear; better version 3",
        "targets[0].snmp.community: a secret written in clear; better env:NAME or file:PATH",
        "targets[1].snmp: neither authenticated nor encrypted, so that anyone can answer; add 'auth' and 'priv'",
        "targets[2].snmp.auth.protocol: MD5 is weak; better SHA-256",
        "targets[2].snmp.auth.secret: a secret written in clear; better env:NAME or file:PATH",
        "targets[2].snmp.priv.protocol: DES is weak; better AES",
        "targets[3].snmp.version: version 2c sends its community in clear; better version 3",
        "targets[3].contexts.community_template: a secret written in clear; better env:NAME or file:PATH",
    ]


def test_secret_files_open_to_all(tmp_path):
    """A secret file that every user can read is warned about, by its path."""
    (tmp_path / "s").write_text("sesame")
    (tmp_path / "s").chmod(0o644)
    text = "targets: [{name: a, address: b, snmp: {version: 2c, community: file:s}}]"
    assert warnings_of(text, directory=tmp_path)[1] == (
        f"targets[0].snmp.community: every user can read {tmp_path}/s; better mode 0400"
    )


LATE = "a request that nobody answers takes as long as the interval: timeout x (retries + 1) should be less"


@pytest.mark.parametrize(
    ("text", "warnings"),
    [
        ("polling: {interval: 7s}", []),
        ("polling: {interval: 6s}", [f"polling: {LATE}"]),
        ("modules: {bgp: {interval: 6s}, ike: {interval: 7s}, ipsec: {}}", [f"modules.bgp.interval: {LATE}"]),
        ("x-a: &a {polling: {interval: 6s}}", [f"targets[0].polling: {LATE}"]),
        ("x-a: &a {polling: {timeout: 20s}}", [f"targets[0].polling: {LATE}"]),
        ("modules: {bgp: {interval: 8s}}\nx-a: &a {polling: {retries: 3}}", [f"targets[0].polling: {LATE}"]),
        ("x-a: &a {polling: {outstanding: 3}}", []),
    ],
)
def test_timing_that_cannot_work_out(text, warnings):
    """An interval shorter than it takes to give a dead target up is warned about where it was set."""
    merge = "<<: *a, " if "&a" in text else ""
    target = f"\ntargets: [{{{merge}name: a, address: b, snmp: {{version: 3, user: u, auth: *v}}}}]"
    shared = "x-v: &v {protocol: SHA, secret: env:AUTH}\n"
    assert warnings_of(shared + text + target) == warnings
