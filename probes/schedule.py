"""A probe session: measures in a background thread what the focus asks for, and tells how it stands at any time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from contextvars import copy_context
from pathlib import Path
from typing import Self

from probes.campaign.campaign import Campaign, Focus, Interrupted
from probes.campaign.crew import Crew, CrewClosed
from probes.campaign.ledger import Ledger
from probes.campaign.pacing import ORDINARY, Effort
from probes.campaign.standing import Standing
from probes.candidates import CANDIDATES, Candidate, find_candidate
from probes.environments import chosen_interpreters, placement_notes
from probes.hardware import machine
from probes.machine_lock import machine_to_itself
from probes.report import ProbeReport, Progress, ProgressStage
from probes.workloads import Workload

ALL_CANDIDATES: tuple[str, ...] = tuple(candidate.id for candidate in CANDIDATES)
DEFAULT_BUDGET_S = 60.0

# More than this is a slip of the pen.
MAX_BUDGET_S = 3600.0

# Workers stay ready this long for the next focus; importing all frameworks again takes a third of a budget.
IDLE_KEEP_S = 120.0

THREAD_END_S = 2.0


def probe(
    workloads: Sequence[Workload],
    candidates: Sequence[str] = ALL_CANDIDATES,
    *,
    budget_s: float = DEFAULT_BUDGET_S,
    seed: int = 0,
    on_progress: Callable[[Progress], None] | None = None,
) -> ProbeReport:
    """Measure the candidates on the workloads, the main one first, and return when done; at most `budget_s` seconds
    of measuring, after the lock of this machine is free.
    """
    with ProbeSession(candidates, budget_s=budget_s, seed=seed, on_progress=on_progress) as session:
        session.focus(workloads)
        session.start()
        session.wait()
        report = session.report()
    assert report is not None, "a finished focus has a row for every candidate"
    return report


class ProbeSession:
    """Measures the latest focus, keeps what it has measured, and keeps its workers ready for the next one.

    One session measures at a time on a machine (`lock_path`, by default the one that all share); the budget counts
    from when this one may begin with its latest focus. `interpreters` names the Python to use for a candidate, by
    default the one that runs this. `effort` says how far to go.
    """

    def __init__(
        self,
        candidates: Sequence[str] = ALL_CANDIDATES,
        *,
        budget_s: float = DEFAULT_BUDGET_S,
        seed: int = 0,
        lock_path: Path | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        interpreters: Mapping[str, str] | None = None,
        effort: Effort = ORDINARY,
    ) -> None:
        if not budget_s > 0:
            raise ValueError(f"The budget is {budget_s} s; expected more than 0.")
        self._candidates = tuple(find_candidate(candidate_id) for candidate_id in dict.fromkeys(candidates))
        self._budget_s = budget_s
        self._seed = seed
        self._effort = effort
        self._on_progress = on_progress
        self._lock_path = lock_path
        self._ledger = Ledger(self._candidates)
        self._placement = placement_notes([candidate.id for candidate in self._candidates])
        self._crew = Crew(chosen_interpreters() | dict(interpreters or {}))
        # In the caller's context: what the thread says is said in the caller's language.
        self._thread = threading.Thread(
            target=copy_context().run, args=(self._work,), name="probe session", daemon=True
        )
        self._changed = threading.Condition()
        # Guarded by `_changed`: what the thread is to do, and what it has said last.
        self._focus: Focus | None = None
        self._closing = False
        self._settled: Focus | None = None
        self._error: Exception | None = None
        self._report: ProbeReport | None = None
        self._further_budget_s = 0.0
        self._standing = Standing(budget_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def focus(self, workloads: Sequence[Workload], budget_s: float | None = None) -> None:
        """What to measure from now on: the main workload first. What is measured already is kept, and who came too
        late is tried again. `budget_s` is for this time only, in place of the session's.
        """
        if not workloads:
            raise ValueError("The focus is empty; expected at least one workload.")
        focus = Focus(tuple(dict.fromkeys(workloads)), self._budget_s if budget_s is None else budget_s)
        with self._changed:
            self._focus = focus
            self._report, self._further_budget_s = None, 0.0
            self._standing = Standing(focus.budget_s)
            self._changed.notify_all()

    def start(self) -> None:
        """Begin measuring in a background thread as soon as there is a focus."""
        self._thread.start()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until the latest focus is done; false if that took longer. Raises what broke the session itself."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_done() or self._closing, timeout_s)
            if self._error is not None:
                raise self._error
            return self._is_done()

    def wait_to_begin(self, timeout_s: float) -> None:
        """Wait until it is known whether another measures on this machine, at most so long."""
        with self._changed:
            self._changed.wait_for(lambda: self._standing.stage != "starting" or self._is_done(), timeout_s)

    def report(self) -> ProbeReport | None:
        """What is known of the latest focus, without waiting; None before the first figure."""
        with self._changed:
            return self._report

    @property
    def further_budget_s(self) -> float:
        """Seconds of a budget in which whoever came too late for the latest focus would be measured; 0 where nobody
        did, or while that is not known.
        """
        with self._changed:
            return self._further_budget_s

    @property
    def progress(self) -> Progress:
        """What is being done now."""
        with self._changed:
            return self._standing.progress()

    def close(self) -> None:
        """End every worker and free the lock, whatever is going on; may be called again."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._crew.close()
        if self._thread.is_alive():
            self._thread.join(THREAD_END_S)

    def _is_done(self) -> bool:
        return self._error is not None or (self._focus is not None and self._settled is self._focus)

    def _work(self) -> None:
        try:
            while (focus := self._next_focus()) is not None:
                with suppress(Interrupted):
                    self._measure(focus)
        except CrewClosed:
            pass
        except Exception as error:  # noqa: BLE001  told to whoever waits, who would else wait for ever
            with self._changed:
                self._error = error
        finally:
            self._crew.close()
            with self._changed:
                self._changed.notify_all()

    def _next_focus(self) -> Focus | None:
        """The focus that is to be measured; None when the session is closing."""
        with self._changed:
            while not self._closing:
                if self._focus is not None and self._settled is not self._focus:
                    return self._focus
                if not self._changed.wait(IDLE_KEEP_S):
                    self._crew.rest()
            return None

    def _measure(self, focus: Focus) -> None:
        self._say(Standing(focus.budget_s), focus)
        waiting = Standing(focus.budget_s, "waiting")
        with machine_to_itself(
            lambda: self._check(focus), self._lock_path, lambda: self._say(waiting, focus)
        ) as problem:
            self._ledger.forgive_timeouts()
            campaign = Campaign(
                focus,
                self._candidates,
                seed=self._seed,
                ledger=self._ledger,
                crew=self._crew,
                effort=self._effort,
                announce=lambda *stage: self._announce(campaign, *stage),
                check=lambda: self._check(focus),
            )
            campaign.notes.update(dict.fromkeys(self._placement))
            if problem is not None:
                campaign.notes[problem] = None
            campaign.run()
            report = campaign.report(machine())
        with self._changed:
            if self._focus is focus:
                self._report, self._settled = report, focus
                self._further_budget_s = campaign.further_budget_s
        self._say(Standing(0.0, "done"), focus)

    def _check(self, focus: Focus) -> bool:
        """Raises `Interrupted` when this focus need not be measured any more; false otherwise."""
        with self._changed:
            if self._closing or self._focus is not focus:
                raise Interrupted
        return False

    def _announce(self, campaign: Campaign, candidate: Candidate, stage: ProgressStage, workload: Workload) -> None:
        self._check(campaign.focus)
        report = campaign.report(machine())
        with self._changed:
            if self._focus is campaign.focus:
                self._report = report
        left_s, spent_s = campaign.expected_left_s, campaign.seconds
        self._say(Standing(left_s, stage, candidate.id, workload.id, spent_s), campaign.focus)

    def _say(self, standing: Standing, focus: Focus) -> None:
        with self._changed:
            if self._focus is not focus:
                return
            self._standing = standing.after(self._standing)
            progress = self._standing.progress()
            self._changed.notify_all()
        if self._on_progress is not None:
            self._on_progress(progress)
