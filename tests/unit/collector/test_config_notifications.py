"""What a configuration says of notifications, and what is said about one that is wrong."""

from textwrap import dedent

import pytest

from collector.config import InvalidConfigError, ListenAddress, parse, trap_communities, trap_users
from collector.config.files import ReadableFile

ENVIRONMENT = {"COMMUNITY": "sesame-one", "RED": "sesame-red", "AUTH": "sesame-auth", "PRIV": "sesame-priv"}
TARGETS = """
targets:
- name: hub1
  address: 192.0.2.1
  snmp: {version: 2c, community: env:COMMUNITY}
  contexts: [{vrf: global}, {vrf: red, community: env:RED}]
  notifications: {addresses: [192.0.2.254, "2001:DB8::1"], hostnames: [hub1.example.net]}
- {name: hub2, address: 192.0.2.2, snmp: {version: 3, user: monitor, auth: {protocol: SHA, secret: env:AUTH}}}
- name: hub3
  address: 192.0.2.3
  snmp: {version: 2c, community: env:COMMUNITY}
  contexts: {community_template: "{vrf}"}
"""


def config_of(text, targets=TARGETS, directory=None):
    options = {"directory": directory} if directory else {}
    return parse(dedent(text) + targets, source="f.yaml", environment=ENVIRONMENT, **options)


def problems_of(text, **options):
    with pytest.raises(InvalidConfigError) as caught:
        config_of(text, **options)
    lines = [f"{problem.path}: {problem.text}" for problem in caught.value.problems]
    assert "sesame" not in str(caught.value)
    return [line.removeprefix("notifications.") for line in lines]


@pytest.fixture
def pem(tmp_path):
    for name, mode in (("cert.pem", 0o644), ("key.pem", 0o600), ("open.pem", 0o644), ("ca.pem", 0o644)):
        (tmp_path / name).write_text("PEM")
        (tmp_path / name).chmod(mode)
    return tmp_path


def test_traps():
    """Every key arrives, an address alone as a listener without VRF."""
    traps = config_of("""
        notifications:
          traps:
            listen: ["0.0.0.0:162", {address: "[0::0]:2001", vrf: vrf1}]
            communities: [{community: env:COMMUNITY}, {community: env:RED, vrf: red}]
            users:
            - {user: trapper, auth: {protocol: SHA-256, secret: env:AUTH}, priv: {protocol: AES, secret: env:PRIV}}
            - {user: trapper, version: 3, engine_id: "80000009aa"}
            engine_id: 80001f8801
            receive_buffer: 65536
    """).notifications.traps
    assert [(each.address, each.vrf) for each in traps.listen] == [
        (ListenAddress("0.0.0.0", 162), None),
        (ListenAddress("::", 2001), "vrf1"),
    ]
    assert [(each.community.reveal(), each.vrf) for each in traps.communities] == [
        (b"sesame-one", None),
        (b"sesame-red", "red"),
    ]
    assert [(each.user, each.engine_id) for each in traps.users] == [
        ("trapper", None),
        ("trapper", b"\x80\x00\x00\x09\xaa"),
    ]
    assert (traps.engine_id, traps.receive_buffer) == (bytes.fromhex("80001f8801"), 65536)


def test_syslog(pem):
    """Files lie beside the configuration; relays are addresses in their canonical form."""
    syslog = config_of(
        """
        notifications:
          syslog:
            listen:
            - {protocol: udp, address: "0.0.0.0:514", vrf: red}
            - {protocol: tcp, address: "127.0.0.1:1514", connections: 7}
            - {protocol: tls, address: "0.0.0.0:6514", certificate: cert.pem, key: key.pem, client_ca: ca.pem}
            relays: [192.0.2.9, "2001:DB8:0::1", "::ffff:192.0.2.10"]
        """,
        directory=pem,
    ).notifications.syslog
    assert [(each.protocol, each.vrf, each.connections) for each in syslog.listen] == [
        ("udp", "red", 500),
        ("tcp", None, 7),
        ("tls", None, 500),
    ]
    assert [str(file) for file in (syslog.listen[2].certificate, syslog.listen[2].key, syslog.listen[2].client_ca)] == [
        str(pem / name) for name in ("cert.pem", "key.pem", "ca.pem")
    ]
    assert syslog.relays == ("192.0.2.9", "2001:db8::1", "192.0.2.10")


