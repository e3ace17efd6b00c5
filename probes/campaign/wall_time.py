"""Where the seconds of a measurement went."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, get_args

Activity = Literal[
    "starting workers", "importing", "building", "first steps", "warming up", "timed steps", "reading memory"
]

ACTIVITIES: tuple[Activity, ...] = get_args(Activity)


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
