"""When a claim was checked on this machine, and what became of a later check, in words."""

from __future__ import annotations

from datetime import datetime, tzinfo

from assistant import moments
from assistant.claims.records import CheckResult, Repeat
from assistant.language import _


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
