"""Devices and watches of all sorts: what the field was seen to do, mixed."""

from tests.property.device.profile import Profile, Watching

ALMOST_WRAPPED = 2**32 / 100 - 1800
DEVICES = {
    "vrfs": [("global",), ("global", "blue")],
    "peers": [1, 2, 3],
    "children": [1, 2],
    "life": [100.0, 400.0, 2000.0],
    "short": [0.0, 0.2, 0.5],
    "overlap": [0.0, 0.2, 0.5],
    "at_once": [0.2, 0.5],
    "reachable": [600.0, 1500.0, 1e6],
    "octets_per_second": [1e3, 1e6, 1.5e7],
    "live_bits": [64, 64, 32],
    "closed_bits": [64, 64, 32],
    "resets": [0.0, 0.0, 0.0, 0.3],
    "zero_at_rekey": [False, False, False, True],
    "active_time": [True, True, True, False],
    "old": [0.0, 0.0, 86_400.0, 260 * 86_400.0],
    "history": [True, True, True, True, False],
    "history_rows": [6, 20, 200],
    "first_closed_index": [1, 500, (1 << 31) - 15],
    "checkpoints": [0, 0, 3],
    "endpoints": [True, True, True, False],
    "failures": [0.0, 0.0, 60.0],
    "failure_rows": [6, 50],
    "failure_times": [True, True, False],
    "failure_addresses": [True, False],
    "first_index": [1, 25, 2**31 - 60],
    "strange_ike_index": [0.0, 0.5],
    "ike_never_alive": [False, True],
    "ike_rows": [True, True, True, True, False],
    "uptime": [2e4, 1e6, ALMOST_WRAPPED, 5e7],
    "engine": [True, False],
    "reloads": [0, 0, 0, 1, 2],
    "boot_seconds": [15.0, 90.0, 400.0],
    "padded": [False, True],
    "empty_rows": [False, True],
}
WATCHES = {
    "late_rows": [False, True],
    "ragged": [0.0, 0.0, 0.05, 0.2],
    "lost": [0.0, 0.0, 0.05, 0.3],
    "incomplete": [0.0, 0.0, 0.05, 0.2],
    "told": [0.0, 0.3, 1.0],
    "outages": [0, 0, 0, 1],
    "outage": [600.0, 2000.0],
    "stops": [0],
    "kills": [0],
}
RESTARTS = {"stops": [0, 1, 3], "kills": [0, 1, 3], "downtime": [20.0, 300.0, 1500.0]}


def device(choose):
    """Return a device; `choose` picks one of several values."""
    picked = {name: choose(values) for name, values in DEVICES.items()}
    # Where nothing tells when a row began, its index has to: it is not given again soon.
    space = choose([30, 1_000_000]) if picked["active_time"] else 1_000_000
    picked["closed_endpoints"] = picked["endpoints"]
    # A restart within seconds of a wrap of sysUpTime is a wrap to whoever cannot read snmpEngineBoots.
    picked["reloads"] = 0 if picked["uptime"] == ALMOST_WRAPPED else picked["reloads"]
    if not picked["active_time"]:
        # One row after another under one index, and nothing that tells: that is beyond anybody.
        picked |= {"reloads": 0, "old": 0.0}
    picked["first_index"] = min(picked["first_index"], space) if space == 30 else picked["first_index"]
    picked["index_space"] = space if space == 30 else (1 << 31) - 1
    return Profile(**picked)


def watching(choose, *, restarts=False, span=2400.0):
    """Return how it is watched."""
    values = WATCHES | RESTARTS if restarts else WATCHES
    return Watching(span=span, **{name: choose(options) for name, options in values.items()})
