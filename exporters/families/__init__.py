"""Every metric, one entry each: its name, type, help, labels, and where in the model its value is.

What the daemon counts of itself with prometheus_client is declared in `exporters.own`.
"""

from exporters.families import daemon, gateway, life, policy, records, routing, tallies, tunnel
from exporters.families.declare import Family, Label, Subject

__all__ = ["FAMILIES", "LEFT_OUT", "Family", "Label", "Subject"]

FAMILIES: tuple[Family, ...] = (
    *life.FAMILIES,
    *tunnel.FAMILIES,
    *gateway.FAMILIES,
    *records.FAMILIES,
    *tallies.FAMILIES,
    *policy.FAMILIES,
    *routing.FAMILIES,
    *daemon.FAMILIES,
)
"""All families, in the order of their exposition."""

LEFT_OUT: dict[str, str] = {
    **tunnel.LEFT_OUT,
    **gateway.LEFT_OUT,
    **records.LEFT_OUT,
    **policy.LEFT_OUT,
    **routing.LEFT_OUT,
    "Context.index": "contexts are found by discovery; what is polled of each has its `vrf`",
    "Context.name": "contexts are found by discovery; what is polled of each has its `vrf`",
    "Context.vrf": "the `vrf` of all that is polled in the context",
    "Context.topology": "contexts are found by discovery; what is polled of each has its `vrf`",
    "Context.protocol_instance": "contexts are found by discovery; what is polled of each has its `vrf`",
}
"""Fields of the model (`Entity.field`) that no series tells, and why."""
