"""What answers about the ledger are made of: every field once, for JSON, CSV, Parquet, tables and the API's document.

An answer's objects are dicts whose keys are the fields' names. Times are Unix time and units base units; what is not
known is None.
"""

from typing import Literal, NamedTuple, TypeAlias

from collector.model import COUNTED

Kind: TypeAlias = Literal["text", "texts", "pairs", "time", "number", "whole", "flag", "counts"]
"""`pairs`: names and texts, a dict; `counts`: names and whole numbers, a dict."""


class Field(NamedTuple):
    """A field of an answer's objects."""

    name: str
    kind: Kind
    description: str
    null: bool = False
    """Whether it may be None."""


_NAMES = (
    Field("target", "text", "The device."),
    Field("vrf", "text", "The VRF; `global` is the default one."),
)
_TUNNEL = (
    Field("level", "text", "`child` or `ike`: which kind of SA it is."),
    Field("tunnel", "text", "Name of the tunnel that it belongs to."),
    Field("peer", "text", "The remote IKE endpoint."),
)
_ENDS = (
    Field("local_address", "text", "Of the SA.", null=True),
    Field("remote_address", "text", "Of the SA.", null=True),
    Field("local_identity", "text", "IKE identity.", null=True),
    Field("remote_identity", "text", "IKE identity.", null=True),
)
COUNTS = tuple(dict.fromkeys((*COUNTED["child"], *COUNTED["ike"])))
"""Counters of sessions of either level."""

