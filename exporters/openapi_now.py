"""What /api/v1/tunnels and /api/v1/targets answer, as JSON Schema: keys as `api` writes them, types as in the model.

A test holds it against real answers: a key that `api` writes and that is not here fails.
"""

import dataclasses
from typing import Any

from collector.model import COUNTED, ChildSa, IkeSa, Level
from collector.model.base import Entity

_TYPES = {"int": "integer", "float": "number", "str": "string", "bool": "boolean"}
_NAMES = {name: {"type": "string"} for name in ("target", "vrf", "tunnel", "peer")}
_TIME = {"type": ["number", "null"]}
_UP = {"type": ["boolean", "null"], "description": "Whether an SA lives; null while that is unknown."}
_ROWS = {"type": "integer", "description": "How many SAs it is made of now."}
_SEEN_BY_CHILD = (
    *("local_address", "remote_address", "status", "active_seconds", "lifetime_seconds"),
    *("receive_bytes", "receive_packets", "receive_dropped_packets"),
    *("transmit_bytes", "transmit_packets", "transmit_dropped_packets"),
)
_SEEN_BY_IKE = (
    *("local_address", "local_identity", "remote_address", "remote_identity", "status", "protocol"),
    *("authentication", "encryption", "active_seconds", "lifetime_seconds"),
    *("receive_bytes", "receive_packets", "transmit_bytes", "transmit_packets"),
)


def _seen(entity: type[Entity], names: tuple[str, ...]) -> dict[str, Any]:
    """Describe fields of an entity: each is null where the target does not tell."""
    types = {field.name: str(field.type).partition(" ")[0] for field in dataclasses.fields(entity)}
    return {name: {"type": [_TYPES[types[name]], "null"]} for name in names}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


def _list_of(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": _object(properties)}


def _known(level: Level) -> dict[str, Any]:
    counters = {name: {"type": ["integer", "null"]} for name in COUNTED[level]}
    return {
        **_NAMES,
        "up": _UP,
        "state": {"type": "string", "enum": ["up", "down", "idle", "unknown"]},
        "state_since": _TIME | {"description": "When the state last changed for certain."},
        "expected": {"type": "string", "enum": ["always", "on-demand", "no"]},
        "configured": {"type": "boolean", "description": "Whether the configuration names it; else it was learned."},
        "description": {"type": "string"},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "established_at": _TIME | {"description": "When the newest live SA began."},
        "sessions": {"type": "integer", "description": "Sessions that began, the live ones included."},
        "last_end_at": _TIME,
        "last_end_reason": {"type": ["string", "null"]},
        "rows": _ROWS,
        "account": _object(counters) | {"description": "Monotonic counters over all sessions; null while unknown."},
    }


CHILD = {
    **_known("child"),
    "ike_tunnel": {"type": ["string", "null"], "description": "Name of the IKE tunnel that made it."},
    "selectors": {"type": "array", "items": {"type": "string"}, "description": "Pairs of traffic selectors."},
    "encryption": {"type": ["string", "null"]},
    "crypto_map": {"type": ["string", "null"]},
    "rekeys": {"type": ["integer", "null"]},
    **_seen(ChildSa, _SEEN_BY_CHILD),
}
IKE = {**_known("ike"), **_seen(IkeSa, _SEEN_BY_IKE)}
POLL = {
    "source": {"type": "string"},
    "module": {"type": "string"},
    "success": {"type": "boolean"},
    "error": {"type": ["string", "null"]},
    "taken_at": {"type": "number"},
    "duration_seconds": {"type": "number"},
    "last_success_at": {"type": ["number", "null"]},
    "polls": {"type": "integer"},
    "failures": {"type": "integer"},
    "missing": {"type": "array", "items": {"type": "string"}, "description": "Tables that the target does not have."},
}
TUNNELS = _object({"tunnels": _list_of(CHILD), "ike_tunnels": _list_of(IKE)})
TARGETS = _object(
    {
        "targets": _list_of(
            {"target": {"type": "string"}, "contexts": _list_of({"vrf": {"type": "string"}, "polls": _list_of(POLL)})}
        )
    }
)
