#!/bin/sh
# Installs the real peers that tests/integration talks to (Debian and its kin, as root); elsewhere says what to install.
# Services are kept from starting: the tests start what they need on loopback, and end it.
set -eu

PEERS="ca-certificates gcc libc6-dev libsnmp-dev postgresql prometheus prometheus-snmp-exporter python3-venv smitools snmp snmpd systemd"

missing=""
for package in $PEERS; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" -ne 0 ]; then
    echo "peers for tests/integration are missing, their tests will be skipped; as root: apt-get install$missing" >&2
    exit 0
fi

guard=/usr/sbin/policy-rc.d
if [ ! -e "$guard" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$guard"
    chmod 755 "$guard"
    trap 'rm -f "$guard"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086  # a list of package names
apt-get install -qq -y --no-install-recommends $missing >/dev/null
