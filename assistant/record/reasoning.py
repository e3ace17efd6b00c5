"""What was decided and why, what that means, and what would change it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from assistant import change_words, quantities, wording
from assistant.advice.recommendation import Contribution, Reason, Recommendation
from assistant.language import _, ngettext
from assistant.record.basis import Basis
from assistant.record.document import (
    Block,
    Bullets,
    Column,
    Heading,
    Line,
    Notice,
    Paragraph,
    Piece,
    Section,
    Strong,
    Table,
    columns,
)
from assistant.record.sources import Citations, badge
from knowledge.load import load
from knowledge.vocabulary import CRITERIA
from probes.candidates import find_candidate


def decision(basis: Basis) -> Section:
    """The winner, how sure that is, what speaks for it, and why it is none of the others."""
    return Section("decision", _("Decision"), tuple(_decision(basis)))


def criteria(advice: Recommendation) -> Section:
    """What each criterion adds to the score of each framework's best candidate."""
    return Section("criteria", _("What each criterion adds"), tuple(_criteria(advice)))


def consequences(basis: Basis) -> Section:
    """What the team gets, has to do and does without."""
    return Section("consequences", _("Consequences"), tuple(_consequences(basis)))


def changes(basis: Basis) -> Section:
    """Which answers would make another framework the winner, and which are still missing."""
    return Section("changes", _("What would change it"), tuple(_changes(basis)))


def _decision(basis: Basis) -> Iterator[Block]:
    advice = basis.advice
    yield Paragraph(Strong(basis.verdict))
    if advice.winner is None:
        return
    yield Paragraph(_margin(advice))
    if advice.simpler_first:
        yield Notice((Strong(_("Try something simpler first.")), advice.simpler_first, *_simpler_evidence(basis)))
    if advice.table and advice.table != advice.simpler_first:
        yield Paragraph(advice.table)
    winner = advice.winner.framework
    if advice.reasons:
        yield Heading(_("What speaks for {framework}").format(framework=wording.framework_name(winner)))
        yield _bullets(advice.reasons, basis.cited)
    for framework in _others(advice):
        yield from _why_not(framework, basis)
    yield from _other_modes(basis)


def _margin(advice: Recommendation) -> str:
    assert advice.winner is not None
    if advice.runner_up is None:
        return _("No other framework is left to choose from.")
    first, second = (advice.frameworks[each.framework] for each in (advice.winner, advice.runner_up))
    points = round(100 * (first - second))
    line = ngettext(
        "{winner} is the best choice in {share} of plausible worlds, {second} in {other}: {points} percentage point "
        "lies between them.",
        "{winner} is the best choice in {share} of plausible worlds, {second} in {other}: {points} percentage points "
        "lie between them.",
        points,
    )
    return line.format(
        winner=wording.framework_name(advice.winner.framework),
        share=quantities.percent(first),
        second=wording.framework_name(advice.runner_up.framework),
        other=quantities.percent(second),
        points=points,
    )


def _others(advice: Recommendation) -> list[str]:
    """The frameworks that could be used but are not recommended, the likeliest first."""
    assert advice.winner is not None
    usable = dict.fromkeys(ranked.framework for ranked in advice.ranking if ranked.excluded is None)
    return [framework for framework in usable if framework != advice.winner.framework]


def _why_not(framework: str, basis: Basis) -> Iterator[Block]:
    advice = basis.advice
    heading = _("What speaks against {framework}") if framework in advice.tie else _("Why not {framework}?")
    yield Heading(heading.format(framework=wording.framework_name(framework)))
    share = quantities.percent(advice.frameworks[framework])
    yield Paragraph(_("It is the best choice in {share} of plausible worlds.").format(share=share))
    reasons = advice.why_not.get(framework, ())
    if reasons:
        yield _bullets(reasons, basis.cited)
    else:
        yield Paragraph(_("Nothing much: it is as good, only slightly less likely to be the best."))


def _other_modes(basis: Basis) -> Iterator[Block]:
    """What each usable mode lacks beside the best one of its framework; why the others are excluded stands above."""
    excluded = {ranked.candidate for ranked in basis.advice.ranking if ranked.excluded}
    usable = {mode: against for mode, against in basis.advice.other_modes.items() if mode not in excluded}
    if usable:
        yield Heading(_("Why not another mode?"))
        yield Paragraph(_("Each beside the best mode of its framework."))
    for mode, against in usable.items():
        yield Paragraph(Strong(wording.candidate_name(mode)))
        yield _bullets(against, basis.cited) if against else Paragraph(_("Nothing much: it is as good."))


def _simpler_evidence(basis: Basis) -> tuple[Piece, ...]:
    facts = basis.advice.simpler_first_facts
    return basis.cited.cited(facts) if facts else (badge("measured"),)


def _bullets(reasons: tuple[Reason, ...], cited: Citations) -> Bullets:
    return Bullets(tuple(map(cited.reason, reasons)))


