"""All benchmarks, one table: `python -m benchmarks [--quick] [--json FILE]`."""

from benchmarks import (
    exporter_compare,
    exposition,
    fleet,
    latency,
    ledger,
    poll,
    trap_codec,
    traps,
    tunnels,
    wire_codec,
)
from benchmarks.reporting import main

ALL = (
    wire_codec.measure,
    trap_codec.measure,
    traps.measure,
    poll.measure,
    exporter_compare.measure,
    latency.measure,
    fleet.measure,
    exposition.measure,
    tunnels.measure,
    ledger.measure,
)

if __name__ == "__main__":
    main(*ALL)
