"""scikit-learn: its multi-layer perceptron, one `partial_fit` per optimizer step.

The timed loop is that of `partial_fit` on NumPy arrays, which includes its checks of every batch. The weights are
float32; scikit-learn computes Adam's update in float64 and rounds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import sklearn
import threadpoolctl  # type: ignore[import-untyped]
from numpy.typing import NDArray
from sklearn.neural_network import MLPClassifier, MLPRegressor

from probes.batches import Batch
from probes.errors import InvalidWorkload
from probes.frameworks import ADAM, AdamSettings, Trained, require_mode, require_tunings
from probes.networks.layers import Activation, Dense
from probes.networks.shapes import place_layers
from probes.settings import Settings
from probes.workloads import Workload

MODES = ("partial_fit",)

_DEVICE = "cpu"

# A step of plain gradient descent changes a weight by the gradient times this: large, so that the gradient is not
# lost in the rounding of the weight; a power of two, so that dividing by it rounds nothing.
_DESCENT_RATE = 1024.0

Layers = list[tuple[NDArray[np.float32], NDArray[np.float32]]]


class _GivenWeights:
    """Lets an estimator begin with given weights instead of drawn ones; scikit-learn asks for them layer by layer."""

    given: Layers

    def _init_coef(self, _fan_in: int, _fan_out: int, _dtype: Any) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        kernel, bias = self.given.pop(0)
        return kernel.copy(), bias.copy()


class _Classifier(_GivenWeights, MLPClassifier):  # type: ignore[misc]
    pass


class _Regressor(_GivenWeights, MLPRegressor):  # type: ignore[misc]
    pass


@dataclass(frozen=True)
class Model:
    """An estimator, the names of its layers, and the batch as it takes it."""

    workload: Workload
    layers: tuple[str, ...]
    estimator: Any
    inputs: NDArray[np.float32]
    targets: NDArray[Any]


def configure(mode: str, seed: int) -> None:  # noqa: ARG001 - nothing is drawn: weights are given, batches not shuffled
    """Nothing to set up; raises `InvalidWorkload` for an unknown mode."""
    require_mode(mode, MODES)


def versions() -> dict[str, str]:
    """{distribution: version} of what this adapter runs on."""
    return {"scikit-learn": sklearn.__version__}


def build(
    workload: Workload,
    weights: Mapping[str, NDArray[np.float32]],
    batch: Batch,
    mode: str,
    tunings: frozenset[str] = frozenset(),
) -> Model:
    """An estimator of the workload's network that begins with these weights.

    Raises `InvalidWorkload` unless the workload is dense layers with relu between them, and, to classify, has at
    least three classes: scikit-learn gives two classes a single output, which is another network.
    """
    require_mode(mode, MODES)
    require_tunings(tunings, "scikit_learn", mode, workload, _DEVICE)
    names = _dense_layers(workload)
    layers = [(weights[f"{name}.kernel"], weights[f"{name}.bias"]) for name in names]
    # A single column of targets is expected flat.
    targets = batch.targets[:, 0] if batch.targets.shape[1:] == (1,) else batch.targets
    return Model(workload, names, _estimator(workload, layers, "adam"), batch.inputs, targets)


def train(model: Model, steps: int) -> Trained:
    """Take `steps` optimizer steps on the batch."""
    started = perf_counter()
    losses = [_step(model, model.estimator) for _ in range(steps)]
    return Trained(perf_counter() - started, float(np.mean(losses)))


def loss_and_gradients(model: Model) -> tuple[float, dict[str, NDArray[np.float32]]]:
    """The loss and the gradient of every canonical parameter at the present weights, from a step of plain descent."""
    before = _present_weights(model.estimator)
    descent = _estimator(model.workload, list(before), "sgd")
    loss = _step(model, descent)
    scale = _loss_scale(model.workload) / _DESCENT_RATE
    gradients: dict[str, NDArray[np.float32]] = {}
    for name, old, new in zip(model.layers, before, _present_weights(descent), strict=True):
        gradients[f"{name}.kernel"] = (old[0] - new[0]) * np.float32(scale)
        gradients[f"{name}.bias"] = (old[1] - new[1]) * np.float32(scale)
    return loss, gradients


def settings(model: Model) -> Settings:
    """What it is measured with; scikit-learn knows no other precision, and no promise of determinism."""
    estimator = model.estimator
    epsilon = estimator.epsilon * _loss_scale(model.workload)
    adam = AdamSettings(estimator.learning_rate_init, estimator.beta_1, estimator.beta_2, epsilon)
    return Settings(
        dtype=str(_present_weights(estimator)[0][0].dtype),
        matmul_precision="float32",
        memory_layout="contiguous",
        compile_scope="none",
        compiler="none",
        threads=max((int(pool["num_threads"]) for pool in threadpoolctl.threadpool_info()), default=1),
        optimizer=adam.describe(),
        steps_per_call=1,
        deterministic=False,
    )


def device(_model: Model) -> str:
    """Where the network computes."""
    return _DEVICE


def device_memory_mb() -> float | None:
    """None: scikit-learn computes on the CPU."""
    return None


def _dense_layers(workload: Workload) -> tuple[str, ...]:
    for position, layer in enumerate(workload.layers):
        expected = Dense if position % 2 == 0 else Activation
        if not isinstance(layer, expected) or (isinstance(layer, Activation) and layer.function != "relu"):
            raise InvalidWorkload(
                "scikit-learn has only dense layers with ReLU between them, and this network is built otherwise."
            )
    if len(workload.layers) % 2 == 0 or len(workload.input.shape) != 1:
        raise InvalidWorkload("scikit-learn needs a table as its input and a dense layer as its last.")
    if workload.loss == "cross_entropy" and workload.outputs < 3:
        raise InvalidWorkload("scikit-learn gives two classes a single output, which is another network; take three.")
    return tuple(layer.name for layer in place_layers(workload) if isinstance(layer.layer, Dense))


def _estimator(workload: Workload, layers: Layers, solver: str) -> Any:
    estimator = (_Classifier if workload.loss == "cross_entropy" else _Regressor)(
        hidden_layer_sizes=tuple(bias.size for _, bias in layers[:-1]),
        solver=solver,
        alpha=0.0,
        batch_size=workload.batch,
        learning_rate_init=ADAM.learning_rate if solver == "adam" else _DESCENT_RATE,
        beta_1=ADAM.beta_1,
        beta_2=ADAM.beta_2,
        epsilon=ADAM.epsilon / _loss_scale(workload),
        shuffle=False,
        momentum=0.0,
        nesterovs_momentum=False,
    )
    estimator.given = layers
    return estimator


def _step(model: Model, estimator: Any) -> float:
    """One call of `partial_fit`; returns the loss before it in our scale."""
    if model.workload.loss == "cross_entropy":
        classes = None if hasattr(estimator, "classes_") else np.arange(model.workload.outputs)
        estimator.partial_fit(model.inputs, model.targets, classes=classes)
        return float(estimator.loss_)
    estimator.partial_fit(model.inputs, model.targets)
    return 2 * float(estimator.loss_)


def _present_weights(estimator: Any) -> Layers:
    if not hasattr(estimator, "coefs_"):
        return list(estimator.given)
    return [
        (kernel.copy(), bias.copy()) for kernel, bias in zip(estimator.coefs_, estimator.intercepts_, strict=True)
    ]


def _loss_scale(workload: Workload) -> float:
    """Our gradient over scikit-learn's, whose squared error is halved and summed over the outputs."""
    return 1.0 if workload.loss == "cross_entropy" else 2 / workload.outputs
