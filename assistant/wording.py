"""How names, figures and evidence are put into words: the page, the terminal and the starter say the same thing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import reduce
from typing import Literal

from assistant import quantities
from assistant.advice.recommendation import ForecastRow, Recommendation
from assistant.claims.records import CheckResult
from assistant.evidence import Evidence
from assistant.language import _, ngettext
from assistant.networks import network_name
from knowledge.load import load
from probes.report import Machine, ProbeReport, Progress
from probes.workloads import NAMED, Workload

# A share below this is as good as none.
WORTH_TELLING = 0.005


def framework_name(framework: str) -> str:
    """`PyTorch` for `pytorch`."""
    return load().framework(framework).name


def candidate_name(candidate: str) -> str:
    """The framework and its mode: `PyTorch, compiled with torch.compile`."""
    knowledge = load()
    name = knowledge.framework(knowledge.framework_of[candidate]).name
    return _("{framework}, {mode}").format(framework=name, mode=_(knowledge.mode(candidate).label))


def candidate_names(candidates: Collection[str]) -> str:
    """Several, set apart by semicolons for the commas in them; a framework all of whose modes are among them by its
    own name alone.
    """
    framework_of = load().framework_of
    modes, among = Counter(framework_of.values()), Counter(framework_of[candidate] for candidate in candidates)

    def name(candidate: str) -> str:
        framework = framework_of[candidate]
        return framework_name(framework) if among[framework] == modes[framework] else candidate_name(candidate)

    return apart(dict.fromkeys(map(name, candidates)))


def evidence_badge(kind: str) -> str:
    """The word that an evidence kind wears wherever a figure or reason is shown."""
    return {
        "measured": _("measured"),
        "forecast": _("forecast"),
        "corpus": _("elsewhere"),
        "cited": _("cited"),
        "you": _("you"),
    }[kind]


def framework_status(status: str) -> str:
    """Whether a framework works here, in words."""
    return {
        "usable": _("usable"),
        "unusable": _("present but unusable"),
        "missing": _("not installed"),
    }[status]


def verdict(name: str) -> str:
    """A claim's verdict, as its label reads."""
    return {
        "holds": _("holds"),
        "outdated": _("outdated"),
        "wrong": _("wrong"),
        "depends": _("depends"),
        "opinion": _("opinion"),
        "unverified": _("unverified"),
    }[name]


def outcome(name: str | None) -> str:
    """What this machine says to a claim, as its label reads."""
    return {
        "holds here": _("holds here"),
        "does not hold here": _("does not hold here"),
        "too close to call": _("too close to call"),
        None: _("not decided"),
    }[name]


def check_line(check: CheckResult) -> str:
    """What this machine said to a claim: `holds here: 40 networks. Many are there.`

    Ratios that come with what they compare are told apart from it (`claims.words.against`).
    """
    figure = None if check.comparisons else check.figure
    if isinstance(figure, float) and check.low is not None and check.high is not None:
        figure = quantities.ratio(figure, check.low, check.high)
    said = outcome(check.outcome)
    if figure is not None:
        said = _("{outcome}: {figure}").format(outcome=said, figure=figure)
    meaning = check.meaning or check.problem
    return _("{outcome}. {meaning}").format(outcome=said, meaning=meaning) if meaning else said


def standing(name: str | None) -> str:
    """Where a candidate stands on one network, in a word."""
    return {"leader": _("fastest"), "tied": _("not told apart"), "slower": _("slower"), None: ""}[name]


