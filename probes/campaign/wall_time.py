"""Where the seconds of a measurement went."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, get_args

Activity = Literal[
    "starting workers",
    "importing",
    "building",
    "first steps",
    "warming up",
    "timed steps",
    "reading memory",
    "memory growth",
]

ACTIVITIES: tuple[Activity, ...] = get_args(Activity)

# What a person's own script does as well, and what a figure is taken from: compiling is part of first steps, and a
# memory growth is imports, builds and steps in processes of its own.
WORK: frozenset[Activity] = frozenset(
    ("importing", "building", "first steps", "warming up", "timed steps", "memory growth")
)


def overhead_share(wall_s: Mapping[str, float], seconds: float) -> float:
    """The share of `seconds` that went into anything but `WORK`, by what each activity took (`wall_s`); 0 to 1."""
    if seconds <= 0:
        return 0.0
    worked_s = sum(spent_s for activity, spent_s in wall_s.items() if activity in WORK)
    return min(max(1 - worked_s / seconds, 0.0), 1.0)


@dataclass
class WallTime:
    """Seconds of the clock `now` by activity; what belongs to none of them is what measuring itself costs."""

    now: Callable[[], float]
    seconds: dict[Activity, float] = field(default_factory=lambda: dict.fromkeys(ACTIVITIES, 0.0))

    @contextmanager
    def spent(self, *activities: Activity) -> Iterator[None]:
        """Count what happens inside as this activity, also when it fails; as equal parts of several side by side."""
        began = self.now()
        try:
            yield
        finally:
            spent_s = self.now() - began
            for activity in activities:
                self.seconds[activity] += spent_s / len(activities)

    def move(self, seconds: float, source: Activity, target: Activity) -> None:
        """Count some of what one activity was given as another."""
        self.seconds[source] -= seconds
        self.seconds[target] += seconds
