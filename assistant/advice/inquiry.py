"""Inquiry: a project with what was measured and what is known, and the scores that follow from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from assistant.advice.criteria import Situation
from assistant.advice.eligibility import exclusions, exclusions_by_worlds
from assistant.advice.explanation import Case
from assistant.advice.flips import Changes, Search, flips
from assistant.advice.forecast import Forecaster
from assistant.advice.ranking import DRAWS, Standing, central_scores, drawn_scores, rank
from assistant.advice.recommendation import Exclusion
from assistant.advice.situation import situation_of
from assistant.advice.worlds import Worlds, sample
from assistant.conversation.questions import changed
from assistant.language import _
from assistant.project import Project
from assistant.target import Target, target, weighed_answers
from knowledge.collection import Knowledge
from probes.candidates import CANDIDATES, FRAMEWORKS
from probes.report import Machine

# A flip is confirmed with this many draws: the winner's share is then known to about two hundredths.
CONFIRMING_DRAWS = 1_500

# In place of a rule's id, where a measurement excludes a candidate.
FAILED_HERE = "failed-here"


@dataclass(frozen=True)
class Inquiry:
    """What is asked: the project, what was measured, the machine the person sits at, the rules, the draws' seed."""

    project: Project
    forecaster: Forecaster
    machine: Machine | None
    knowledge: Knowledge
    seed: int

    @cached_property
    def job(self) -> Target:
        """The project's workload and how long it is trained."""
        return target(self.project, self.machine)

    @cached_property
    def case(self) -> Case:
        """The central scores, and what they rest on."""
        answers = weighed_answers(self.project, self.machine)
        situation = situation_of(self.project, self.forecaster, self.machine)
        worlds = sample(answers, self.knowledge, DRAWS, self.seed)
        return Case(
            answers=answers,
            worlds=worlds,
            scores=central_scores(answers, situation, self.knowledge),
            drawn=drawn_scores(worlds, situation, self.knowledge, self.seed),
            situation=situation,
            excluded=self._excluded(answers, worlds, situation),
            workload_id=self.job.workload.id,
            knowledge=self.knowledge,
        )

    def _excluded(
        self, answers: Mapping[str, Any], worlds: Worlds, situation: Situation
    ) -> dict[str, tuple[Exclusion, ...]]:
        by_rules = exclusions_by_worlds(worlds, self.knowledge) | exclusions(answers, self.knowledge)
        failed = self._failed_here(situation)
        return {
            candidate.id: found
            for candidate in CANDIDATES
            if (found := (*by_rules.get(candidate.id, ()), *failed.get(candidate.id, ())))
        }

    def _failed_here(self, situation: Situation) -> dict[str, tuple[Exclusion]]:
        """The candidates that cannot do this very job on this machine, for they tried."""
        source = self.job.workload.id
        fix = _("Choose a smaller job, or mend what failed and measure again.")
        return {
            candidate: (
                Exclusion(reason=error, fix=fix, rule=FAILED_HERE, facts=(), source=source, evidence="measured"),
            )
            for candidate, error in situation.failed.items()
        }

    def _changed(self, changes: Changes) -> Inquiry:
        """What is asked once these answers are changed."""
        answers = {change.field: change.after for change in changes}
        return replace(self, project=changed(self.project, answers, self.knowledge))

    def _answers_after(self, changes: Changes) -> dict[str, Any]:
        """What is known once these answers are changed."""
        return weighed_answers(self._changed(changes).project, self.machine) if changes else dict(self.case.answers)

    def _winner_after(self, changes: Changes) -> str | None:
        """The framework that wins once these answers are changed; None when nothing is left."""
        other = self._changed(changes)
        situation = situation_of(other.project, self.forecaster, self.machine)
        answers = weighed_answers(other.project, self.machine)
        order = rank(answers, situation, self.knowledge, seed=self.seed, draws=CONFIRMING_DRAWS).order
        return FRAMEWORKS[order[0]] if order else None

    def flips(self, outcome: Standing, rivals: Sequence[str]) -> dict[str, Changes]:
        """The smallest changes of answers that make each of the rivals win, where `outcome` is that without any."""
        case = self.case
        search = Search(
            case.answers,
            case.situation,
            case.knowledge,
            self.seed,
            outcome.frameworks,
            after=self._answers_after,
            confirm=self._winner_after,
        )
        return flips(search, rivals)
