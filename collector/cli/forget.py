"""`tunnelwatch forget`: let a tunnel that is gone for good be remembered no longer."""

import argparse
import time
from collections.abc import Callable
from contextlib import closing

from collector.cli.asking import add_ledger, ledger_of
from collector.cli.commands import Commands
from collector.errors import ConfigError, LedgerError
from collector.ledger.ledger import Ledger
from collector.ledger.query_reading import reading
from collector.ledger.query_tunnels import Known, known_as

KIND = "forget"
"""Of the request that the daemon answers."""
DONE = "forgotten"
"""How the daemon's answer begins if it did so; anything else is why not."""
PATIENCE_SECONDS = 10.0
LOOK_SECONDS = 0.2
_QUERY_SECONDS = 30.0
_SHOWN = 10


def add_commands(commands: Commands) -> None:
    """Add the commands of this file."""
    forget = commands.add_parser(
        "forget",
        help="remember a tunnel no longer",
        description="Asks the daemon, through its ledger, to remember a tunnel no longer: its series and account go, "
        "its sessions stay on record. One that lives cannot be forgotten; one that comes back is learned again.",
    )
    add_ledger(forget)
    forget.add_argument("--target", required=True, help="the target that it belongs to")
    forget.add_argument("--vrf", help="the VRF; needed if the name is known in several")
    forget.add_argument("--peer", help="the peer; needed if the name is known with several")
    forget.add_argument("--level", choices=("child", "ike"), help="only the tunnel of CHILD SAs, or of IKE SAs")
    forget.add_argument("tunnel", metavar="TUNNEL", help="its name")
    forget.set_defaults(run=forget_tunnel)


def forget_tunnel(arguments: argparse.Namespace) -> int:
    """Ask the daemon to forget a tunnel, and say what came of it; return 1 if it did not."""
    where = ledger_of(arguments)
    if where is None:
        raise ConfigError("tunnelwatch: say which ledger: --ledger PATH|URL or -c FILE")
    with closing(Ledger.open(where, create=False)) as ledger:
        vrf, peer = _only(_known(ledger, arguments), arguments)
        asked = {"target": arguments.target, "vrf": vrf, "tunnel": arguments.tunnel, "peer": peer}
        number = ledger.ask(KIND, {**asked, "level": arguments.level})
        answer = wait_for(lambda: ledger.answered(number))
    if answer is None:
        print("no daemon answered: it takes effect when the next one starts")
        return 0
    print(answer)
    return 0 if answer.startswith(DONE) else 1


def _known(ledger: Ledger, arguments: argparse.Namespace) -> list[Known]:
    wanted = {name: getattr(arguments, name) for name in ("vrf", "peer", "level")}
    with reading(ledger, _QUERY_SECONDS) as connection:
        return known_as(connection, arguments.target, arguments.tunnel, **wanted)


def _only(known: list[Known], arguments: argparse.Namespace) -> tuple[str, str]:
    """Return VRF and peer of the one that is meant.

    Raises: LedgerError if there is none, or if there are several.
    """
    name = f"{arguments.tunnel!r} of {arguments.target}"
    places = sorted({(one.vrf, one.peer) for one in known})
    if not places:
        raise LedgerError(f"no tunnel {name} is known" + (f" in VRF {arguments.vrf}" if arguments.vrf else ""))
    if len(places) > 1:
        shown = "; ".join(f"--vrf {vrf} --peer {peer}" for vrf, peer in places[:_SHOWN])
        raise LedgerError(f"there are {len(places)} tunnels {name}, say which: {shown}")
    return places[0]


def wait_for(
    look: Callable[[], str | None],
    patience: float = PATIENCE_SECONDS,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> str | None:
    """Look for an answer again and again; None if none came in time."""
    until = clock() + patience
    while (answer := look()) is None and clock() < until:
        sleep(LOOK_SECONDS)
    return answer