def time_spent(report: ProbeReport) -> str:
    """How long it took to measure, what that was spent on, the most first, and what was overhead."""
    names = {
        "starting workers": _("starting processes"),
        "importing": _("importing"),
        "building": _("building"),
        "first steps": _("first steps"),
        "warming up": _("warming up"),
        "timed steps": _("timed steps"),
        "reading memory": _("reading memory"),
        "memory growth": _("memory by batch size"),
        "between": _("between them"),
    }
    whole = quantities.duration(report.seconds)
    if not report.wall_s:  # a report of an earlier version
        return _("Measured in {time}.").format(time=whole)
    spent_s = report.wall_s | {"between": max(report.seconds - sum(report.wall_s.values()), 0.0)}
    most = sorted((name for name in spent_s if name in names), key=lambda name: -spent_s[name])
    told = clauses(
        _("{activity} {time}").format(activity=names[name], time=quantities.duration(spent_s[name])) for name in most
    )
    line = _("Measured in {time}: {activities}. Overhead (processes, reading memory, between them): {share}.")
    return line.format(time=whole, activities=told, share=quantities.percent(report.overhead_share))


def metric(name: str) -> str:
    """What a ratio compares, as a noun."""
    return {
        "step_ms": _("time of a training step"),
        "first_step_s": _("time of the first step"),
        "import_s": _("time to import"),
        "memory_mb": _("peak memory"),
        "install_mb": _("installed size"),
    }[name]


def machine_line(machine: Machine) -> str:
    """One line about the machine and what keeps workers from a part of it: `2 cores (AMD EPYC), 24 GB, no GPU`."""
    devices = clauses(accelerator.name for accelerator in machine.accelerators) or _("no GPU")
    line = ngettext(
        "{cores} core ({cpu}), {memory:.0f} GB, {devices}",
        "{cores} cores ({cpu}), {memory:.0f} GB, {devices}",
        machine.physical_cores,
    )
    facts = line.format(cores=machine.physical_cores, cpu=machine.cpu, memory=machine.memory_gb, devices=devices)
    return clauses((facts, *map(_restriction, machine.restrictions)))


def machine_names(machines: Iterable[Machine], beside: Sequence[str] = ()) -> dict[str, str]:
    """A name for each machine by fingerprint; those that look alike, or like one of `beside`, have it in the name."""
    lines = {machine.fingerprint: machine_line(machine) for machine in machines}
    taken = [*lines.values(), *beside]
    return {
        fingerprint: line if taken.count(line) == 1 else clauses((line, fingerprint[:6]))
        for fingerprint, line in lines.items()
    }


def _restriction(words: str) -> str:
    """In the reader's language; a variable with its value is the same in all."""
    cores = re.fullmatch(r"(\d+) of (\d+) cores", words)
    return _("{allowed} of {all} cores").format(allowed=cores[1], all=cores[2]) if cores else words


def stage(progress: Progress) -> str:
    """What a probe is doing now: `PyTorch, eager: building`."""
    name = {
        "starting": _("starting"),
        "importing": _("importing"),
        "building": _("building"),
        "first step": _("first step"),
        "measuring": _("measuring"),
        "waiting": _("waiting for another measurement on this machine"),
        "done": _("done"),
    }[progress.stage]
    if progress.candidate is None:
        return name
    return _("{candidate}: {stage}").format(candidate=candidate_name(progress.candidate), stage=name)


def job_line(row: ForecastRow) -> str:
    """What a candidate means for the person's job: `About 6 min 40 s per epoch (5 min 50 s to 7 min 30 s)`."""
    if row.epoch_seconds is None:
        return row.missing or _("Too little was measured to say how long your job takes.")
    line = _("About {time} per epoch").format(time=quantities.duration(row.epoch_seconds))
    if row.epoch_seconds_low is not None and row.epoch_seconds_high is not None:
        line = quantities.with_range(line, row.epoch_seconds_low, row.epoch_seconds_high)
    if row.memory_mb is not None:
        line = clauses((line, _("{memory} of memory").format(memory=job_memory(row))))
    return line


def job_memory(row: ForecastRow) -> str:
    """What the job needs, marked where it is less sure than the time beside it; empty where it is not known."""
    return "" if row.memory_mb is None else _marked(quantities.memory(row.memory_mb), row.memory_evidence, row)


def first_result(row: ForecastRow) -> str:
    """After how long the first step is done, marked as the memory is; empty where it is not known."""
    seconds = row.first_result_seconds
    return "" if seconds is None else _marked(quantities.duration(seconds), row.first_result_evidence, row)


