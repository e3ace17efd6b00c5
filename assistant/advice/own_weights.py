"""Own weights: how much each criterion counts, said by the person instead of following from the answers by rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from assistant.advice.ranking import weights
from assistant.advice.worlds import certain
from assistant.errors import InvalidInput
from assistant.language import _
from knowledge.collection import Entry, Knowledge
from knowledge.load import load
from knowledge.schema import WeightRule
from knowledge.vocabulary import CRITERIA

LARGEST = 10.0


class OwnWeight(WeightRule):
    """A weight that the person gave: it holds whatever the answers, and may be 0."""

    factor: Annotated[float, Field(ge=0, le=LARGEST)]


def importance(knowledge: Knowledge, answers: Mapping[str, Any]) -> dict[str, float]:
    """How much each criterion counts by the knowledge's rules, from 0 to `LARGEST`, which the first of them has."""
    by_rules = weights(certain(answers), knowledge)[:, 0]
    return {
        criterion: float(LARGEST * weight / by_rules.max())
        for criterion, weight in zip(CRITERIA, by_rules, strict=True)
    }


def weighted(knowledge: Knowledge, own: Mapping[str, Any]) -> Knowledge:
    """The knowledge with the person's weights, 0 to `LARGEST` for every criterion, in place of its weight rules.

    Raises `InvalidInput`.
    """
    _check(own)
    kept = [entry for entry in knowledge.entries if not isinstance(entry.record, WeightRule)]
    return Knowledge((*kept, *(Entry("", "weight", _rule(criterion, weight)) for criterion, weight in own.items())))


def knowing(own: Mapping[str, Any]) -> Knowledge:
    """All knowledge, with the person's weights if there are any."""
    return weighted(load(), own) if own else load()


def own_weights(knowledge: Knowledge) -> dict[str, float]:
    """The weights that `weighted` was given; none where rules decide."""
    return {rule.criterion: rule.factor for rule in knowledge.weights if isinstance(rule, OwnWeight)}


def _check(own: Mapping[str, Any]) -> None:
    if sorted(own) != sorted(CRITERIA):
        raise InvalidInput(
            _("Got weights for {given}; expected one for each of {known}.").format(
                given=", ".join(own) or "-", known=", ".join(CRITERIA)
            )
        )
    for criterion, weight in own.items():
        if not (isinstance(weight, int | float) and 0 <= weight <= LARGEST):
            raise InvalidInput(
                _("The weight of {criterion} is {weight}; expected 0 to {largest:g}.").format(
                    criterion=criterion, weight=weight, largest=LARGEST
                )
            )
    if not any(own.values()):
        raise InvalidInput(_("All weights are 0; give one criterion more at least."))


def _rule(criterion: str, weight: float) -> OwnWeight:
    return OwnWeight.model_validate(
        {
            "id": f"weight-of-the-person-{criterion}".replace("_", "-"),
            "criterion": criterion,
            "when": {},
            "factor": weight,
            "reason": _("you gave it this weight"),
        }
    )
