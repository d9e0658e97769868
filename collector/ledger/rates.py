"""How long a tunnel carried how much a second: a histogram that can be merged over hours, days and tunnels.

Buckets grow by a tenth, so that what is read from one is within 5 % of what was put in: at most
(growth - 1) / (growth + 1) = 4.8 % off. Weights are seconds.

Source: Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile sketch" (2019), section 2.
"""

import json
import math

GROWTH = 1.1
ZERO = -8000
"""The bucket of rates that are zero; the smallest rate that a float can be lies in a higher one."""
_LOG_GROWTH = math.log(GROWTH)
_MIDDLE = 2 / (GROWTH + 1)
_dumps = json.JSONEncoder(separators=(",", ":")).encode
_read = json.JSONDecoder().raw_decode


def bucket_of(rate: float) -> int:
    """Return the bucket of a rate: the least n with rate <= GROWTH ** n."""
    return math.ceil(math.log(rate) / _LOG_GROWTH) if rate > 0 else ZERO


def rate_of(bucket: int) -> float:
    """Return the rate that stands for all rates of a bucket."""
    return 0.0 if bucket == ZERO else math.exp(bucket * _LOG_GROWTH) * _MIDDLE


class Rates:
    """A histogram of rates: seconds by bucket."""

    __slots__ = ("_buckets",)

    def __init__(self) -> None:
        # Buckets are named as in the text: millions of texts are merged, and few quantiles are asked for.
        self._buckets: dict[str, float] = {}

    def dump(self) -> str:
        """Write the histogram as a JSON object: seconds by bucket."""
        return _dumps({bucket: round(seconds, 3) for bucket, seconds in self._buckets.items()})

    @property
    def seconds(self) -> float:
        """How long was measured."""
        return math.fsum(self._buckets.values())

    def add(self, rate: float, seconds: float) -> None:
        """Count a rate that lasted for some seconds."""
        bucket = str(bucket_of(rate))
        self._buckets[bucket] = self._buckets.get(bucket, 0.0) + seconds

    def merge(self, text: str, share: float = 1.0) -> None:
        """Count all, or a share, of what another histogram counted.

        Args:
            text: what `dump` of it gave.
            share: 0..1.

        Raises:
            ValueError: the text is none.
        """
        try:
            buckets = self._buckets
            for bucket, seconds in _read(text)[0].items():
                buckets[bucket] = buckets.get(bucket, 0.0) + seconds * share
        except (AttributeError, TypeError) as error:
            raise ValueError(f"not a histogram of rates: {text[:40]!r}") from error

    def quantile(self, share: float) -> float | None:
        """Return the rate that was not exceeded for this share (0..1) of the time, or None if nothing was counted."""
        wanted = share * self.seconds
        passed = 0.0
        last = None
        for bucket, seconds in sorted((int(bucket), seconds) for bucket, seconds in self._buckets.items()):
            last = bucket
            passed += seconds
            if passed >= wanted:
                break
        return None if last is None else rate_of(last)
