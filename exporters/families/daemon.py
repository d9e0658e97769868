"""The daemon as the store tells it: `tunnelwatch_`. What it counts of itself is in `exporters.own`."""

from exporters.families.declare import Family, Label, Subject, counter, gauge, labels

POLL = Subject(
    name="poll", labels=(Label("source", "snapshot.origin.source"), Label("module", "snapshot.origin.module"))
)
POLL_FAULT = Subject(name="poll_fault", labels=labels("source", "module", "kind"))
SHOWN = Subject(name="shown", labels=labels("kind"))
TARGET = Subject(name="target", scope=("target",))
SCHEDULE = Subject(name="schedule", labels=labels("target", "vrf", "source", "module"), scope=())

FAMILIES: tuple[Family, ...] = (
    gauge(
        POLL,
        "tunnelwatch_poll_success",
        "success",
        "Whether the latest poll succeeded",
    ),
    gauge(
        POLL,
        "tunnelwatch_poll_duration_seconds",
        "snapshot.duration_seconds",
        "How long the latest poll took",
    ),
    gauge(
        POLL,
        "tunnelwatch_poll_last_timestamp_seconds",
        "snapshot.taken_at",
        "When the latest poll began, Unix time",
    ),
    gauge(
        POLL,
        "tunnelwatch_poll_last_success_timestamp_seconds",
        "last_success_at",
        "When the latest poll that succeeded began, Unix time",
    ),
    gauge(
        POLL,
        "tunnelwatch_poll_missing_tables",
        "missing_tables",
        "Tables of the module that the target does not have",
    ),
    counter(POLL, "tunnelwatch_polls", "polls", "Polls that ended"),
    counter(POLL, "tunnelwatch_poll_failures", "failures", "Polls that failed"),
    counter(POLL, "tunnelwatch_poll_requests", "requests", "Requests sent by polls"),
    counter(POLL, "tunnelwatch_poll_retries", "retries", "Requests sent again by polls"),
    counter(POLL, "tunnelwatch_poll_timeouts", "timeouts", "Requests of polls that were not answered in time"),
    counter(POLL, "tunnelwatch_poll_varbinds", "varbinds", "Varbinds that polls received"),
    counter(POLL, "tunnelwatch_poll_sent_bytes", "sent_bytes", "Octets that polls sent"),
    counter(POLL, "tunnelwatch_poll_received_bytes", "received_bytes", "Octets that polls received"),
    counter(
        POLL, "tunnelwatch_poll_decode_errors", "decode_errors", "Values that could not be decoded, and were left out"
    ),
    counter(
        POLL_FAULT,
        "tunnelwatch_poll_faults",
        "times",
        "What targets did against their protocol, by kind",
    ),
    counter(SCHEDULE, "tunnelwatch_poll_starts", "started", "Polls that were started"),
    counter(
        SCHEDULE,
        "tunnelwatch_poll_late",
        "late",
        "Polls that were due and were skipped, because the one before was still running",
    ),
    gauge(
        SCHEDULE,
        "tunnelwatch_poll_lateness_seconds",
        "lateness_seconds",
        "How long after it was due the latest poll was started",
    ),
    gauge(
        SHOWN,
        "tunnelwatch_exposed_rows",
        "shown",
        "Rows of each kind that series are made of",
    ),
    gauge(
        SHOWN,
        "tunnelwatch_over_limit_rows",
        "over",
        "Rows of each kind that are over the target's limit: no series are made of them",
    ),
    Family(
        name="tunnelwatch_target_info",
        type="info",
        subject=TARGET,
        text="A target, and the labels that the configuration gives it",
        further_labels="labels",
    ),
)
