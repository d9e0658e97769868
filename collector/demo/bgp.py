"""BGP over the tunnels: a session outlives a short gap, and falls when the hold time has passed."""

from dataclasses import dataclass

from collector.demo.counters import TICKS

IDLE, OPEN_CONFIRM, ESTABLISHED = 1, 5, 6
"""Of bgpPeerState."""
HOLD_SECONDS = 9
KEEPALIVE_SECONDS = 3
OPEN_SECONDS = 3
"""From a tunnel's start to its session's."""
HOLD_TIMER_EXPIRED = b"\x04\x00"


@dataclass(slots=True, kw_only=True)
class BgpSession:
    """One row of bgpPeerTable."""

    local_address: bytes
    remote_address: bytes
    remote_as: int
    since: int
    """When it last became established or ceased to be, in ticks."""
    state: int = ESTABLISHED
    previous_state: int = OPEN_CONFIRM
    transitions: int = 1
    last_error: bytes = b"\x00\x00"
    last_error_text: str = ""
    before: int = 0
    """Messages of the times that it was established before."""

    @property
    def established(self) -> bool:
        """Whether routes are exchanged."""
        return self.state == ESTABLISHED

    def messages(self, now: int) -> int:
        """Count the messages of one direction: OPEN, three UPDATEs, and keepalives."""
        if not self.established:
            return self.before
        return self.before + 4 + (now - self.since) // (KEEPALIVE_SECONDS * TICKS)

    @property
    def updates(self) -> int:
        """Count the UPDATEs of one direction."""
        return 3 * self.transitions

    def open(self, now: int) -> None:
        """Become established."""
        self.state, self.previous_state, self.since = ESTABLISHED, OPEN_CONFIRM, now
        self.transitions += 1

    def lose(self, now: int) -> None:
        """Fall, as the hold time has passed."""
        self.before = self.messages(now)
        self.state, self.previous_state, self.since = IDLE, ESTABLISHED, now
        self.last_error, self.last_error_text = HOLD_TIMER_EXPIRED, "hold time expired"
