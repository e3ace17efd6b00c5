"""How a running campaign stands, between two of its announcements."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

from probes.report import Progress, ProgressStage


@dataclass(frozen=True)
class Standing:
    """An announcement and when it was made; time goes on from there, at most to the end of what was expected, once a
    candidate has something to do.
    """

    seconds_left: float
    stage: ProgressStage = "starting"
    candidate: str | None = None
    workload: str | None = None
    seconds_spent: float = 0.0
    least_share: float = 0.0
    announced: float = field(default_factory=time.monotonic)

    def after(self, earlier: Standing) -> Standing:
        """The same, but never with a smaller share than the earlier one had reached."""
        return replace(self, least_share=max(self.least_share, earlier.progress().share))

    def progress(self) -> Progress:
        """The standing now."""
        if self.stage == "done":
            return Progress(candidate=None, stage="done", workload=None, share=1.0, seconds_left=0.0)
        since_s = 0.0 if self.candidate is None else time.monotonic() - self.announced
        left_s = max(self.seconds_left - since_s, 0.0)
        spent_s = self.seconds_spent + min(since_s, self.seconds_left)
        share = spent_s / (spent_s + left_s) if spent_s + left_s > 0 else 0.0
        return Progress(
            candidate=self.candidate,
            stage=self.stage,
            workload=self.workload,
            # Only "done" is all of it: a stage that takes longer than expected must not look finished.
            share=min(max(share, self.least_share), 0.99),
            seconds_left=left_s,
        )
