"""The life of tunnels on both levels, whether an SA lives now or not: state, expectation, sessions, ends.

These series stay when the SA goes, until the tunnel is forgotten.
"""

from collections.abc import Iterator

from exporters.families.declare import Family, Label, Part, Subject, counter, counter_by, gauge, info, labels
from exporters.families.tunnel import IKE, TUNNEL


def _state(subject: Subject, prefix: str, sa: str, live: str) -> Iterator[Family]:
    yield gauge(
        subject,
        f"{prefix}_up",
        "up",
        f"Whether the tunnel has a live {sa}: 1 or 0 as of the latest poll, no sample while the target does not answer",
        live,
    )
    yield gauge(
        subject,
        f"{prefix}_expected",
        "expected",
        "Whether the configuration says that the tunnel should always be up; alert on `up == 0` where this is 1",
    )
    yield gauge(
        subject,
        f"{prefix}_idle",
        "idle",
        "Of tunnels that come up on demand: whether the tunnel is down by design; no sample of others",
        live,
    )
    yield info(
        subject,
        f"{prefix}_config",
        (*labels("description", "configured"), Label("expected", "expectation")),
        "What the configuration says of the tunnel; `configured` tells whether it names the tunnel, else it was "
        "learned. It does not change when SAs do",
        further_labels="labels",
    )
    yield gauge(
        subject,
        f"{prefix}_last_transition_timestamp_seconds",
        "state_since",
        "When the tunnel last went up, down or idle for certain, Unix time",
        live,
    )
    yield counter_by(
        "to",
        Part("up", "ups"),
        Part("down", "downs"),
        Part("idle", "idle_transitions"),
        subject=subject,
        name=f"{prefix}_transitions",
        text="Times that the tunnel went up, down or idle",
        sources=live,
    )
    yield gauge(
        subject,
        f"{prefix}_established_timestamp_seconds",
        "established_at",
        f"When the newest {sa} of the tunnel began, Unix time; no sample while none lives",
        live,
    )


def _sessions(subject: Subject, prefix: str, sa: str, told_by: str) -> Iterator[Family]:
    yield counter(
        subject,
        f"{prefix}_sessions",
        "sessions",
        f"Sessions of the tunnel that began: lives of one {sa} row, those between two polls included",
        told_by,
    )
    yield gauge(
        subject,
        f"{prefix}_last_end_timestamp_seconds",
        "last_end_at",
        "When a session of the tunnel last ended, Unix time",
        told_by,
    )
    yield info(
        subject,
        f"{prefix}_last_end",
        (Label("reason", "last_end_reason"),),
        "Why a session of the tunnel last ended, in the words of the MIB, or `reload` for a restart of the target; "
        "without `reason` where nobody told",
        told_by,
        needs="last_end_at",
    )


_CHILD_SAS = "cipSecTunnelTable ceipSecTunnelTable"
_IKE_SAS = "cikeTunnelTable cisgIpsSgTunnelTable"

FAMILIES: tuple[Family, ...] = (
    *_state(TUNNEL, "ipsec_tunnel", "CHILD SA", _CHILD_SAS),
    *_sessions(TUNNEL, "ipsec_tunnel", "CHILD SA", f"{_CHILD_SAS} cipSecTunnelHistTable ceipSecTunnelHistTable"),
    *_state(IKE, "ipsec_ike", "IKE SA", _IKE_SAS),
    *_sessions(IKE, "ipsec_ike", "IKE SA", f"{_IKE_SAS} cikeTunnelHistTable cisgIpsSgTunnelHistTable"),
)
