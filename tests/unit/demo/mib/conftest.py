"""The MIBs as others wrote them down."""

import csv

import pytest

NAMES = ("flow-monitor", "cisco-ipsec-mib", "ipsec-policy-map", "bgp4", "cisco-bgp4", "cisco-context-mapping")


@pytest.fixture(scope="session")
def objects(reference):
    """Name → description of every object of the MIBs that the hub shows and the reference describes."""
    found = {}
    for name in NAMES:
        with (reference / f"{name}-objects.tsv").open(encoding="utf-8") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                found[row["name"]] = row | {"arcs": tuple(map(int, row["oid"].split(".")))}
    return found
