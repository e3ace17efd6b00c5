"""How quantities are written: to the digits that were measured, in the unit a person would use."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, log10

from assistant.advice.estimates import MB_PER_GB
from assistant.language import _

SIGNIFICANT_DIGITS = 2
MINUTE_S, HOUR_S, DAY_S = 60, 3600, 24 * 3600

# An axis of times is in the largest unit of which it has so many.
LEAST_UNITS = 3


@dataclass(frozen=True)
class TimeUnit:
    """What an axis of times is in: its name, and how many seconds it has."""

    name: str
    seconds: float

    def of(self, seconds: float) -> float:
        """So many seconds in this unit."""
        return seconds / self.seconds

    @property
    def lower_is_better(self) -> str:
        """The title of an axis: `min, lower is better`."""
        return _("{unit}, lower is better").format(unit=self.name)

    @property
    def since_the_start(self) -> str:
        """The title of an axis: `min since the start`."""
        return _("{unit} since the start").format(unit=self.name)


def time_unit(longest_s: float) -> TimeUnit:
    """The unit of an axis that goes up to so many seconds."""
    larger = (TimeUnit(_("days"), DAY_S), TimeUnit(_("h"), HOUR_S), TimeUnit(_("min"), MINUTE_S))
    return next((unit for unit in larger if unit.of(longest_s) >= LEAST_UNITS), TimeUnit(_("s"), 1))


def unbroken(words: str) -> str:
    """Words that stay in one line."""
    return words.replace(" ", "\u00a0")


def rounded(value: float, digits: int = SIGNIFICANT_DIGITS) -> float:
    """`value` to `digits` significant digits: no more precision than the measurement has."""
    if value == 0:
        return 0.0
    return round(value, digits - 1 - floor(log10(abs(value))))


def duration(seconds: float) -> str:
    """A length of time to about two significant digits, in the unit a person would use: `6 min 40 s`, `1.2 ms`."""
    seconds = rounded(seconds)
    if seconds < 1e-3:
        return _("{value:g} µs").format(value=rounded(seconds * 1e6))
    if seconds < 1:
        return _("{value:g} ms").format(value=rounded(seconds * 1e3))
    return _("{value:g} s").format(value=seconds) if seconds < 100 else _long_duration(seconds)


def duration_range(low: float, high: float) -> str:
    """Two durations as one range."""
    return _("{low} to {high}").format(low=duration(low), high=duration(high))


def with_range(figure: str, low: float, high: float) -> str:
    """What a duration says, and between which durations the truth lies: `3.2 ms (3.1 ms to 3.4 ms)`."""
    return _("{figure} ({range})").format(figure=figure, range=duration_range(low, high))


def memory(mb: float) -> str:
    """MiB in words: `840 MB`, `1.2 GB`; never 1000 MB, which would stand beside 1 GB as if it were less."""
    if rounded(mb) < 1000:
        return _("{value:g} MB").format(value=rounded(mb))
    return _("{value:g} GB").format(value=rounded(mb / MB_PER_GB))


def percent(share: float) -> str:
    """A share as a whole percentage; never 0 % or 100 % for what is merely unlikely or likely."""
    if 0 < share < 0.01:
        return _("under 1 %")
    if 0.99 < share < 1:
        return _("over 99 %")
    return _("{value:.0f} %").format(value=100 * share)


def ratio(figure: float, low: float, high: float) -> str:
    """A ratio with its interval: `1.6 times (1.4 to 1.8)`; the interval is left out where it has no width."""
    times = _("{figure:g} times").format(figure=rounded(figure))
    if rounded(low) == rounded(high):
        return times
    return _("{times} ({low:g} to {high:g})").format(times=times, low=rounded(low), high=rounded(high))


def _long_duration(seconds: float) -> str:
    if seconds < 10 * MINUTE_S:
        return _whole(seconds, 60, _("{large} min {small} s"), _("{large} min"))
    if seconds < HOUR_S:
        return _("{value:.0f} min").format(value=seconds / MINUTE_S)
    if seconds < 10 * HOUR_S:
        five_minutes = 5 * round(seconds / (5 * MINUTE_S))
        return _whole(five_minutes, 60, _("{large} h {small} min"), _("{large} h"))
    if seconds < 36 * HOUR_S:
        return _("{value:.0f} h").format(value=seconds / HOUR_S)
    return _("{value:g} days").format(value=rounded(seconds / DAY_S))


def _whole(small_units: float, per_large: int, both: str, large_only: str) -> str:
    large, small = divmod(round(small_units), per_large)
    return both.format(large=large, small=small) if small else large_only.format(large=large)
