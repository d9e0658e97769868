"""From the rows of a context to tunnels that an operator knows: identity and names, life, and accounts.

Pure: what a poll saw goes in, a state and what is to be put on record of the step come out.
"""

from collector.tunnels.join import Rows, Steps, run, sort_rows
from collector.tunnels.merge import coalesced
from collector.tunnels.names import Identity, Kind, address_text
from collector.tunnels.rules import Learning, Named, Placeholder, Rule, Rules
from collector.tunnels.track import Wanted, begin, forget, observe, observing, observing_rows, pass_time, passing_time
from collector.tunnels.track_expose import exposing
from collector.tunnels.track_sighting import amended
from collector.tunnels.track_state import ModuleKey, Plan, Step, TargetState
from collector.tunnels.tracked import TrackedTunnel, TrackedTunnels
from collector.tunnels.tunnel import ChildTunnel, IkeTunnel, SaCounts, Tunnels

__all__ = [
    "ChildTunnel",
    "Identity",
    "IkeTunnel",
    "Kind",
    "Learning",
    "ModuleKey",
    "Named",
    "Placeholder",
    "Plan",
    "Rows",
    "Rule",
    "Rules",
    "SaCounts",
    "Step",
    "Steps",
    "TargetState",
    "TrackedTunnel",
    "TrackedTunnels",
    "Tunnels",
    "Wanted",
    "address_text",
    "amended",
    "begin",
    "coalesced",
    "exposing",
    "forget",
    "observe",
    "observing",
    "observing_rows",
    "pass_time",
    "passing_time",
    "run",
    "sort_rows",
]
