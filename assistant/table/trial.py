"""Trying simple models on a table: every one fitted and scored on the same folds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype
from sklearn.base import BaseEstimator, clone
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from assistant.errors import InvalidInput
from assistant.language import _
from assistant.table.reading import LEAST_ROWS, TOKEN, is_text, read_table
from assistant.table.records import Metric, ModelName, ModelResult, TableFacts, TableTrial
from assistant.table.scores import FOLDS

# Rows that are tried on: enough to tell models apart by a few percent, few enough for seconds.
MOST_ROWS = 10_000
# Values of a column of names that get a column of their own.
MOST_CATEGORIES = 30
MOST_WORDS = 20_000

# A network of so many rows can spare a tenth of them to see when to stop.
STOPPING_ROWS = 2_000

# A class with fewer rows than folds cannot be in each of them.
LEAST_OF_A_CLASS = FOLDS


@dataclass(frozen=True)
class _Data:
    """The inputs, with names as categories, and the values to be predicted."""

    inputs: pd.DataFrame
    wanted: np.ndarray
    texts: tuple[str, ...]
    classes: bool


def try_models(path: Path, name: str, target: str | None, seed: int = 0) -> TableTrial:
    """Read the table and fit every model on five folds of at most `MOST_ROWS` of its rows; raises `InvalidInput`."""
    frame, facts = read_table(path, name, target)
    data = _data(frame, facts, seed)
    models = tuple(_scored(model, estimator, data, seed) for model, estimator in _models(data, seed))
    metric: Metric = "accuracy" if data.classes else "r2"
    return TableTrial(facts=facts, metric=metric, sampled=len(data.inputs), models=models)


def _data(frame: pd.DataFrame, facts: TableFacts, seed: int) -> _Data:
    classes = facts.task != "tabular_regression"
    frame = frame.sample(min(len(frame), MOST_ROWS), random_state=seed)
    if classes:
        frame = _of_frequent_classes(frame, facts)
    inputs = frame.drop(columns=facts.target)
    texts = tuple(str(column) for column in inputs if is_text(inputs[column]))
    for column in inputs:
        if column in texts:
            inputs[column] = inputs[column].fillna("").astype(str)
        elif is_bool_dtype(inputs[column]):
            inputs[column] = inputs[column].astype(float)
        elif not is_numeric_dtype(inputs[column]):
            inputs[column] = inputs[column].astype("category")
    wanted = frame[facts.target].astype(str) if classes else frame[facts.target].astype(float)
    return _Data(inputs, wanted.to_numpy(), texts, classes)


def _of_frequent_classes(frame: pd.DataFrame, facts: TableFacts) -> pd.DataFrame:
    """Without the classes that are too rare for every fold; raises `InvalidInput` when too little is left."""
    frequent = frame[frame[facts.target].map(frame[facts.target].value_counts()) >= LEAST_OF_A_CLASS]
    if len(frequent) < LEAST_ROWS or frequent[facts.target].nunique() < 2:
        raise InvalidInput(
            _("Hardly any value of {column} in {name} is there {least} times; expected 2 classes or more.").format(
                column=facts.target, name=facts.name, least=LEAST_OF_A_CLASS
            )
        )
    return frequent


def _models(data: _Data, seed: int) -> Iterator[tuple[ModelName, BaseEstimator]]:
    constant = DummyClassifier() if data.classes else DummyRegressor()
    yield "constant", constant
    linear = LogisticRegression(max_iter=1000) if data.classes else Ridge()
    yield "linear", make_pipeline(_columns(data), linear)
    if data.texts:
        return
    boosting = HistGradientBoostingClassifier if data.classes else HistGradientBoostingRegressor
    yield "boosting", make_pipeline(_few_categories(data), boosting(random_state=seed))
    yield "network", make_pipeline(_columns(data), _network(data, seed))


def _network(data: _Data, seed: int) -> BaseEstimator:
    """Two hidden layers."""
    stops_early = len(data.inputs) >= STOPPING_ROWS
    options = {"hidden_layer_sizes": (64, 64), "early_stopping": stops_early, "max_iter": 500, "random_state": seed}
    if data.classes:
        return MLPClassifier(**options)
    return TransformedTargetRegressor(MLPRegressor(**options), transformer=StandardScaler())


def _columns(data: _Data) -> ColumnTransformer:
    """Numbers scaled, names as columns of 0 and 1, texts as weighted counts of words."""
    names = _names(data)
    numbers = [column for column in data.inputs if column not in {*names, *data.texts}]
    scaled = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    parts: list[tuple[str, Any, Any]] = [("numbers", scaled, numbers), ("names", _encoder(), names)]
    parts += [
        (
            f"words of {column}",
            TfidfVectorizer(token_pattern=TOKEN, ngram_range=(1, 2), max_features=MOST_WORDS),
            column,
        )
        for column in data.texts
    ]
    return ColumnTransformer([part for part in parts if part[2]])


def _few_categories(data: _Data) -> ColumnTransformer:
    """Numbers as they are: trees need no scale and take what is missing for a value."""
    return ColumnTransformer([("names", _encoder(), _names(data))], remainder="passthrough")


def _names(data: _Data) -> list[str]:
    return [str(each) for each in data.inputs if isinstance(data.inputs[each].dtype, pd.CategoricalDtype)]


def _encoder() -> OneHotEncoder:
    return OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=MOST_CATEGORIES, sparse_output=False)


def _scored(model: ModelName, estimator: BaseEstimator, data: _Data, seed: int) -> ModelResult:
    folds = (StratifiedKFold if data.classes else KFold)(FOLDS, shuffle=True, random_state=seed)
    scores, fits_s = [], []
    for fitted, held_out in folds.split(data.inputs, data.wanted):
        fresh, began = clone(estimator), time.perf_counter()
        fresh.fit(data.inputs.iloc[fitted], data.wanted[fitted])
        fits_s.append(time.perf_counter() - began)
        scores.append(float(fresh.score(data.inputs.iloc[held_out], data.wanted[held_out])))
    return ModelResult(model=model, scores=tuple(scores), fit_s=sorted(fits_s)[FOLDS // 2])