def test_nothing_is_listened_for_by_default():
    """Without the section, no port is open."""
    notifications = config_of("").notifications
    assert (notifications.traps.listen, notifications.syslog.listen) == ((), ())


def test_targets():
    """A target may send from other addresses, and have other names."""
    hub1, hub2, _ = config_of("").targets
    assert hub1.notifications.addresses == ("192.0.2.254", "2001:db8::1")
    assert hub1.notifications.hostnames == ("hub1.example.net",)
    assert hub2.notifications.addresses == ()


@pytest.mark.parametrize(
    ("traps", "problem"),
    [
        (
            "listen: ['localhost:162']",
            "listen[0]: expected address:port, such as 0.0.0.0:162, [::]:162 or 192.0.2.9:162",
        ),
        (
            "listen: [{address: '::162'}]",
            "listen[0].address: expected address:port, such as 0.0.0.0:162, [::]:162 or 192.0.2.9:162",
        ),
        ("listen: [{adress: '0.0.0.0:162'}]", "listen[0]: unknown key 'adress'; did you mean 'address'?"),
        ("listen: 0.0.0.0:162", "listen: expected a list"),
        ("listen: ['0.0.0.0:162', '0.0.0.0:162']", "listen[1].address: the same as that of traps.listen[0]"),
        ("communities: [{community: public}]", "communities[0].community: expected env:NAME or file:PATH"),
        (
            "communities: [{community: env:RED}, {community: env:RED, vrf: a}]",
            "communities[1].community: the same as in item [0]",
        ),
        ("users: [{user: a}, {user: b}, {user: a}]", "users[2].user: the same as in item [0]"),
        ("users: [{user: a, community: env:RED}]", "users[0]: 'community' belongs under 'communities'"),
        ("users: [{user: a, version: 2c}]", "users[0].version: expected 3"),
        (
            "users: [{user: a, priv: {protocol: AES, secret: env:PRIV}}]",
            "users[0].priv: encryption needs authentication: add 'auth' (RFC 3414 section 1.4.3)",
        ),
        ("engine_id: 80", "engine_id: expected 5 to 32 octets in hexadecimal, such as 80000009030050568a1b2c"),
        ("receive_buffer: 1", "receive_buffer: expected a whole number from 4096 to 1073741824"),
    ],
)
def test_bad_traps(traps, problem):
    """What is wrong is named by its path, and secrets are not shown."""
    (line,) = problems_of(f"notifications: {{traps: {{{traps}}}}}")
    assert line.startswith(f"traps.{problem}")


@pytest.mark.parametrize(
    ("listener", "problem"),
    [
        ("protocol: quic", ".protocol: expected udp, tcp or tls"),
        ("protocol: udp, connections: 5", ".connections: belongs to protocols tcp and tls"),
        ("protocol: tcp, key: key.pem", ".key: belongs to protocol tls"),
        ("protocol: tls, certificate: cert.pem", ": missing key 'key', which protocol tls needs"),
        ("protocol: tls, certificate: none.pem, key: key.pem", ".certificate: {}/none.pem: No such file or directory"),
        ("protocol: tls, certificate: ., key: key.pem", ".certificate: {}: not a regular file"),
        ("protocol: tls, certificate: [], key: key.pem", ".certificate: expected the path of our certificate"),
    ],
)
def test_bad_syslog_listener(listener, problem, pem):
    """What does not fit the protocol is refused, and files are looked for at once."""
    text = f"notifications: {{syslog: {{listen: [{{{listener}, address: '0.0.0.0:514'}}]}}}}"
    (line,) = problems_of(text, directory=pem)
    assert line.startswith("syslog.listen[0]" + problem.format(pem))


def test_ports_are_shared_by_nobody():
    """UDP ports of traps and syslog, and TCP ports among themselves, must differ; port 0 may be written often."""
    text = """
        notifications:
          traps: {{listen: ["0.0.0.0:{0}", "[::]:{0}"]}}
          syslog:
            listen:
            - {{protocol: udp, address: "0.0.0.0:{0}"}}
            - {{protocol: tcp, address: "0.0.0.0:{0}"}}
            - {{protocol: tcp, address: "0.0.0.0:{0}"}}
    """
    assert problems_of(text.format(514)) == [
        "syslog.listen[0].address: the same as that of traps.listen[0]",
        "syslog.listen[2].address: the same as that of syslog.listen[1]",
    ]
    assert len(config_of(text.format(0)).notifications.syslog.listen) == 3