def _criteria(advice: Recommendation) -> Iterator[Block]:
    if not advice.contributions:
        yield Paragraph(_("No candidate has a score."))
        return
    added = {(each.candidate, each.criterion): each for each in advice.contributions}
    candidates = tuple(dict.fromkeys(each.candidate for each in advice.contributions))
    names = map(wording.candidate_name, candidates)
    yield Table(
        columns=(Column(_("Criterion")), *columns(_("Weight"), *names, figures=True)),
        rows=(
            *(_criterion([added[candidate, criterion] for candidate in candidates]) for criterion in CRITERIA),
            (Strong(_("Score")), "", *(_score(candidate, advice) for candidate in candidates)),
        ),
        total=True,
    )
    if advice.own_weights:
        yield Paragraph(_("The weights were set by hand, in place of those that follow from the answers."))
    yield Paragraph(
        _(
            "A criterion adds its weight times its value, in the mean of the plausible worlds in which the candidate "
            "can be used. Where these worlds differ, so does the weight. Each figure is rounded by itself, the score "
            "as well."
        )
    )
    stand_ins = tuple(_stand_ins(advice))
    if stand_ins:
        yield Paragraph(_("Not measured, so what is usual of the others stands in:"))
        yield Bullets(stand_ins)


def _stand_ins(advice: Recommendation) -> Iterator[str]:
    """For each criterion, whose part of the score rests on no figure."""
    for criterion in CRITERIA:
        parts = [each for each in advice.contributions if each.criterion == criterion and each.evidence is None]
        if parts:
            names = wording.listing(wording.candidate_name(each.candidate) for each in parts)
            yield wording.labelled(_(load().scales[criterion].label), names)


def _criterion(row: list[Contribution]) -> tuple[Line, ...]:
    label = _(load().scales[row[0].criterion].label)
    return label, _weight(row), *(f"{each.contribution:.3f}" for each in row)


def _weight(row: list[Contribution]) -> str:
    """The weight of one criterion, from the least to the most where the candidates differ."""
    ends = (end(each.weight for each in row) for end in (min, max))
    low, high = (f"{weight:.3f}" for weight in ends)
    return low if low == high else _("{low} to {high}").format(low=low, high=high)


def _score(candidate: str, advice: Recommendation) -> Strong:
    return Strong(f"{sum(each.contribution for each in advice.contributions if each.candidate == candidate):.3f}")


def _consequences(basis: Basis) -> Iterator[Block]:
    advice = basis.advice
    if advice.winner is None:
        yield Paragraph(_("Nothing can be decided before one of the answers changes."))
        return
    yield Bullets(tuple(_follows(basis)))
    lacking = advice.why_not.get(advice.winner.framework, ())
    if lacking and advice.runner_up:
        chosen, rival = (wording.framework_name(each.framework) for each in (advice.winner, advice.runner_up))
        yield Paragraph(_("What {framework} lacks beside {rival}:").format(framework=chosen, rival=rival))
        yield _bullets(lacking, basis.cited)


def _follows(basis: Basis) -> Iterator[Line]:
    names = wording.listing(map(wording.candidate_name, basis.recommended), last="or")
    yield _("The project is written for {candidate}.").format(candidate=names)
    jobs = tuple(basis.jobs())
    yield from jobs or (_("How long the job takes is not known; measure before you plan with it."),)
    versions = basis.report.versions if basis.report else {}
    needed = chain.from_iterable(find_candidate(candidate).distributions for candidate in basis.recommended)
    pins = [f"{name} {versions[name]}" for name in dict.fromkeys(needed) if name in versions]
    if pins:
        line = _("The figures hold for {versions}; pin them, and measure again before an update.")
        yield line.format(versions=wording.listing(pins))


def _changes(basis: Basis) -> Iterator[Block]:
    advice = basis.advice
    if advice.winner is None:
        yield Paragraph(wording.relaxing(together=advice.relax_together))
        yield Bullets(tuple(map(basis.question, advice.relax)))
        return
    if advice.flips:
        titles = columns(_("Question"), _("Answer now"), _("Answer that changes it"), _("Then recommended"))
        yield Table(titles, tuple(_flips(basis)))
    else:
        yield Paragraph(_("No change of one answer was found that makes another framework the winner."))
    if advice.double_flips:
        yield Paragraph(_("Two answers together would change it as well:"))
        yield Bullets(tuple(change_words.flip_line(flip, basis.project) for flip in advice.double_flips))
    if advice.steadfast:
        yield Paragraph(change_words.steadfast_line(advice.steadfast))
    yield from _unknown(basis)


def _unknown(basis: Basis) -> Iterator[Block]:
    """The open questions: those that a rule or the forecast depends on, then the others."""
    moving = [field for field in basis.advice.unknown if field in basis.moving]
    idle = [field for field in basis.advice.unknown if field not in basis.moving]
    if moving:
        yield Paragraph(_("Not known yet, and able to move the shares:"))
        yield Bullets(tuple(map(basis.question, moving)))
    if idle:
        yield Paragraph(_("Not known either, but nothing depends on it here:"))
        yield Bullets(tuple(map(basis.question, idle)))


def _flips(basis: Basis) -> Iterator[tuple[Line, ...]]:
    for flip in basis.advice.flips:
        yield (
            basis.question(flip.field),
            wording.answer_label(flip.field, flip.from_),
            Strong(wording.answer_label(flip.field, flip.to)),
            wording.framework_name(flip.winner),
        )
