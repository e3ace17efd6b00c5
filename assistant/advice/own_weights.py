"""Own weights: how much each criterion counts, said by the person instead of following from the answers by rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assistant.advice.ranking import weights
from assistant.advice.worlds import certain
from assistant.errors import InvalidInput
from assistant.language import _
from knowledge.collection import Entry, Knowledge
from knowledge.load import load
from knowledge.schema import WeightRule
from knowledge.vocabulary import CRITERIA

LARGEST = 10.0

# Rules multiply, so a weight cannot be zero; this is as good as none.
NEXT_TO_NOTHING = 1e-3

# Of the ids of the rules that a person's weights are turned into.
PREFIX = "weight-of-the-person-"


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
    rules = [rule for rule in knowledge.weights if rule.id.startswith(PREFIX)]
    return {rule.criterion: 0.0 if rule.factor == NEXT_TO_NOTHING else rule.factor for rule in rules}


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


def _rule(criterion: str, weight: float) -> WeightRule:
    return WeightRule.model_validate(
        {
            "id": f"{PREFIX}{criterion}".replace("_", "-"),
            "criterion": criterion,
            "when": {},
            "factor": max(weight, NEXT_TO_NOTHING),
            "reason": _("you gave it this weight"),
        }
    )
