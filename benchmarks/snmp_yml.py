"""What snmp_exporter is told about the table: a `snmp.yml` as its generator makes it, format of its release 0.21."""

from benchmarks.processes import COMMUNITY, SECRET, USER

TABLE = "1.3.6.1.4.1.9.9.171.1.3.2"
REPETITIONS = (25, 50)
"""max_repetitions that it is measured with: its default, and twice that."""

FIRST_COLUMN = 2
COLUMNS = """
IkeTunnelIndex IkeTunnelAlive LocalAddr RemoteAddr KeyType EncapMode LifeSize LifeTime ActiveTime
SaLifeSizeThreshold SaLifeTimeThreshold TotalRefreshes ExpiredSaInstances CurrentSaInstances InSaDiffHellmanGrp
InSaEncryptAlgo InSaAhAuthAlgo InSaEspAuthAlgo InSaDecompAlgo OutSaDiffHellmanGrp OutSaEncryptAlgo
OutSaAhAuthAlgo OutSaEspAuthAlgo OutSaCompAlgo InOctets HcInOctets InOctWraps InDecompOctets HcInDecompOctets
InDecompOctWraps InPkts InDropPkts InReplayDropPkts InAuths InAuthFails InDecrypts InDecryptFails OutOctets
HcOutOctets OutOctWraps OutUncompOctets HcOutUncompOctets OutUncompOctWraps OutPkts OutDropPkts OutAuths
OutAuthFails OutEncrypts OutEncryptFails Status
"""
"""Columns 2 to 51 of cipSecTunnelTable, without their prefix cipSecTun."""
OCTET_STRINGS = {4, 5}
COUNTERS = {13, 14, *range(26, 51)}


def snmp_yml() -> str:
    """Modules `v2c_25` and `v2c_50`, and for the SNMPv3 context vrf-1 `v3_25` and `v3_50`."""
    v2c = f"  version: 2\n  auth: {{community: {COMMUNITY}}}\n"
    v3 = (
        f"  version: 3\n  auth: {{username: {USER}, security_level: authPriv, password: {SECRET},"
        f" auth_protocol: SHA256, priv_protocol: AES, priv_password: {SECRET}, context_name: vrf-1}}\n"
    )
    modules = [_module(f"v2c_{count}", count, v2c) + _module(f"v3_{count}", count, v3) for count in REPETITIONS]
    return "".join(modules)


def _module(name: str, repetitions: int, version: str) -> str:
    metrics = "".join(_metric(number, column) for number, column in enumerate(COLUMNS.split(), FIRST_COLUMN))
    return (
        f"{name}:\n  walk: [{TABLE}]\n  max_repetitions: {repetitions}\n  retries: 3\n  timeout: 30s\n"
        f"{version}  metrics:\n{metrics}"
    )


def _metric(number: int, column: str) -> str:
    kind = "OctetString" if number in OCTET_STRINGS else "counter" if number in COUNTERS else "gauge"
    name, oid = f"cipSecTun{column}", f"{TABLE}.1.{number}"
    return (
        f"  - name: {name}\n    oid: {oid}\n    type: {kind}\n    help: {name} - {oid}\n"
        "    indexes:\n    - labelname: cipSecTunIndex\n      type: gauge\n"
    )
