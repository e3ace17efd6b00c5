"""What a check compared, when it was made, and what became of a later one, in words."""

from __future__ import annotations

from datetime import datetime, tzinfo

from assistant import moments, quantities, wording
from assistant.claims.records import CheckResult, Comparison, Repeat
from assistant.language import _
from knowledge.claims import RatioCheck
from probes.candidates import CANDIDATES, find_candidate
from probes.workloads import find_workload


def name(check: RatioCheck, candidate: str) -> str:
    """What is compared, as it is called: an installed size is a framework's, whatever mode it runs in."""
    framework = find_candidate(candidate).framework
    installed = {each.distributions for each in CANDIDATES if each.framework == framework}
    if check.metric == "install_mb" and len(installed) == 1:
        return wording.framework_name(framework)
    return wording.candidate_name(candidate)


def compared(check: RatioCheck) -> str:
    """What stands above all that it is compared with: `Keras, on JAX: time of a training step, compared with`."""
    return _("{candidate}: {metric}, compared with").format(
        candidate=name(check, check.numerator), metric=wording.metric(check.metric)
    )


def against(check: RatioCheck, comparison: Comparison) -> str:
    """One of those, with the ratio: `TensorFlow, as a graph (tf.function): 1.6 times (1.4 to 1.8)`."""
    return wording.labelled(name(check, comparison.denominator), ratio(comparison))


def ratio(comparison: Comparison) -> str:
    """How many times as much it is."""
    return quantities.ratio(comparison.figure, comparison.low, comparison.high)


def measured_on(check: RatioCheck) -> str:
    """The network that was trained; empty where none plays a part."""
    if check.workload is None or check.metric == "import_s":
        return ""
    return wording.network(find_workload(check.workload))


def when_checked(check: CheckResult, zone: tzinfo, now: datetime) -> tuple[str, ...]:
    """`Decided yesterday at 14:05.`, and after it `A repeat today at 9:30 was disturbed by other processes.`"""
    told = _("Decided {when}.") if check.outcome else _("Tried {when}.")
    sentence = told.format(when=moments.when(check.checked_at, zone, now))
    return (sentence, _in_vain(check.repeat, zone, now)) if check.repeat else (sentence,)


def _in_vain(repeat: Repeat, zone: tzinfo, now: datetime) -> str:
    moment = moments.when(repeat.checked_at, zone, now)
    return {
        "disturbed": _("A repeat {when} was disturbed by other processes."),
        "failed": _("A repeat {when} failed: {problem}"),
        "not reached": _("For a repeat {when} the time was too short."),
    }[repeat.undecided].format(when=moment, problem=repeat.problem)
