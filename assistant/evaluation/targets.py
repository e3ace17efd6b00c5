"""What Probewise should reach with an ordinary probe: the targets, and which of them an evaluation meets."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from assistant.evaluation.summary import Summary

Figure = Literal[
    "within_5_percent",
    "mean_regret",
    "worst_regret",
    "closed_gap",
    "step_time_mape",
    "memory_median",
    "coverage_90",
    "break_even_median",
]


@dataclass(frozen=True)
class Target:
    """Bounds of one figure of a `Summary`, as fractions; both bounds still meet it."""

    figure: Figure
    least: float = -math.inf
    most: float = math.inf

    def holds(self, share: float) -> bool:
        """Whether the share lies within the bounds."""
        return self.least <= share <= self.most


@dataclass(frozen=True)
class Outcome:
    """A target and what was reached of it, as a fraction; None where there is no figure."""

    target: Target
    reached: float | None

    @property
    def met(self) -> bool | None:
        """None where there is no figure."""
        return None if self.reached is None else self.target.holds(self.reached)


# Of a probe of `ORDINARY_BUDGET_S`.
TARGETS = (
    Target("within_5_percent", least=0.90),
    Target("mean_regret", most=0.02),
    Target("worst_regret", most=0.15),
    Target("closed_gap", least=0.75),
    Target("step_time_mape", most=0.10),
    Target("memory_median", most=0.05),
    Target("coverage_90", least=0.87, most=0.93),
    Target("break_even_median", most=0.20),
)


def outcomes(summary: Summary) -> list[Outcome]:
    """Every target: first those that are missed, then those without a figure, then those that are met."""
    found = (Outcome(target, getattr(summary, target.figure)) for target in TARGETS)
    return sorted(found, key=lambda outcome: (False, None, True).index(outcome.met))
