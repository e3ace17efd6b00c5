"""The person's job in words: from when on a slower start pays, and whether it fits into memory."""

from __future__ import annotations

import math
from collections.abc import Iterable

from assistant import quantities, wording
from assistant.advice.estimates import MB_PER_GB
from assistant.advice.recommendation import BreakEven, ForecastRow
from assistant.language import _
from probes.words import sentences


def break_even(found: BreakEven, steps_per_epoch: int) -> str:
    """`Keras on JAX has caught up with PyTorch after about 840 (600 to 1,200) steps, in epoch 5.`"""
    names = {"sooner": wording.candidate_name(found.sooner), "later": wording.candidate_name(found.later)}
    if found.steps is not None:
        return _("{later} has caught up with {sooner} after about {steps} steps, in epoch {epoch:,}.").format(
            **names,
            steps=_with_range(count(found.steps), found),
            epoch=math.ceil(found.steps / steps_per_epoch),
        )
    if found.steps_low is not None and found.steps_low < 2:
        return _("Whether {sooner} or {later} is ahead cannot be told: too little is known of both.").format(**names)
    if found.steps_low is not None:
        return _("{later} may never catch up with {sooner}; if it does, after {low} steps or more.").format(
            **names, low=count(found.steps_low)
        )
    return _("{later} never catches up with {sooner}: its steps are no shorter.").format(**names)


def without_forecast(rows: Iterable[ForecastRow]) -> dict[str, tuple[str, ...]]:
    """Why nothing is foretold: each reason, as sentences, with the candidates it is true of."""
    lacking: dict[str, tuple[str, ...]] = {}
    for row in rows:
        if row.epoch_seconds is None:
            why = row.missing or _("Too little was measured to say how long your job takes.")
            lacking[why] = (*lacking.get(why, ()), row.candidate)
    return lacking


def measured_elsewhere(rows: Iterable[ForecastRow]) -> str | None:
    """Of all candidates, whose figures are those of another machine, which is named, and how they got here; None
    where nobody's are.
    """
    known = [row for row in rows if row.evidence]
    borrowed = [row for row in known if row.measured_on]
    if not borrowed:
        return None
    carried = _(
        "Not measured here: {candidates}. What they took on another machine ({machine}) is carried over by what "
        "others take on both."
    )
    alone = _(
        "Not measured here: {candidates}. These are figures of another machine ({machine}); how fast this one is, "
        "nothing has shown yet."
    )
    return (alone if len(borrowed) == len(known) else carried).format(
        candidates=wording.candidate_names([row.candidate for row in borrowed]), machine=borrowed[0].measured_on
    )


def epoch_unit(rows: Iterable[ForecastRow]) -> quantities.TimeUnit:
    """The unit of an axis with the epochs of all these and their intervals."""
    return quantities.time_unit(max(row.epoch_seconds_high or row.epoch_seconds or 0.0 for row in rows))


def short_of_memory(row: ForecastRow, batch: int) -> str | None:
    """What to do where the job's memory may not be there; None where it is, or where nothing is known."""
    if row.memory_mb is None or row.memory_gb is None:
        return None
    limit_mb = row.memory_gb * MB_PER_GB
    if (row.memory_mb_high or row.memory_mb) <= limit_mb:
        return None
    needs = _("{candidate} needs about {memory} of the {limit} there are.").format(
        candidate=wording.candidate_name(row.candidate),
        memory=quantities.memory(row.memory_mb),
        limit=quantities.memory(limit_mb),
    )
    return sentences(needs, _instead(row, batch))


def count(number: float) -> str:
    """A number of things to two significant digits: `1,200`."""
    return f"{round(quantities.rounded(number)):,}"


def at_most(number: int) -> int:
    """A largest number of things to two significant digits, never more than it is."""
    unit: int = 10 ** max(len(str(number)) - quantities.SIGNIFICANT_DIGITS, 0)
    return number // unit * unit


def _instead(row: ForecastRow, batch: int) -> str:
    if row.largest_batch == 0:
        return _("Not even one example surely fits: take a smaller network or smaller inputs, or another machine.")
    if row.largest_batch is None or row.largest_batch >= batch:
        return _("If it does not fit, halve the batch and add up the gradients of two.")
    return _(
        "A batch of {largest:,} should fit: add up the gradients of {parts:,} such batches before each update, or "
        "keep fewer activations (checkpointing)."
    ).format(largest=at_most(row.largest_batch), parts=math.ceil(batch / at_most(row.largest_batch)))


def _with_range(steps: str, found: BreakEven) -> str:
    low = count(found.steps_low or 1.0)
    if found.steps_high is None:
        return _("{steps} ({low} or more)").format(steps=steps, low=low)
    high = count(found.steps_high)
    return steps if low == high else _("{steps} ({low} to {high})").format(steps=steps, low=low, high=high)
