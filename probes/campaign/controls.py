"""The control: a second process of one candidate, which shows what differences are found where there are none."""

from __future__ import annotations

from collections.abc import Sequence

from probes.campaign import pacing
from probes.campaign.bench import Bench
from probes.campaign.clock import Deadline
from probes.campaign.contenders import Contender
from probes.campaign.preparation import Preparation
from probes.words import _, sentences
from probes.workloads import Workload

# A control is chosen by lot among those that start as quickly as this. Where nobody does it is the quickest, if its
# start takes no more than a share of the time that is left: more would cost the others too much.
CONTROL_START_S, CONTROL_SHARE = 2.0, 0.1


def no_control() -> str:
    """How a note begins that says why there was no control."""
    return _(
        "No second process of a candidate ran along as a control, so it is not known what differences were found "
        "where there are none."
    )


class Controls:
    """Starts the control of the main workload, or knows why there is none."""

    def __init__(self, bench: Bench, preparation: Preparation, workload: Workload) -> None:
        self._bench = bench
        self._preparation = preparation
        self._workload = workload
        self._reason = _("All was measured before.")

    def owed(self, workload: Workload) -> bool:
        """Whether this is the workload that has one, and nothing was found out by one yet."""
        return workload == self._workload and not self._bench.ledger.has_control(workload)

    def prepared(self, ready: Sequence[Contender], deadline: Deadline) -> list[Contender]:
        """The control, warm, beside those that are ready; nobody without room and time for it."""
        if deadline.left_s < pacing.LEAST_START_S:
            self._reason = _("Time was too short to start another process.")
            return []
        if not ready:
            self._reason = _("No candidate was ready for it to run beside.")
            return []
        if len(ready) >= self._bench.crew.capacity(self._workload):
            self._reason = _("There was too little memory for another process.")
            return []
        chosen = self._chosen(ready, deadline)
        if not chosen:
            self._reason = _("Time was too short to start another process.")
            return []
        prepared = self._preparation.prepare(chosen, self._workload, deadline, beside=ready)
        self._reason = (
            _("Time was too short for enough rounds of it.") if prepared else _("It could not be started in time.")
        )
        return prepared

    def missing(self) -> str | None:
        """A note that there was no control and why; None where one was compared with its twin, or nothing
        was measured.
        """
        if not self._bench.ledger.lacks_control(self._workload):
            return None
        return sentences(no_control(), self._reason)

    def _chosen(self, ready: Sequence[Contender], deadline: Deadline) -> list[Contender]:
        """A second process of one of those that start quickly, chosen by lot unless there is one from before."""
        defaults = [Contender(each.candidate, "control") for each in ready if each.part == "default"]
        quick = [each for each in defaults if each.candidate.import_s + each.candidate.network_s <= CONTROL_START_S]
        living = [each for each in quick if self._bench.crew.imported(each)]
        if quick:
            return living[:1] or [quick[self._bench.order.integers(len(quick))]]
        starts_s = {each: self._bench.expected_start_s(each, self._workload) for each in defaults}
        quickest = min(defaults, key=starts_s.__getitem__, default=None)
        fits = quickest is not None and starts_s[quickest] <= CONTROL_SHARE * deadline.left_s
        return [quickest] if quickest is not None and fits else []
