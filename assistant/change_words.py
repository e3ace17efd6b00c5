"""What would change the answer, in words: the same on the page, in the terminal and in the record."""

from __future__ import annotations

from collections.abc import Iterable

from assistant import wording
from assistant.advice.recommendation import AnswerChange, DoubleFlip, Flip, Recommendation
from assistant.conversation.questions import phrasing
from assistant.language import _
from assistant.project import Project
from knowledge.load import load


def question(field: str, project: Project) -> str:
    """The question's text as it is put for these answers."""
    return _(phrasing(load().question(field), project)[0])


def changes(advice: Recommendation, project: Project) -> tuple[str, ...]:
    """The smallest changes that make others the winner, those of one answer first."""
    return tuple(flip_line(flip, project) for flip in all_flips(advice))


def all_flips(advice: Recommendation) -> tuple[Flip | DoubleFlip, ...]:
    """Those of one answer first."""
    return *advice.flips, *advice.double_flips


def flip_line(flip: Flip | DoubleFlip, project: Project) -> str:
    """What changes and whom it makes the winner: `"Where will it run?" A phone instead of a server: Keras`."""
    changed = wording.listing(_answer_change(change, project) for change in parts(flip))
    return wording.labelled(changed, wording.framework_name(flip.winner))


def parts(flip: Flip | DoubleFlip) -> tuple[AnswerChange, ...]:
    """The answers that change, one or two."""
    return flip.changes if isinstance(flip, DoubleFlip) else (flip,)


def steadfast_line(frameworks: Iterable[str]) -> str:
    """Whom no small change makes the winner."""
    names = wording.listing(map(wording.framework_name, frameworks), last="or")
    return _("No change of one or two answers was found that makes {names} the winner.").format(names=names)


def _answer_change(change: AnswerChange, project: Project) -> str:
    return _('"{question}" {to} instead of {before}').format(
        question=question(change.field, project),
        to=wording.answer_label(change.field, change.to),
        before=wording.answer_label(change.field, change.from_),
    )
