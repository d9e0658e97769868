"""How long a tunnel carried how much a second: a histogram that can be merged over hours, days and tunnels.

Buckets grow by a tenth, so that what is read from one is within 5 % of what was put in: at most
(growth - 1) / (growth + 1) = 4.8 % off. Weights are seconds.

Source: Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile sketch" (2019), section 2.
"""

import json
import math
from collections.abc import Mapping

GROWTH = 1.1
ZERO = -8000
"""The bucket of rates that are zero; the smallest rate that a float can be lies in a higher one."""
_LOG_GROWTH = math.log(GROWTH)
_MIDDLE = 2 / (GROWTH + 1)


def bucket_of(rate: float) -> int:
    """Return the bucket of a rate: the least n with rate <= GROWTH ** n."""
    return math.ceil(math.log(rate) / _LOG_GROWTH) if rate > 0 else ZERO


def rate_of(bucket: int) -> float:
    """Return the rate that stands for all rates of a bucket."""
    return 0.0 if bucket == ZERO else math.exp(bucket * _LOG_GROWTH) * _MIDDLE


class Rates:
    """A histogram of rates."""

    __slots__ = ("buckets",)

    def __init__(self, buckets: Mapping[int, float] | None = None) -> None:
        self.buckets: dict[int, float] = dict(buckets or {})
        """Seconds by bucket."""

    @classmethod
    def load(cls, text: str) -> "Rates":
        """Read a histogram from its text.

        Raises:
            ValueError: the text is none.
        """
        try:
            return cls({int(bucket): float(seconds) for bucket, seconds in json.loads(text).items()})
        except (AttributeError, TypeError) as error:
            raise ValueError(f"not a histogram of rates: {text[:40]!r}") from error

    def dump(self) -> str:
        """Write the histogram as a JSON object: seconds by bucket."""
        return json.dumps({bucket: round(seconds, 3) for bucket, seconds in self.buckets.items()})

    @property
    def seconds(self) -> float:
        """How long was measured."""
        return math.fsum(self.buckets.values())

    def add(self, rate: float, seconds: float) -> None:
        """Count a rate that lasted for some seconds."""
        bucket = bucket_of(rate)
        self.buckets[bucket] = self.buckets.get(bucket, 0.0) + seconds

    def merge(self, other: "Rates") -> None:
        """Count all that another histogram counted."""
        for bucket, seconds in other.buckets.items():
            self.buckets[bucket] = self.buckets.get(bucket, 0.0) + seconds

    def quantile(self, share: float) -> float | None:
        """Return the rate that was not exceeded for this share (0..1) of the time, or None if nothing was counted."""
        wanted = share * self.seconds
        passed = 0.0
        last = None
        for bucket in sorted(self.buckets):
            last = bucket
            passed += self.buckets[bucket]
            if passed >= wanted:
                break
        return None if last is None else rate_of(last)