SESSION = (
    *_NAMES,
    Field("number", "whole", "Given once in the VRF of the target."),
    *_TUNNEL,
    Field("source", "text", "Kind of source that told of it."),
    Field("module", "text", "Tables that told of it."),
    Field("index", "text", "The row's index while it lived; empty where that is not known."),
    *_ENDS,
    Field("selectors", "texts", "Pairs of traffic selectors."),
    Field("algorithms", "pairs", "What was negotiated."),
    Field("started_at", "time", "When it began.", null=True),
    Field("seen_at", "time", "When it was last seen alive: of a live one, as of the last checkpoint."),
    Field("gone_at", "time", "When it was first missed.", null=True),
    Field(
        "ended_at",
        "time",
        "When it ended, at the latest; null while it lives or its end awaits its details.",
        null=True,
    ),
    Field("end_uncertainty_seconds", "number", "How much earlier it may have ended."),
    Field("duration_seconds", "number", "From its start to its end, or to `seen_at` while it lives.", null=True),
    Field("reason", "text", "Why it ended, in the words of the MIB.", null=True),
    Field("live", "flag", "Whether it was not missed yet."),
    Field("exact", "flag", "Whether the counts are all that it carried; false: at least that much."),
    Field("learned", "text", "How its start came to be known: `poll`, `history` or `notification`."),
    Field("closed_by", "text", "How its end came to be known: as `learned`, or `reload`.", null=True),
    Field("accounted", "flag", "Whether the tunnel's account has its counts."),
    *(Field(name, "whole", "As the target counts it.", null=True) for name in COUNTS),
)
FAILURE = (
    *_NAMES,
    Field("number", "whole", "Given once in the VRF of the target."),
    Field("level", "text", "`child` or `ike`: what failed."),
    Field("module", "text", "Tables that told of it."),
    Field("index", "text", "Of the row that told of it."),
    Field("at", "time", "When it happened; null where the target does not tell.", null=True),
    Field("seen_at", "time", "When it was read."),
    Field("reason", "text", "In the words of the MIB.", null=True),
    Field("tunnel", "text", "Name of the tunnel that it was about, if that is known.", null=True),
    Field("peer", "text", "The remote IKE endpoint.", null=True),
    *_ENDS,
    Field("spi", "whole", "Security parameter index.", null=True),
)
GAP = (
    *_NAMES,
    Field("number", "whole", "Given once in the VRF of the target."),
    Field("kind", "text", "Why something may be missing."),
    Field("module", "text", "Tables that should have told."),
    Field("begins_at", "time", "Since when the record is incomplete."),
    Field("ends_at", "time", "Until when; null while it goes on.", null=True),
    Field("lost", "whole", "How many records are missing, where that is known.", null=True),
)
EVENT = (
    *_NAMES,
    Field("number", "whole", "Rises as events are put on record; never given twice."),
    Field("id", "text", "Given once, when it came to be known."),
    Field("at", "time", "When it happened; of a notification, when it came."),
    Field("source", "text", "How it came to be known: `trap`, `inform`, `syslog` or `poll`."),
    Field(
        "name",
        "text",
        "The notification's own: `cipSecTunnelStart`, `CRYPTO-5-SESSION_STATUS`; of a poll `tunnel_up`, `tunnel_down`, "
        "`tunnel_idle`, `device_restarted`.",
    ),
    Field("happening", "text", "What it is about: `tunnel-start`, `tunnel-stop`, `restart`, …"),
    Field("level", "text", "`child` or `ike`: which kind of tunnel it is about.", null=True),
    Field("tunnel", "text", "Name of the tunnel, where it is known.", null=True),
    Field("peer", "text", "The remote IKE endpoint.", null=True),
    Field("index", "text", "Of the row that it is about.", null=True),
    Field("up", "flag", "What it says of the tunnel, the routing session or the link.", null=True),
    Field("reason", "text", "Why, in the words of the MIB or the line.", null=True),
    Field("description", "text", "The peer's, as a syslog line has it.", null=True),
    Field("sender", "text", "Address that the notification came from.", null=True),
    Field("announced", "flag", "Whether a notification announced what a poll found; null of others.", null=True),
    Field("values", "pairs", "The notification's own varbinds or fields, `name.instance` and text."),
)
REPORT = (
    Field("target", "text", "The hub."),
    Field("vrf", "text", "Null in a row about the whole hub.", null=True),
    Field("level", "text", "`child` or `ike`: what the tunnels are made of."),
    Field("tunnel", "text", "Null in a row about many.", null=True),
    Field("peer", "text", "Null in a row about many.", null=True),
    Field(
        "expectation",
        "text",
        "`always`, `on-demand` or `no`: whether it should be up; null in a row about many, or if it is known no more.",
        null=True,
    ),
    Field("tunnels", "whole", "How many tunnels the row is about."),
    Field(
        "forgotten", "whole", "How many of them are known no more: they count from their first session to their last."
    ),
    Field(
        "availability_ratio",
        "number",
        "Up time to known time, from 0 to 1; of many, over those that should be up always, or if there are none, over "
        "those that are not on demand. Null for a tunnel on demand.",
        null=True,
    ),
    Field("up_seconds", "number", "Time in which a session lived, within the known time; of many, summed."),
    Field("known_seconds", "number", "Time in which it was known whether one lived; of many, summed."),
    Field("sessions", "whole", "Sessions that lived in the period."),
    Field("failures", "whole", "Ends by which a tunnel went down and that were failures; see docs/ledger.md."),
    Field("mtbf_seconds", "number", "Mean time between failures: up time to failures.", null=True),
    Field(
        "receive_bytes",
        "number",
        "Carried in the period; rows of usage that straddle its bounds in proportion.",
        null=True,
    ),
    Field("transmit_bytes", "number", "As `receive_bytes`.", null=True),
    Field("receive_p95_bytes_per_second", "number", "95 % of the time the rate was no higher.", null=True),
    Field("transmit_p95_bytes_per_second", "number", "As `receive_p95_bytes_per_second`.", null=True),
    Field("rate_seconds", "number", "Over how long the rates are means.", null=True),
    Field("rated_seconds", "number", "How much time they tell of: may be less than the period.", null=True),
    Field("peak_tunnels", "whole", "The most tunnels that were up at once; null in a row about one.", null=True),
    Field("peak_at", "time", "When that was first so.", null=True),
    Field("ends_by_reason", "counts", "Sessions that ended; `none` where nobody told why."),
    Field("failures_by_reason", "counts", "Failed negotiations and refused packets that the target put on record."),
)
SUMMARY = (
    Field("since", "time", "Begin of the period; later than asked for if the record begins later."),
    Field("until", "time", "End of the period, not included."),
    Field(
        "record_begins_at",
        "time",
        "Since when sessions and gaps are on record as a whole: what is older was pruned. Null if nothing was yet.",
        null=True,
    ),
    Field("total", "whole", "How many rows there are on all pages."),
    Field("gaps_total", "whole", "How many gaps reach into the period; the latest are in `gaps`."),
    Field("blind_seconds", "number", "Time in which nobody knew which tunnels were up, of all VRFs together."),
    Field("unassigned_failures", "whole", "Failures on record of which nobody knows which tunnel they were about."),
)
"""What a report says beside its rows and its gaps."""
FIELDS: dict[str, tuple[Field, ...]] = {
    "sessions": SESSION,
    "failures": FAILURE,
    "gaps": GAP,
    "events": EVENT,
    "report": REPORT,
}
"""Fields of the objects that each question is answered with."""
