"""Ladder: the networks that are measured to foretell a job, what tells most of it first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from probes.costs import costs
from probes.networks.repeats import most_repeats
from probes.report import Machine
from probes.workloads import Workload, find_workload

OPENING_RUNG = "tiny"
RUNGS = ("small", "medium")

# On these every framework can train; on Apple's half of the candidates compute on the processor.
TRAINS_ALL = ("nvidia", "tpu")

# A job is measured as it is, at once, while a step of it has no more FLOPs than this: some 0.4 s on two cores, which
# leaves every candidate time for its rounds. A GPU is taken to be a hundred times as fast.
DIRECT_STEP_FLOPS = {"cpu": 5e10, "gpu": 5e12}

# What stands for a larger job should have no more than this, and a probe takes no step with more than the second: on
# two cores they are one to several seconds.
QUICK_STEP_FLOPS = {"cpu": 2.5e10, "gpu": 2.5e12}
MOST_STEP_FLOPS = {"cpu": 1e11, "gpu": 1e13}

# The longer of the two sequences that a recurrent network is cut to has no fewer steps than this: what a step of
# training takes besides would hide them.
LEAST_STEPS = 8

# Repeats or steps, and the batch.
Size = tuple[int, int]


def probe_ladder(job: Workload, machine: Machine | None = None) -> tuple[Workload, ...]:
    """What tells most about a job in a minute: of its full ladder the largest network that is quick, then the job.

    Less of that comes in between on a GPU only, of which no corpus tells how the time grows. On the processors of the
    corpora it made no forecast better, and took time that the job itself needs.
    """
    *smaller, last = full_ladder(job, machine)
    if _kind(machine) == "cpu" and last == job:
        smaller = smaller[:1]
    return (*smaller, last)


def full_ladder(job: Workload, machine: Machine | None = None) -> tuple[Workload, ...]:
    """All that there is to measure of a job: the job itself if a step of it is quick. Else its layers with fewer
    repeats, or on shorter sequences if they are recurrent, and where that is not enough a smaller batch; then less of
    that, which shows how the time grows; then the job, if a step of it does not take too long. Smaller networks of
    the family where even that does.
    """
    kind = _kind(machine)
    if _flops(job) <= DIRECT_STEP_FLOPS[kind]:
        return (job,)
    ladder = (*_smaller(job, QUICK_STEP_FLOPS[kind]), job)
    affordable = tuple(each for each in ladder if _flops(each) <= MOST_STEP_FLOPS[kind])
    return affordable or family_rungs(job)


def family_rungs(job: Workload) -> tuple[Workload, ...]:
    """Small networks of the job's family: what is measured where nothing of the job itself can be."""
    return tuple(find_workload(f"{job.family}-{rung}") for rung in RUNGS)


def _kind(machine: Machine | None) -> str:
    """Of what the job trains on."""
    accelerators = machine.accelerators if machine is not None else ()
    return "gpu" if any(each.kind in TRAINS_ALL for each in accelerators) else "cpu"


def _smaller(job: Workload, flops: float) -> tuple[Workload, ...]:
    """As much of the job as a step with so many FLOPs allows, then less of that."""
    networks = _shorter(job, flops) if costs(job).recurrent_steps else _shallower(job, flops)
    return tuple(dict.fromkeys(each for each in networks if each != job))


def _shallower(job: Workload, flops: float) -> tuple[Workload, Workload]:
    """With fewer repeats, where that is not enough on a smaller batch.

    One block alone is the last resort: in some networks the first of a row is unlike the others.
    """
    most = most_repeats(job.layers)
    sizes = [(repeats, batch) for batch in _halved(job.batch) for repeats in range(most, min(most, 2) - 1, -1)]
    sizes.append((1, 1))
    repeats, batch = _within(flops, sizes, lambda size: _sized(job, *size))
    less = (repeats // 2, batch) if repeats > 1 else (repeats, max(batch // 2, 1))
    return _sized(job, repeats, batch), _sized(job, *less)


def _shorter(job: Workload, flops: float) -> tuple[Workload, Workload]:
    """A recurrent network on shorter sequences, to which its time is proportional; to the batch it is not, for small
    products keep a processor less busy. Where that is not enough, on a smaller batch.
    """
    lengths = [steps for steps in _halved(job.input.shape[0]) if steps >= LEAST_STEPS] or [job.input.shape[0]]
    sizes = [(steps, batch) for batch in _halved(job.batch) for steps in lengths]
    steps, batch = _within(flops, sizes, lambda size: _cut(job, *size))
    return _cut(job, steps, batch), _cut(job, max(steps // 2, 1), batch)


def _within(flops: float, sizes: Sequence[Size], network: Callable[[Size], Workload]) -> Size:
    """The first of the sizes whose network has no more FLOPs, else the last."""
    return next((size for size in sizes if _flops(network(size)) <= flops), sizes[-1])


def _sized(job: Workload, repeats: int, batch: int) -> Workload:
    return _on_batch(job.with_repeats(repeats), batch)


def _cut(job: Workload, steps: int, batch: int) -> Workload:
    return _on_batch(job.with_steps(steps), batch)


def _on_batch(job: Workload, batch: int) -> Workload:
    return job if batch == job.batch else job.with_batch(batch)


def _halved(number: int) -> list[int]:
    """The number, its half and so on, down to 1."""
    return [number >> bits for bits in range(number.bit_length())]


def _flops(workload: Workload) -> float:
    return costs(workload).training_flops
