"""Where to look when a device said something: which rows, of which module, and what else may have moved with them.

A hint names no target: who received the notification knows whose it is. It asks for reads and is never believed itself.
"""

from dataclasses import dataclass

from collector.model import Level, Notification

_HISTORY = {
    "ipsec": "history",
    "ike": "history",
    "enhanced": "enhanced-history",
    "signaling": "signaling-history",
}
"""Where the ends of a module's tunnels, or their failures, are told."""
_TUNNEL_INTERFACES = ("tu", "vi")
"""Tunnel, Virtual-Access (a FlexVPN spoke's) and their short names: links whose state is that of an IPsec tunnel."""
_INTERFACE_NAMES = ("ifDescr", "ifName")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """What to read now, from narrow to wide: one row and its neighbours, a module, everything."""

    module: str | None
    """Tables (`mibs/modules.yaml`); None: all that the target is polled for, as after a restart."""
    level: Level | None = None
    table: str | None = None
    index: str | None = None
    """The row of `table`, in dotted text; None: the whole module."""
    also: tuple[str, ...] = ()
    """Modules that are to be read whole beside it."""


def hint(notification: Notification) -> Hint | None:
    """Return what to look at; None where nothing that is polled can have moved."""
    if notification.happening == "restart":
        return Hint(module=None)
    module = _module(notification)
    if module is None:
        return None
    stopped = notification.happening == "tunnel-stop" and module in _HISTORY
    return Hint(
        module=module,
        level=notification.level,
        table=notification.table if notification.index else None,
        index=notification.index if notification.table else None,
        also=(_HISTORY[module],) if stopped else (),
    )


def _module(notification: Notification) -> str | None:
    if notification.module is None and notification.happening == "link" and _is_tunnel(notification):
        return "ipsec"
    return notification.module


def _is_tunnel(notification: Notification) -> bool:
    return any(
        name.partition(".")[0] in _INTERFACE_NAMES and value.lower().startswith(_TUNNEL_INTERFACES)
        for name, value in notification.values
    )
