"""How much to ask of one agent at once: learned from what it has answered, and from what it has not.

A response that comes whole allows more the next time; one that is cut off tells how large this agent's responses get;
an answer that never comes, or `tooBig`, halves what is asked for. A size that failed twice, with nothing of that size
answered in between, is not tried again until `forget`; on a path that loses packets it is: there the size is not to
blame.
"""

SMALLEST = 8
"""The varbinds of a request that any agent that lives is expected to answer."""

_FIRST = 64
_MOST = 1024
_MOST_OCTETS = 8192
"""More per response saves next to nothing, and each of its fragments can get lost."""
LEAST_OCTETS = 484
"""What every agent can send (RFC 3417 §3.2.1)."""
_OVERHEAD_OCTETS = 100
"""What a response needs beside its varbinds, SNMPv3's parameters included."""
_FILL = 0.95
_FULL_ENOUGH = 0.6
_LOSSY = 0.1
"""The share of requests that needed more than one try from which on a path is called lossy."""
_UNLIMITED = 1 << 30


def is_smallest(varbinds: int, repetitions: int) -> bool:
    """Whether any agent that lives is expected to answer this."""
    return repetitions <= 1 and varbinds <= SMALLEST


class Limits:
    """What one agent has shown that it can answer; kept from poll to poll."""

    __slots__ = (
        "_ceiling",
        "_failed",
        "_loss",
        "_octets_ceiling",
        "_repetitions_ceiling",
        "max_repetitions",
        "octets",
        "proven",
        "proven_repetitions",
        "repetitions",
        "varbinds",
    )

    def __init__(self, max_repetitions: int) -> None:
        self.max_repetitions = max_repetitions
        self.repetitions = max_repetitions
        """The most repetitions to ask for."""
        self.varbinds = _FIRST
        """The most varbinds to ask for in one request."""
        self.octets = _MOST_OCTETS
        """How large a response is allowed to get, or gets before the agent cuts it off."""
        self.proven = 0
        """The most varbinds that were answered at once; 0 as long as nothing was, or once the target is dead."""
        self.proven_repetitions = 1
        self._loss = 0.0
        self.forget()

    def forget(self) -> None:
        """Allow sizes again that failed: the agent may have been repaired, or the path."""
        self._ceiling = _MOST
        self._octets_ceiling = _MOST_OCTETS
        self._repetitions_ceiling = self.max_repetitions
        self._failed = _UNLIMITED

    @property
    def response_octets(self) -> float:
        """How many octets of varbinds to ask for."""
        return self.octets * _FILL - _OVERHEAD_OCTETS

    def expects_answer(self, varbinds: int, repetitions: int) -> bool:
        """Whether an agent that lives is sure to answer this much: it has, or any agent would."""
        return is_smallest(varbinds, repetitions) or (
            varbinds <= self.proven and repetitions <= self.proven_repetitions
        )

    def answered(
        self, asked: int, repetitions: int, got: int, octets: int, *, cut_off: bool, slow: bool, retried: bool
    ) -> None:
        """Learn from a response of `octets` with `got` of the varbinds `asked` for."""
        self.proven = max(self.proven, got)
        self.proven_repetitions = max(self.proven_repetitions, repetitions)
        self._loss += (retried - self._loss) / 16
        if asked >= self._failed:
            self._failed = _UNLIMITED
        if slow:
            self.varbinds = max(SMALLEST, min(self.varbinds, asked // 2))
        elif cut_off:
            self.octets = self._octets_ceiling = max(octets, LEAST_OCTETS)
        elif asked >= _FULL_ENOUGH * self.varbinds or octets >= _FULL_ENOUGH * self.octets:
            self._grow()

    def _grow(self) -> None:
        self.varbinds = min(2 * self.varbinds, self._ceiling)
        self.repetitions = min(2 * self.repetitions, self._repetitions_ceiling)
        self.octets = min(2 * self.octets, self._octets_ceiling)

    def too_big(self, asked: int, repetitions: int) -> None:
        """Learn that the agent itself called a response too big."""
        self._halve(asked, repetitions)
        self._keep_down()

    def failed(self, asked: int, repetitions: int) -> None:
        """Learn that a request was not answered by an agent that answers others."""
        if is_smallest(asked, repetitions):
            return
        again = asked >= self._failed
        self._failed = min(self._failed, asked)
        self._halve(asked, repetitions)
        if again and self._loss < _LOSSY:
            self._keep_down()

    def _halve(self, asked: int, repetitions: int) -> None:
        self.varbinds = max(min(self.varbinds, asked // 2), 1)
        if repetitions > 1:
            self.repetitions = max(min(self.repetitions, repetitions // 2), 1)

    def _keep_down(self) -> None:
        self._ceiling = min(self._ceiling, self.varbinds)
        self._repetitions_ceiling = min(self._repetitions_ceiling, self.repetitions)

    def dead(self) -> None:
        """Start small again: the target no longer answers."""
        self.proven = 0
        self.proven_repetitions = 1
        self.varbinds = min(self.varbinds, _FIRST)
