"""One adapter per framework, all with the same functions; `probes.worker` loads exactly one of them.

Every adapter module has

    configure(mode, seed)           settings of the whole process, before anything is built
    versions()                      {distribution: version} of what it runs on
    build(workload, weights, batch, mode, tunings)
                                    the network, Adam and the eager or compiled step, ready to train
    train(model, steps)             exactly `steps` optimizer steps on the batch; see `Trained`
    loss_and_gradients(model)       the loss and {parameter name: gradient} at the present weights
    settings(model)                 what it is measured with, asked of the framework; see `probes.settings`
    device(model)                   where the network computes, as the framework names it
    device_memory_mb()              peak memory of that device in MiB, None where the framework
                                    computes on the CPU or does not tell

A framework is imported by its adapter's module, except Keras, whose backend `configure` chooses first: the time to
import is that of both together. `weights` are float32 NumPy arrays under the names and in the shapes of
`probes.networks.parameters`, gradients come back the same way; `batch` is what `probes.batches.synthetic_batch` made.
Everything computes in float32 (no TF32, no bfloat16, unless a tuning asks for it) with Adam as in `ADAM`, on the
first GPU there is, else on the CPU. `tunings` are ids of `probes.tunings`. What an adapter cannot do (a mode, a
layer, a loss, a tuning that does not apply) raises `InvalidWorkload`. `build` leaves the models built before it
usable, also where a tuning belongs to the process: whatever trains or is asked sets it first. A model and its memory
go when nothing refers to it.

What a framework compiles for a tuning that takes several steps in one call is one program for any number of them, so
that a remainder neither compiles anything nor is rounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from probes.candidates import CANDIDATES
from probes.errors import InvalidWorkload
from probes.tunings import applicable
from probes.workloads import Workload


@dataclass(frozen=True)
class Trained:
    """What a number of optimizer steps took.

    `seconds` is wall-clock, from the start of the first step until the device has finished the last one; `loss` is
    the mean over the steps of the loss before each step, so that of a single step is the loss at its start.
    """

    seconds: float
    loss: float


@dataclass(frozen=True)
class AdamSettings:
    """Hyperparameters of Adam (Kingma and Ba, arXiv 1412.6980), the same in every framework.

    Keras and scikit-learn add epsilon before the bias correction (the paper's closing remark of section 2), PyTorch
    and Optax after it. With the usual 1e-7 the losses of an MLP of three layers of 512 units differ by 2e-3 after
    five steps, with 1e-10 by 5e-5: small enough that the two are one formula. Keras 3.15 on TensorFlow furthermore
    squares the gradients of a token that occurs several times in a batch one by one, the others square their sum.
    """

    learning_rate: float = 1e-3
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-10

    def describe(self, implementation: str = "") -> str:
        """As `Settings.optimizer` has it; `implementation` is which one of several the framework uses, if it says."""
        hyperparameters = ", ".join(f"{name}={value:g}" for name, value in asdict(self).items())
        return f"Adam({hyperparameters}) {implementation}".rstrip()


ADAM = AdamSettings()


def require_mode(mode: str, modes: tuple[str, ...]) -> None:
    """Raise `InvalidWorkload` unless `mode` is one of an adapter's `modes`."""
    if mode not in modes:
        raise InvalidWorkload("Unknown mode {mode!r}; expected one of {known}.", mode=mode, known=", ".join(modes))


def require_tunings(tunings: frozenset[str], module: str, mode: str, workload: Workload, device: str) -> None:
    """Raise `InvalidWorkload` unless all `tunings` apply to this adapter in this mode, here and on this workload."""
    candidate = next(known for known in CANDIDATES if (known.module, known.mode) == (module, mode))
    expected = {tuning.id for tuning in applicable(candidate, workload, device, reduced_precision=True)}
    if unknown := tunings - expected:
        raise InvalidWorkload(
            "Tuning {tuning!r} does not apply to {candidate} on {workload} and {device}; expected some of: {known}.",
            tuning=min(unknown),
            candidate=candidate.id,
            workload=workload.id,
            device=device,
            known=", ".join(sorted(expected)) or "none",
        )


def calls(steps: int, steps_per_call: int) -> Iterator[int]:
    """How many steps each call takes: whole calls, then what remains."""
    for taken in range(0, steps, steps_per_call):
        yield min(steps_per_call, steps - taken)
