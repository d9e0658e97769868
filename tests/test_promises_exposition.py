"""What the exposition promises: every field of the model is told or left out with a reason, and named by the rules."""

import dataclasses
import re
from collections import Counter
from pathlib import Path

import pytest

from collector.config.tunnels import RESERVED_TUNNEL_LABELS
from collector.model import ENTITIES
from collector.tables import load
from exporters import docs
from exporters.families import FAMILIES, LEFT_OUT

PREFIXES = ("ipsec_tunnel_", "ipsec_ike_", "ipsec_gateway_", "bgp_session_", "tunnelwatch_")
FIELDS = {f"{name}.{field.name}" for name, entity in ENTITIES.items() for field in dataclasses.fields(entity)}
CONFIGURED = {f"ipsec_{level}_{name}" for level in ("tunnel", "ike") for name in ("expected", "config_info")}
"""What the configuration says and no target."""
POLLED = [family for family in FAMILIES if not family.name.startswith("tunnelwatch_") and family.name not in CONFIGURED]
ROOT = Path(__file__).resolve().parents[1]


def test_every_field_of_the_model_is_told_or_left_out_with_a_reason():
    """And none is both."""
    told = set().union(*(family.covered for family in FAMILIES))
    assert sorted(FIELDS - told - LEFT_OUT.keys()) == []
    assert sorted(told & LEFT_OUT.keys()) == []
    assert sorted((told | LEFT_OUT.keys()) - FIELDS) == []
    assert all(LEFT_OUT.values())


def test_no_two_families_write_the_same_series():
    """Names are unique, in the text format and in OpenMetrics, whose families may not end like each other's samples."""
    names = Counter(family.name for family in FAMILIES)
    assert [name for name, times in names.items() if times > 1] == []
    bare = Counter(family.name.removesuffix("_total").removesuffix("_info") for family in FAMILIES)
    assert [name for name, times in bare.items() if times > 1] == []


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_names_follow_the_rules(family):
    """Prefixes, base units, `_total` and `_info`, label names: METRICS.md."""
    assert re.fullmatch(r"[a-z][a-z0-9_]*", family.name)
    assert family.name.startswith(PREFIXES)
    assert family.name.endswith("_total") == (family.type == "counter")
    assert family.name.endswith("_info") == (family.type == "info")
    assert not re.search(r"_(bits|octets|packets_per_minute|milliseconds|minutes|ms|kbytes|percent)(_|$)", family.name)
    labels = family.label_names
    assert len(labels) == len(set(labels))
    assert all(re.fullmatch(r"(?!__)[a-z][a-z0-9_]*", name) for name in labels)
    assert family.text
    assert not family.text.endswith(".")


@pytest.mark.parametrize("prefix", ["ipsec_tunnel_", "ipsec_ike_"])
def test_tunnel_series_carry_four_labels_and_no_others(prefix):
    """Everything that describes or churns is on infos; transitions are told apart by where they led to."""
    families = [family for family in FAMILIES if family.name.startswith(prefix)]
    assert {family.subject.label_names for family in families} == {("target", "vrf", "tunnel", "peer")}
    infos = [family.name.removeprefix(prefix) for family in families if family.labels]
    assert infos == ["config_info", "last_end_info", "info"]
    assert [family.name for family in families if family.by] == [f"{prefix}transitions_total"]


def test_the_configuration_may_add_labels_to_one_info_of_a_tunnel_only():
    """And none that is there already; the configuration refuses those that any info of tunnels has."""
    families = [family for family in FAMILIES if family.further_labels]
    assert {family.name for family in families} == {
        "ipsec_tunnel_config_info",
        "ipsec_ike_config_info",
        "tunnelwatch_target_info",
    }
    of_tunnels = [family for family in FAMILIES if family.subject.name in {"tunnel", "ike"}]
    assert {name for family in of_tunnels for name in family.label_names} - {"to", "reason"} <= RESERVED_TUNNEL_LABELS


@pytest.mark.parametrize("family", POLLED, ids=lambda family: family.name)
def test_help_says_which_object_and_that_it_is_polled(family):
    """The HELP of what is polled names its MIB objects, and tables/*.yaml know them all."""
    assert family.help.endswith("; polled).")
    tables = load().tables
    objects = set(tables) | {column.name for table in tables.values() for column in table.columns}
    assert family.sources
    assert set(family.sources) - objects == set()


def columns_by_field():
    fields = {}
    for table in load().tables.values():
        for column in (*table.columns, *table.index):
            if column.field:
                fields.setdefault(f"{table.entity.__name__}.{column.field}", set()).add(column.name)
    return fields


@pytest.mark.parametrize(
    "family", [family for family in POLLED if family.type != "info"], ids=lambda family: family.name
)
def test_help_names_columns_that_fill_its_field(family):
    """A family that tells one field names only columns that fill it, or whole tables."""
    filled = columns_by_field()
    told = family.subject.covered_by(family.path or family.parts[0].path)
    columns = set().union(*(filled.get(field, set()) for field in told))
    if columns:
        assert set(family.sources) - columns - load().tables.keys() == set()


def test_the_documentation_is_not_stale():
    """docs/metrics.md is what `python -m exporters.docs` writes."""
    assert (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8") == docs.document()
