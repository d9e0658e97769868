"""What the daemon sees, as JSON: `/api/v1/tunnels` and `/api/v1/targets`, in pieces that take a millisecond or so.

Names are those of the model and units its base units; what is unknown is `null`. What the target tells of an SA is
there while one lives; `account` is what all sessions of the tunnel carried together. Names are added, never changed,
within `v1`.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from collector.store import ContextKey, PollRecord
from collector.tunnels import TrackedTunnel
from exporters.families.tunnel import IKE, TUNNEL
from exporters.views import View

ROWS_PER_PIECE = 100


def tunnels_json(views: Iterable[View]) -> Iterator[str]:
    """Write `{"tunnels": […], "ike_tunnels": […]}`, a CHILD SA level tunnel or an IKE tunnel an object each."""
    held = tuple(views)
    yield '{"tunnels":['
    yield from _pieces(_child(view.key, row) for view in held for row in view.rows(TUNNEL))
    yield '],"ike_tunnels":['
    yield from _pieces(_ike(view.key, row) for view in held for row in view.rows(IKE))
    yield "]}\n"


def targets_json(contexts: dict[ContextKey, tuple[PollRecord, ...]]) -> Iterator[str]:
    """Write `{"targets": […]}`: an object per target, with its contexts and the latest poll of each module."""
    targets: dict[str, list[ContextKey]] = {}
    for key in sorted(contexts):
        targets.setdefault(key.target, []).append(key)
    yield '{"targets":['
    yield from _pieces(
        {
            "target": target,
            "contexts": [{"vrf": key.vrf, "polls": [_poll(record) for record in contexts[key]]} for key in keys],
        }
        for target, keys in targets.items()
    )
    yield "]}\n"


def _pieces(objects: Iterable[dict[str, Any]]) -> Iterator[str]:
    remaining = iter(objects)
    separator = ""
    while piece := list(islice(remaining, ROWS_PER_PIECE)):
        yield separator + ",".join(map(json.dumps, piece))
        separator = ","


def _known(key: ContextKey, row: TrackedTunnel) -> dict[str, Any]:
    """Write what all tunnels have, live or not."""
    return {
        "target": key.target,
        "vrf": key.vrf,
        "tunnel": row.name,
        "peer": row.peer,
        "up": row.up,
        "state": row.state,
        "state_since": row.state_since,
        "expected": row.expectation,
        "configured": row.configured,
        "description": row.description,
        "labels": dict(row.labels),
        "established_at": row.established_at,
        "sessions": row.sessions,
        "last_end_at": row.last_end_at,
        "last_end_reason": row.last_end_reason,
        "rows": row.rows,
        "account": row.account._asdict(),
    }


def _child(key: ContextKey, row: TrackedTunnel) -> dict[str, Any]:
    seen: Any = row.seen
    sa, identity = seen.sa, row.identity
    return {
        **_known(key, row),
        "ike_tunnel": seen.ike_tunnel,
        "local_address": identity.local,
        "remote_address": identity.remote,
        "selectors": identity.selectors,
        "status": sa.status,
        "encryption": sa.transmit_encryption,
        "crypto_map": seen.policy.crypto_map,
        "active_seconds": sa.active_seconds,
        "lifetime_seconds": sa.lifetime_seconds,
        "rekeys": sa.refreshes,
        "receive_bytes": sa.receive_bytes,
        "receive_packets": sa.receive_packets,
        "receive_dropped_packets": sa.receive_dropped_packets,
        "transmit_bytes": sa.transmit_bytes,
        "transmit_packets": sa.transmit_packets,
        "transmit_dropped_packets": sa.transmit_dropped_packets,
    }


def _ike(key: ContextKey, row: TrackedTunnel) -> dict[str, Any]:
    sa: Any = row.seen.sa
    return {
        **_known(key, row),
        "local_address": row.identity.local,
        "local_identity": sa.local_identity,
        "remote_address": row.identity.remote,
        "remote_identity": sa.remote_identity,
        "status": sa.status,
        "protocol": sa.protocol,
        "authentication": sa.authentication,
        "encryption": sa.encryption,
        "active_seconds": sa.active_seconds,
        "lifetime_seconds": sa.lifetime_seconds,
        "receive_bytes": sa.receive_bytes,
        "receive_packets": sa.receive_packets,
        "transmit_bytes": sa.transmit_bytes,
        "transmit_packets": sa.transmit_packets,
    }


def _poll(record: PollRecord) -> dict[str, Any]:
    snapshot = record.snapshot
    return {
        "source": snapshot.origin.source,
        "module": snapshot.origin.module,
        "success": record.success,
        "error": snapshot.error,
        "taken_at": snapshot.taken_at,
        "duration_seconds": snapshot.duration_seconds,
        "last_success_at": record.last_success_at,
        "polls": record.polls,
        "failures": record.failures,
        "missing": snapshot.missing,
    }
