"""What following the tunnels of a context counts: tunnels by state, ends and failures by reason, gaps in the record.

Counters are since the daemon began.
"""

from exporters.families.declare import Family, Subject, counter, gauge, labels

STATES = Subject(name="states", labels=labels("level", "state"))
ENDS = Subject(name="ends", labels=labels("level", "reason"))
FAILED = Subject(name="failed", labels=labels("level", "reason"))
UNIDENTIFIED = Subject(name="unidentified")
GAPS = Subject(name="gaps", labels=labels("kind"))

FAMILIES: tuple[Family, ...] = (
    counter(
        ENDS,
        "ipsec_gateway_sessions_ended",
        "times",
        "Sessions of tunnels that ended, by level (`child`, `ike`) and reason; each is counted once",
        "cikeTunnelTable cisgIpsSgTunnelTable cipSecTunnelTable ceipSecTunnelTable cikeTunHistTermReason "
        "cisgIpsSgTunHistTermReason cipSecTunHistTermReason ceipSecTunHistTermReason",
    ),
    counter(
        FAILED,
        "ipsec_gateway_failures_recorded",
        "times",
        "Failures of negotiations and packets, by level and reason; each is counted once",
        "cikeFailReason cisgIpsSgFailReason cipSecFailReason ceipSecFailReason",
    ),
    gauge(
        UNIDENTIFIED,
        "ipsec_gateway_unidentified_rows",
        "rows",
        "Rows of SAs that tell neither addresses nor identities nor selectors, and so belong to no tunnel",
        "cikeTunnelTable cisgIpsSgTunnelTable cipSecTunnelTable ceipSecTunnelTable",
    ),
    gauge(
        STATES,
        "tunnelwatch_tunnels",
        "tunnels",
        "Exposed tunnels by level and state: up, down, idle (down by design), unknown (the target does not answer)",
    ),
    counter(
        GAPS,
        "tunnelwatch_ledger_gaps",
        "times",
        "Times about which the record is incomplete, by why; counted when they begin",
    ),
)
