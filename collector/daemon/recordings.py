"""A recording, taken through the daemon's own rooms: from varbinds to exposition, with no target and no clock."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from collector.interpret.plan import TableRead
from collector.interpret.recorded import sort_varbinds
from collector.interpret.snmp import Interpretation, interpret
from collector.model import Origin, PollCosts, Snapshot
from collector.store import Store
from collector.tables import Tables
from collector.wire.recording import Recording, read_recording
from exporters.api import tunnels_json
from exporters.prometheus import Format, exposition
from exporters.views import Views


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedRecording:
    """What a recording leads to."""

    recording: Recording
    strays: int
    """Varbinds that belong to no table that is polled."""
    errors: Mapping[str, int]
    """Values that could not be decoded by column, and rows by table."""
    views: Views

    def exposition(self) -> str:
        """Return what a scrape would see, but for the daemon's own metrics."""
        return b"".join(exposition(self.views.current, b"", Format.TEXT)).decode()

    def tunnels(self) -> list[dict[str, Any]]:
        """Return the tunnels as `/api/v1/tunnels` gives them."""
        tunnels: list[dict[str, Any]] = json.loads("".join(tunnels_json(self.views.current)))["tunnels"]
        return tunnels


def decode_recording(text: str, tables: Tables, *, target: str, vrf: str) -> DecodedRecording:
    """Decode a recording of a walk in one context.

    Raises: WireError naming the line that cannot be read.
    """
    recording = read_recording(text, tables.objects)
    found = sort_varbinds(recording.varbinds, tables.tables)
    store = Store()
    errors: Counter[str] = Counter()
    for module in tables.modules.values():
        # As when it is polled: tables of different modules that tell the same tunnel are not added up.
        reads = [read for read in found.reads if read.table in module.tables]
        if reads:
            interpretation = interpret(reads)
            errors.update(interpretation.errors)
            store.publish(
                _snapshot(Origin(target=target, vrf=vrf, source="snmp", module=module.name), reads, interpretation)
            )
    views = Views(store)
    for _ in views.refresh():
        pass
    return DecodedRecording(recording=recording, strays=found.strays, errors=errors, views=views)


def _snapshot(origin: Origin, reads: Sequence[TableRead], interpretation: Interpretation) -> Snapshot:
    varbinds = sum(len(row) for read in reads for row in read.rows.values())
    return Snapshot(
        origin=origin,
        taken_at=0.0,
        duration_seconds=0.0,
        entities=interpretation.entities,
        costs=PollCosts(varbinds=varbinds, decode_errors=interpretation.decode_errors),
    )
