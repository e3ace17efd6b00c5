"""Writes the published evaluations into README.md: how good Probewise is, in English.

`python -m assistant.evaluation.document` renews the part between the two markers; a test holds that it is current.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextvars import copy_context
from pathlib import Path

from assistant import evaluation_tables, evaluation_words, wording
from assistant.evaluation.published import Published, published
from assistant.evaluation.targets import Outcome
from assistant.language import SOURCE_LANGUAGE, use_language
from knowledge.markers import with_part
from probes.words import sentences

DOCUMENT = Path(__file__).parents[2] / "README.md"

NONE = "No evaluation has been published; `probewise evaluate --publish` makes one.\n"


def with_evaluation(document: str, found: Sequence[Published]) -> str:
    """The document with the part between the markers renewed; raises `ValueError` when it has no markers."""
    return with_part(document, "evaluation", copy_context().run(_in_english, found))


def main() -> None:
    """Renew README.md."""
    document = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(with_evaluation(document, published()), encoding="utf-8")


def _in_english(found: Sequence[Published]) -> str:
    use_language(SOURCE_LANGUAGE)
    names = wording.machine_names(each.machine for each in found)
    headings = [f"#### {names[each.machine.fingerprint]}\n" if len(found) > 1 else "" for each in found]
    parts = (part for heading, each in zip(headings, found, strict=True) for part in (heading, *_parts(each)))
    return "\n".join(filter(None, parts)) or NONE


def _parts(found: Published) -> Iterator[str]:
    evaluation = found.evaluation
    yield f"{evaluation_words.what_was_done(found)} {evaluation_words.limits(found)}\n"
    yield f"{evaluation_words.targets_heading(evaluation.summary)}:\n"
    yield evaluation_tables.targets(evaluation, _met)
    told = evaluation_words.sureness(evaluation.summary), evaluation_words.break_evens(evaluation.summary)
    yield f"{sentences(*filter(None, told))}\n"
    yield f"{evaluation_words.regret_meaning()} {' '.join(evaluation_words.noise(evaluation.noise))}\n"
    yield evaluation_tables.evidence(evaluation)
    yield f"{evaluation_words.unreached(evaluation.summary)}\n"
    yield evaluation_tables.ways(evaluation)
    if tie := evaluation_words.tie_meaning(evaluation):
        yield f"{tie}\n"
    yield evaluation_tables.ways_by_budget(evaluation)
    if behind := evaluation_words.not_ahead(evaluation):
        yield f"{behind}\n"
    if evaluation.interviews:
        yield f"{evaluation_words.interviewed(evaluation.interviews)}\n"
        yield evaluation_tables.interviews(evaluation.interviews)


def _met(outcome: Outcome) -> str:
    word = evaluation_words.met(outcome)
    return word if outcome.met else f"**{word}**"


if __name__ == "__main__":
    main()
