"""`probewise evaluate`: how good the forecasts and picks are on what was measured, or measuring more of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from assistant import terminal, terminal_evaluation
from assistant.errors import InvalidInput
from assistant.language import _
from probes.hardware import machine

if TYPE_CHECKING:
    from assistant.corpus.records import Corpus


def evaluate(
    quick: Annotated[bool, typer.Option("--quick", help=_("Fewer seeds: seconds instead of minutes."))] = False,
    collect: Annotated[
        bool,
        typer.Option("--collect", help=_("Measure what the corpus of this machine lacks. Takes hours; resumes.")),
    ] = False,
    publish: Annotated[
        bool, typer.Option("--publish", help=_("Keep the result beside the corpus, for the page and the README."))
    ] = False,
    of: Annotated[
        str | None,
        typer.Option("--machine", help=_("The machine whose corpus is evaluated, as its files are called.")),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help=_("Print JSON on stdout."))] = False,
) -> None:
    """Evaluate the corpus of this machine, or another if it has few jobs; or collect one."""
    from assistant.corpus.collection import collect as sweep  # noqa: PLC0415  slow libraries that no other command needs
    from assistant.corpus.records import DIRECTORY, corpora, replayed_path  # noqa: PLC0415
    from assistant.corpus.replayed import write_replayed  # noqa: PLC0415
    from assistant.evaluation.errors import replayed_forecasts  # noqa: PLC0415
    from assistant.evaluation.evaluate import evaluate as try_out  # noqa: PLC0415
    from assistant.evaluation.interviews import interviews, people  # noqa: PLC0415
    from assistant.evaluation.published import publish as keep  # noqa: PLC0415
    from assistant.evaluation.trials import truths  # noqa: PLC0415
    from knowledge.load import load  # noqa: PLC0415

    if collect and (quick or as_json):
        raise InvalidInput(_("--collect measures and evaluates nothing; expected no --quick or --json with it."))
    if collect and of is not None:
        raise InvalidInput(_("--collect measures this machine; expected no --machine with it."))
    if publish and (quick or collect):
        raise InvalidInput(_("--publish keeps a whole evaluation; expected no --quick or --collect with it."))
    if collect:
        with terminal.shares_bar() as say:
            path = sweep(DIRECTORY, say)
        terminal.say(_("Wrote {output}.").format(output=path))
        return
    everyone = corpora()
    known = {corpus: jobs for corpus in everyone if (jobs := len(truths(corpus)))}
    if not known:
        raise InvalidInput(
            _("No job in {folder} was measured in full; collect some with probewise evaluate --collect.").format(
                folder=DIRECTORY
            )
        )
    corpus = _fullest(known) if of is None else _of(of, known)
    if publish:
        corpus = replace(corpus, replayed=replayed_forecasts(corpus))
        write_replayed(replayed_path(DIRECTORY / f"{corpus.machine.fingerprint}.csv"), corpus.replayed)
    with terminal.shares_bar() as say:
        elsewhere = [each for each in everyone if each.machine.fingerprint != corpus.machine.fingerprint]
        found = try_out(corpus, elsewhere, quick=quick, say=say)
        if not quick and (interviewed := people(corpus.machine, load())):
            say(_("Interviews"), 1.0)
            found = found.model_copy(update={"interviews": interviews(interviewed, load())})
    if publish:
        terminal.say(_("Wrote {output}.").format(output=keep(found, corpus.machine, DIRECTORY)))
    terminal.show(found, terminal_evaluation.evaluation, as_json=as_json)


def _fullest(known: Mapping[Corpus, int]) -> Corpus:
    """That of this machine, if it has much to say; else the one that has the most jobs."""
    from assistant.advice.conformal import LEAST_JOBS  # noqa: PLC0415

    here = machine().fingerprint
    return max(known, key=lambda each: (each.machine.fingerprint == here and known[each] >= LEAST_JOBS, known[each]))


def _of(fingerprint: str, known: Iterable[Corpus]) -> Corpus:
    """The corpus of the machine with this fingerprint; raises `InvalidInput` where there is none."""
    by_machine = {corpus.machine.fingerprint: corpus for corpus in known}
    if fingerprint not in by_machine:
        raise InvalidInput(
            _("No job was measured in full on the machine {machine}; expected one of {known}.").format(
                machine=repr(fingerprint), known=", ".join(sorted(by_machine))
            )
        )
    return by_machine[fingerprint]
