"""One adapter per framework, all with the same functions; `probes.worker` loads exactly one of them.

Every adapter module has

    configure(mode, seed)                     settings of the whole process, before anything is built
    versions()                                {distribution: version} of what it runs on
    build(workload, weights, batch, mode)     the network, Adam and the eager or compiled step, ready to train
    train(model, steps)                       `steps` optimizer steps on the batch; see `Trained`
    loss_and_gradients(model)                 the loss and {parameter name: gradient} at the present weights
    device(model)                             where the network computes, as the framework names it
    device_memory_mb()                        peak memory of that device in MiB, None where the framework
                                              computes on the CPU or does not tell

A framework is imported by its adapter's module, except Keras, whose backend `configure` chooses first: the time to
import is that of both together. `weights` are float32 NumPy arrays under the names and in the shapes of
`probes.parameters`, gradients come back the same way; `batch` is the pair of `probes.batches.synthetic_batch`.
Everything computes in float32 (no TF32, no bfloat16) with Adam as in `ADAM`, on the first GPU there is, else on the
CPU. What an adapter cannot do (a mode, a layer, a loss) raises `InvalidWorkload`. `build` leaves the models built
before it usable; a model and its memory go when nothing refers to it.
"""

from __future__ import annotations

from dataclasses import dataclass

from probes.errors import InvalidWorkload


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


ADAM = AdamSettings()


def require_mode(mode: str, modes: tuple[str, ...]) -> None:
    """Raise `InvalidWorkload` unless `mode` is one of an adapter's `modes`."""
    if mode not in modes:
        raise InvalidWorkload(f"Unknown mode {mode!r}; expected one of {', '.join(modes)}.")
