"""Writes docs/metrics.md: `python -m exporters.docs`."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from prometheus_client.core import Metric

from collector.ledger.folding import Folded
from exporters.families import FAMILIES, LEFT_OUT, Family
from exporters.own import OwnMetrics

_INTRODUCTION = """\
# Metrics

Generated from `exporters/families` by `python -m exporters.docs`; do not edit. The text format is shown; in OpenMetrics
counters and infos are named without `_total` and `_info` in their metadata, and their samples are the same.

- Series about tunnels carry `target`, `vrf`, `tunnel` and `peer`. Join the `_info` families for all else:
  `ipsec_tunnel_up * on (target, vrf, tunnel, peer) group_left (crypto_map) ipsec_tunnel_info`.
- `ipsec_tunnel_config_info` and `ipsec_ike_config_info` do not change when SAs do, and are there while none lives: join
  them in alerts.
- The default VRF is `vrf="global"`. "Receive" and "transmit" are from the target's point of view.
- Tunnels stay when their SAs go, until they are forgotten: `ipsec_tunnel_up` is 1 or 0 as of the latest poll, and
  absent while the target does not answer. Counters of tunnels are accounts over all their sessions: they go on where an
  SA ends and another one begins, and over restarts of the target and of the daemon.
- A sample is absent where the target did not tell the fact, or did not answer at the latest poll.
- Counters beyond 2^53 wrap there: floats, which is what Prometheus keeps, count no further in ones.
- An empty label is left out. Values of enumerations are the MIB's own words; those that it does not list are
  `unknown(N)`.
"""

_CHAPTERS = (
    ("Tunnels: CHILD SAs", "ipsec_tunnel_"),
    ("Tunnels: IKE SAs", "ipsec_ike_"),
    ("Gateways", "ipsec_gateway_"),
    ("Routing sessions", "bgp_session_"),
    ("The daemon", "tunnelwatch_"),
)


_LEDGER = {
    "written": (("session", 0),),
    **dict.fromkeys(
        (
            "queued",
            "dropped",
            "queued_events",
            "dropped_events",
            "transactions",
            "failed_writes",
            "failed_chores",
            "seconds",
        ),
        0,
    ),
    "failing": False,
    "last_write_at": 0.0,
    "folded": Folded(),
}
"""The keys of a ledger's writer, so that its metrics are told with their labels."""


def document() -> str:
    """Write the document."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield _INTRODUCTION
    for title, prefix in _CHAPTERS:
        yield from _table(title, [_row(family) for family in FAMILIES if family.name.startswith(prefix)])
    own = OwnMetrics(version="", datagrams=lambda: {"sent": 0}, ledger=lambda: _LEDGER)
    yield from _table("The daemon's process", [_own_row(metric) for metric in own.describe()])
    yield "## Left out\n\nFields that are read, and that no series tells.\n\n| Of | Fields | Why |\n|---|---|---|"
    fields: dict[tuple[str, str], list[str]] = {}
    for name, reason in LEFT_OUT.items():
        entity, _, field = name.partition(".")
        fields.setdefault((entity, reason), []).append(field)
    yield from (f"| {entity} | {_code(names)} | {reason} |" for (entity, reason), names in fields.items())


def _table(title: str, rows: list[str]) -> Iterator[str]:
    yield f"## {title}\n\n| Name | Type | Labels | |\n|---|---|---|---|"
    yield from rows
    yield ""


def _row(family: Family) -> str:
    further = ", and those of the configuration" if family.further_labels else ""
    return f"| `{family.name}` | {family.type} | {_code(family.label_names)}{further} | {family.help} |"


def _own_row(metric: Metric) -> str:
    suffix = {"counter": "_total", "info": "_info"}.get(metric.type, "")
    labels = sorted({name for sample in metric.samples for name in sample.labels} - {"le"})
    return f"| `{metric.name}{suffix}` | {metric.type} | {_code(labels)} | {metric.documentation.removesuffix('.')}. |"


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def main(directory: Path = Path("docs")) -> None:
    """Write the file."""
    (directory / "metrics.md").write_text(document(), encoding="utf-8")


if __name__ == "__main__":
    main()
