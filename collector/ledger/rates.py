"""How long a tunnel carried how much a second: a histogram that can be merged over hours, days and tunnels.

Buckets grow by a tenth, so that what is read from one is within 5 % of what was put in: at most
(growth - 1) / (growth + 1) = 4.8 % off. Weights are seconds, on record to the millisecond.

A report merges hundreds of thousands of histograms, a dozen to a hundred buckets each. On record one is therefore a
row of numbers of 32 bits, squeezed: merging it is one addition of two long whole numbers, whose digits are buckets.

Source: Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile sketch" (2019), section 2.
"""

import json
import math
import zlib
from bisect import bisect_left
from itertools import accumulate
from operator import itemgetter
from struct import Struct, error, unpack
from typing import TypeAlias

GROWTH = 1.1
ZERO = -8000
"""The bucket of rates that are zero; the smallest rate that a float can be lies in a higher one."""
_LOG_GROWTH = math.log(GROWTH)
_MIDDLE = 2 / (GROWTH + 1)
_HEAD = Struct("<hQQ")
"""Lowest bucket, milliseconds at rate zero, milliseconds in all; numbers of 32 bits follow, one for each bucket."""
_HEAD_OCTETS = _HEAD.size
_BITS = 32
_OCTETS = _BITS // 8
_FULL = 1 << _BITS
_FASTEST = 1
Histogram: TypeAlias = bytes | str
"""On record: what `Rates.dump` gave; or JSON, as ledgers of version 1 have it: an object, seconds by bucket."""


def bucket_of(rate: float) -> int:
    """Return the bucket of a rate: the least n with rate <= GROWTH ** n."""
    return math.ceil(math.log(rate) / _LOG_GROWTH) if rate > 0 else ZERO


def rate_of(bucket: int) -> float:
    """Return the rate that stands for all rates of a bucket."""
    return 0.0 if bucket == ZERO else math.exp(bucket * _LOG_GROWTH) * _MIDDLE


class Rates:
    """A histogram of rates: seconds by bucket."""

    __slots__ = ("_buckets", "_low", "_packed", "_total", "_zero")

    def __init__(self) -> None:
        self._buckets: dict[int, float] = {}
        """Milliseconds by bucket, of what is not packed."""
        self._packed = 0
        """Milliseconds of the buckets from `_low` on, the digits of a number with base 2 ** 32."""
        self._low = 0
        self._zero = 0
        """Milliseconds at rate zero, of what is packed."""
        self._total = 0
        """Milliseconds of what is packed, by which no digit can be too large."""

    def dump(self) -> bytes:
        """Write the histogram, for `merge`; a bucket stops at 49 days."""
        held = {bucket: min(round(ms), _FULL - 1) for bucket, ms in self._held()}
        zero = held.pop(ZERO, 0)
        low = min(held, default=0)
        digits = [held.get(bucket, 0) for bucket in range(low, max(held, default=-1) + 1)]
        body = b"".join(digit.to_bytes(_OCTETS, "little") for digit in digits)
        return zlib.compress(_HEAD.pack(low, zero, zero + sum(digits)) + body, _FASTEST)

    @property
    def seconds(self) -> float:
        """How long was measured."""
        return (math.fsum(self._buckets.values()) + self._total) / 1000

    def add(self, rate: float, seconds: float) -> None:
        """Count a rate that lasted for some seconds."""
        bucket = bucket_of(rate)
        self._buckets[bucket] = self._buckets.get(bucket, 0.0) + seconds * 1000

    def merge(self, data: Histogram, share: float = 1.0) -> None:
        """Count all, or a share, of what another histogram counted.

        Args:
            data: the other.
            share: 0..1.

        Raises:
            ValueError: the data are none.
        """
        try:
            raw = zlib.decompress(data)  # type: ignore[arg-type]  # of a text it says so
            low, zero, total = _HEAD.unpack_from(raw)
        except (TypeError, zlib.error):
            self._merge_json(data, share)
            return
        except error as damage:
            raise ValueError(f"not a histogram of rates: {damage}") from damage
        if share != 1.0 or total + self._total >= _FULL:
            self._spread(_unpacked(raw[_HEAD_OCTETS:], low, zero), share)
            return
        digits = int.from_bytes(raw[_HEAD_OCTETS:], "little")
        if not self._packed:
            self._packed, self._low = digits, low
        elif low >= self._low:
            self._packed += digits << _BITS * (low - self._low)
        else:
            self._packed = (self._packed << _BITS * (self._low - low)) + digits
            self._low = low
        self._zero += zero
        self._total += total

    def _merge_json(self, text: Histogram, share: float) -> None:
        buckets = self._buckets
        try:
            for name, seconds in json.loads(text).items():
                bucket = int(name)
                buckets[bucket] = buckets.get(bucket, 0.0) + seconds * 1000 * share
        except (AttributeError, TypeError) as damage:
            raise ValueError(f"not a histogram of rates: {text[:40]!r}") from damage

    def _spread(self, pairs: list[tuple[int, float]], share: float) -> None:
        for bucket, ms in pairs:
            self._buckets[bucket] = self._buckets.get(bucket, 0.0) + ms * share

    def _held(self) -> list[tuple[int, float]]:
        """Return buckets and milliseconds of all that was counted, in order."""
        octets = self._packed.to_bytes(-(-self._packed.bit_length() // _BITS) * _OCTETS, "little")
        pairs = _unpacked(octets, self._low, self._zero)
        if not self._buckets:
            return pairs
        held = dict(pairs)
        for bucket, ms in self._buckets.items():
            held[bucket] = held.get(bucket, 0.0) + ms
        return sorted(held.items())

    def quantile(self, share: float) -> float | None:
        """Return the rate that was not exceeded for this share (0..1) of the time, or None if nothing was counted."""
        held = self._held()
        if not held:
            return None
        passed = list(accumulate(map(itemgetter(1), held)))
        return rate_of(held[min(bisect_left(passed, share * passed[-1]), len(held) - 1)][0])


def _unpacked(octets: bytes, low: int, zero: int) -> list[tuple[int, float]]:
    """Return buckets and milliseconds, in order; those that nothing is in are left out."""
    size = len(octets) // _OCTETS
    digits = unpack(f"<{size}I", octets[: size * _OCTETS])
    pairs: list[tuple[int, float]] = [(ZERO, zero)] if zero else []
    return pairs + [(bucket, ms) for bucket, ms in enumerate(digits, low) if ms]
