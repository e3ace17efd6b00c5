"""Who takes turns in a measurement: every candidate as it comes, and, told apart, what is compared with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from probes.candidates import Candidate
from probes.tunings import applicable
from probes.workloads import Workload

# "default" is what the framework does unless told otherwise; "tuned" the same with every documented tuning that keeps
# float32, "reduced precision" with those that do not as well; "control" a second process of a default, which shows
# what differences a measurement finds where there is none; "warm start" one that finds the caches of the default;
# "memory" one whose batches grow.
Part = Literal["default", "tuned", "reduced precision", "control", "warm start", "memory"]


@dataclass(frozen=True)
class Contender:
    """A candidate in one part; each contender has a process of its own."""

    candidate: Candidate
    part: Part = "default"

    @property
    def name(self) -> str:
        """Names its worker and its samples."""
        return self.candidate.id if self.part == "default" else f"{self.candidate.id} ({self.part})"

    @property
    def twin(self) -> Contender:
        """The default that it is compared with."""
        return Contender(self.candidate)

    def tunings(self, workload: Workload, device: str) -> tuple[str, ...]:
        """Ids of the tunings it is built with on a device; none where nothing would tell it from another part."""
        kept = applicable(self.candidate, workload, device)
        every = applicable(self.candidate, workload, device, reduced_precision=True)
        if self.part == "tuned":
            return tuple(tuning.id for tuning in kept)
        return tuple(tuning.id for tuning in every) if self.part == "reduced precision" and every != kept else ()