def test_relays_and_targets_are_addresses():
    """A relay's or a target's further address is no name, and a hostname has no blanks."""
    assert problems_of("notifications: {syslog: {relays: [relay]}}") == [
        "syslog.relays[0]: expected an IPv4 or IPv6 address"
    ]
    bad = "\n- {name: a, address: a, snmp: {version: 3, user: x}, notifications: {addresses: [b], hostnames: ['c d']}}"
    assert problems_of("", targets="targets:" + bad) == [
        "targets[0].notifications.addresses[0]: expected an IPv4 or IPv6 address",
        "targets[0].notifications.hostnames[0]: expected a hostname as syslog messages give it, at most 255 octets",
    ]


def test_those_of_targets_by_default():
    """Without lists, the communities and users count that targets are polled with, each once."""
    config = config_of("")
    assert [(each.community.reveal(), each.vrf) for each in trap_communities(config)] == [
        (b"sesame-one", None),
        (b"sesame-red", None),
    ]
    assert [(each.user, each.auth.secret.reveal(), each.engine_id) for each in trap_users(config)] == [
        ("monitor", b"sesame-auth", None)
    ]


def test_listed_ones_only():
    """With lists, be they empty, nothing else counts."""
    config = config_of("notifications: {traps: {communities: [], users: [{user: trapper}]}}")
    assert trap_communities(config) == ()
    assert [each.user for each in trap_users(config)] == ["trapper"]


def test_one_user_with_two_secrets():
    """Where targets' users are to send traps, two with one name are refused: a message does not say which one it is."""
    targets = TARGETS + "- {name: d, address: d, snmp: {version: 3, user: monitor}}\n"
    assert problems_of("notifications: {traps: {listen: ['0.0.0.0:162']}}", targets=targets) == [
        "targets[3].snmp.user: the user of targets[1], with other credentials: write notifications.traps.users"
    ]
    assert len(config_of("", targets=targets).targets) == 4
    assert config_of("notifications: {traps: {listen: ['0.0.0.0:162'], users: []}}", targets=targets)


def test_weak_choices(pem):
    """Communities, MD5, DES, no authentication, open secrets and an open key are warned about, each at its place."""
    config = config_of(
        """
        notifications:
          traps:
            listen: ["0.0.0.0:162"]
            communities: [{community: plain:sesame}]
            users:
            - {user: a, auth: {protocol: MD5, secret: "plain:sesame-x"}, priv: {protocol: DES, secret: env:PRIV}}
            - {user: b}
          syslog: {listen: [{protocol: tls, address: "0.0.0.0:6514", certificate: cert.pem, key: open.pem}]}
        """,
        directory=pem,
    )
    lines = [f"{each.path.removeprefix('notifications.')}: {each.text}" for each in config.warnings]
    assert [line for line in lines if not line.startswith("targets")] == [
        "traps.communities: communities go in clear, so that whoever hears one can forge notifications; better 'users'",
        "traps.communities[0].community: a secret written in clear; better env:NAME or file:PATH",
        "traps.users[0].auth.protocol: MD5 is weak; better SHA-256",
        "traps.users[0].auth.secret: a secret written in clear; better env:NAME or file:PATH",
        "traps.users[0].priv.protocol: DES is weak; better AES",
        "traps.users[1]: not authenticated, so that anyone can forge notifications; add 'auth', 'priv'",
        f"syslog.listen[0].key: every user can read {pem}/open.pem; better mode 0400",
    ]


def test_a_file_without_a_configuration(pem, monkeypatch):
    """A path starts where the process is; a file that was found is taken as it is."""
    monkeypatch.chdir(pem)
    found = ReadableFile("a certificate").parse("cert.pem")
    assert (str(found), found.readable_by_all) == ("cert.pem", True)
    assert ReadableFile("a certificate").parse(found) is found
