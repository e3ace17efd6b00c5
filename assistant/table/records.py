"""What a look at a table found."""

from __future__ import annotations

from typing import Literal

from probes.records import Record

TableTask = Literal["tabular_classification", "tabular_regression", "text_classification"]
ModelName = Literal["constant", "linear", "boosting", "network"]
Metric = Literal["accuracy", "r2"]


class ModelResult(Record):
    """One model on rows that it was not fitted on: the mean of `folds`, its 90 % interval, seconds for one fit.

    `constant` always says the most frequent class, or the mean: who does no better has learned nothing.
    """

    model: ModelName
    score: float
    low: float
    high: float
    folds: int
    fit_s: float


class TableFacts(Record):
    """What the table tells of the project. `inputs` are the columns to predict `target` from; `left_out` names those
    that no model here uses (a row's own name, a date), `size_gb` is that of the file in 10^9 bytes.
    """

    name: str
    columns: tuple[str, ...]
    target: str
    task: TableTask
    rows: int
    inputs: int
    left_out: tuple[str, ...] = ()
    size_gb: float

    @property
    def answers(self) -> dict[str, object]:
        """The fields of a project that it answers."""
        told: dict[str, object] = {"task": self.task, "dataset_rows": self.rows, "dataset_gb": self.size_gb}
        return told if self.task == "text_classification" else told | {"input_size": self.inputs}


class TableTrial(Record):
    """The facts, and the models that were tried on `sampled` of its rows, scored by `metric`."""

    facts: TableFacts
    metric: Metric
    sampled: int
    models: tuple[ModelResult, ...]

    def model(self, name: ModelName) -> ModelResult | None:
        """The result of this model, if it was tried."""
        return next((each for each in self.models if each.model == name), None)

    @property
    def best_simple(self) -> ModelResult | None:
        """The better one of the linear model and the boosted trees; of two alike the one that fits faster."""
        simple = [each for each in self.models if each.model in {"linear", "boosting"}]
        if not simple:
            return None
        best = max(simple, key=lambda each: each.score)
        alike = [each for each in simple if each.high >= best.score]
        return min(alike, key=lambda each: each.fit_s)

    @property
    def network_is_better(self) -> bool:
        """Whether a small network surely does better than either."""
        network = self.model("network")
        simple = [each.high for each in self.models if each.model in {"linear", "boosting"}]
        return network is not None and bool(simple) and network.low > max(simple)
