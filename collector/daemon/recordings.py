"""A recording, taken through the daemon's own rooms: from varbinds to exposition, as after a first poll."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from collector.daemon.tracking import TrackedContext, plan_of
from collector.interpret.plan import TableRead
from collector.interpret.recorded import sort_varbinds
from collector.interpret.snmp import Interpretation, interpret
from collector.model import IkeSa, Origin, PollCosts, Snapshot
from collector.store import Store
from collector.tables import Tables
from collector.tunnels import Rules, begin, observe
from collector.tunnels.track_state import SYSTEM
from collector.wire.recording import Recording, read_recording
from exporters.api import tunnels_json
from exporters.prometheus import Format, exposition
from exporters.views import Views

RECORDED_AT = 1_000_000_000.0
"""When a recording was made, where nobody says: Unix time."""


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


def decode_recording(
    text: str, tables: Tables, *, target: str, vrf: str, taken_at: float = RECORDED_AT
) -> DecodedRecording:
    """Decode a recording of a walk in one context, made at `taken_at`, Unix time.

    Raises: WireError naming the line that cannot be read.
    """
    recording = read_recording(text, tables.objects)
    found = sort_varbinds(recording.varbinds, tables.tables)
    snapshots: list[Snapshot] = []
    errors: Counter[str] = Counter()
    for module in tables.modules.values():
        # As when it is polled: tables of different modules that tell the same tunnel are not added up.
        reads = [read for read in found.reads if read.table in module.tables]
        if reads:
            interpretation = interpret(reads)
            errors.update(interpretation.errors)
            origin = Origin(target=target, vrf=vrf, source="snmp", module=module.name)
            snapshots.append(_snapshot(origin, taken_at, reads, interpretation))
    views = _views(snapshots, tables, target)
    return DecodedRecording(recording=recording, strays=found.strays, errors=errors, views=views)


def _views(snapshots: Sequence[Snapshot], tables: Tables, target: str) -> Views:
    """Return what a scrape would see after these polls, as the daemon's first."""
    # What a row lacks in a recording it will not tell later.
    store, plan = Store(), plan_of(tables, Rules(), vague_seconds=0.0)
    state = begin(target, (), plan, 0.0)
    for snapshot in sorted(snapshots, key=_told_before):
        store.publish(snapshot)
        state = observe(state, snapshot, snapshot.taken_at, plan).state
    views = Views(store, lambda key: TrackedContext(state, key.vrf, plan))
    for _ in views.refresh():
        pass
    return views


def _told_before(snapshot: Snapshot) -> int:
    """Order what others go by before them: the clock before histories, IKE SAs before the CHILD SAs that they made."""
    origin = snapshot.origin
    if (origin.source, origin.module) == SYSTEM:
        return 0
    kinds = set(map(type, snapshot.entities))
    return 1 if IkeSa in kinds else 2


def _snapshot(origin: Origin, taken_at: float, reads: Sequence[TableRead], interpretation: Interpretation) -> Snapshot:
    varbinds = sum(len(row) for read in reads for row in read.rows.values())
    return Snapshot(
        origin=origin,
        taken_at=taken_at,
        duration_seconds=0.0,
        entities=interpretation.entities,
        costs=PollCosts(varbinds=varbinds, decode_errors=interpretation.decode_errors),
    )