def _marked(figure: str, evidence: Evidence | None, row: ForecastRow) -> str:
    """A figure of the row, with its evidence where that is not the row's own."""
    if evidence is None or evidence == row.evidence:
        return figure
    return _("{figure} ({evidence})").format(figure=figure, evidence=evidence_badge(evidence))


def nothing_fits_line(share: float) -> str:
    """In how many worlds nothing is left."""
    return _("In {share} of the plausible worlds nothing fits.").format(share=quantities.percent(share))


def modes_note(advice: Recommendation) -> str | None:
    """That the winner's mode was chosen without figures; None where there are some, or no other mode."""
    if advice.winner is None:
        return None
    framework = advice.winner.framework
    modes = {row.candidate for row in advice.ranking if row.framework == framework and row.excluded is None}
    if len(modes) < 2 or any(row.step_ms is not None for row in advice.forecast if row.candidate in modes):
        return None
    return _("Which mode of {framework} is faster is not measured yet; until then their ratings decide.").format(
        framework=framework_name(framework)
    )


def relaxing(*, together: bool) -> str:
    """What the answers are called that stand in the way of everything, before they are named."""
    if together:
        return _("No single answer is in the way. Changing all of these together would help:")
    return _("Changing one of these answers would help:")


def answer_label(field: str, value: object) -> str:
    """An answer as its question words it; numbers with thousands separators; unknown as `not sure`."""
    if value is None:
        return _("not sure")
    if isinstance(value, tuple | list):
        return listing(answer_label(field, each) for each in value) if value else _("none of them")
    if isinstance(value, int | float):
        return f"{value:,}"
    options = {option.value: option.label for option in load().question(field).option}
    return _(options[str(value)]) if str(value) in options else network_name(str(value))


def listing(names: Iterable[str], last: Literal["and", "or"] = "and") -> str:
    """Names as they are read out: `PyTorch, Keras and JAX`.

    By patterns for the translator, as lists are in CLDR; CLDR's own leave no space between Chinese and Latin words.
    """
    *most, final = names
    if not most:
        return final
    named = reduce(lambda names, name: _("{names}, {name}").format(names=names, name=name), most)
    sentence = _("{most} or {last}") if last == "or" else _("{most} and {last}")
    return sentence.format(most=named, last=final)


def as_sentence(text: str) -> str:
    """The text with a capital first letter, unless it begins with a name: scikit-learn has none."""
    named = any(text.startswith(framework.name) for framework in load().frameworks.values())
    return text if named else text[:1].upper() + text[1:]


def clauses(parts: Iterable[str]) -> str:
    """Parts of one sentence, or details of one thing, set off by commas: `24 GB, no GPU`."""
    return _(", ").join(parts)


def apart(parts: Iterable[str]) -> str:
    """Parts that may hold commas themselves, beside each other: `PyTorch, eager; JAX, compiled with jax.jit`."""
    return _("; ").join(parts)


def labelled(label: str, text: str) -> str:
    """What something is called, and what there is to say of it: `PyTorch, eager: it was not done in time`."""
    return _("{label}: {text}").format(label=label, text=text)


def logarithmic(title: str) -> str:
    """The title of an axis on which lengths are no amounts: `ms, lower is better, logarithmic`."""
    return clauses((title, _("logarithmic")))


def network(workload: Workload) -> str:
    """A workload in words, or by its name: `Convolutional network, 16 x 16 x 3 values in, batches of 16`."""
    family = {
        "mlp": _("Dense network"),
        "cnn": _("Convolutional network"),
        "lstm": _("Recurrent network (LSTM)"),
        "transformer": _("Transformer"),
    }.get(workload.family, workload.family)
    return _("{family}, {shape} values in, batches of {batch}").format(
        family=network_name(workload.id) if workload.id in NAMED else family,
        shape=" \u00d7 ".join(map(str, workload.input.shape)),
        batch=workload.batch,
    )
