"""What the OIDs of a group have in common."""

from collections.abc import Sequence
from itertools import takewhile

_CONTINUES = 0x80


def common_prefix(oids: Sequence[bytes]) -> bytes:
    """Return the content octets that all of them begin with, up to the end of a sub-identifier."""
    columns = takewhile(lambda octets: len(set(octets)) == 1, zip(*oids, strict=False))
    prefix = bytes(octets[0] for octets in columns)
    while prefix and prefix[-1] >= _CONTINUES:
        prefix = prefix[:-1]
    return prefix
