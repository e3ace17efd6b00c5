"""Makes the small real samples that starters carry. Run it by hand: `python -m assistant.starter.make_samples`.

Three come from scikit-learn's bundled datasets; the text sample is the first sentences of the reference
documentation of four packages, to be told apart. Sources and licences stand next to each sample.
"""

from __future__ import annotations

import csv
import importlib
import inspect
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_breast_cancer, load_digits, load_wine

SAMPLES = Path(__file__).parent / "templates" / "samples"
DIGITS_PER_CLASS = 100
SENTENCES_PER_PACKAGE = 300
WINE_TARGET = "flavanoids"
DOCUMENTED_MODULES = {
    "numpy": ("numpy", "numpy.linalg", "numpy.random", "numpy.ma", "numpy.polynomial", "numpy.strings"),
    "pandas": ("pandas", "pandas.api.extensions", "pandas.api.types", "pandas.api.indexers"),
    "scikit-learn": (
        "sklearn.cluster",
        "sklearn.datasets",
        "sklearn.decomposition",
        "sklearn.ensemble",
        "sklearn.feature_extraction.text",
        "sklearn.linear_model",
        "sklearn.metrics",
        "sklearn.model_selection",
        "sklearn.neighbors",
        "sklearn.preprocessing",
        "sklearn.svm",
        "sklearn.tree",
    ),
    "scipy": (
        "scipy.integrate",
        "scipy.interpolate",
        "scipy.linalg",
        "scipy.optimize",
        "scipy.signal",
        "scipy.stats",
    ),
}
NAMES_ITS_PACKAGE = re.compile("|".join((*DOCUMENTED_MODULES, "sklearn")), re.IGNORECASE)


def main() -> None:
    """Write every sample anew."""
    SAMPLES.mkdir(exist_ok=True)
    _write_csv("breast_cancer.csv", *_table(load_breast_cancer(), target="diagnosis"))
    _write_csv("wine.csv", *_last(WINE_TARGET, *_table(load_wine(), target="cultivar")))
    _write_csv("docstrings.csv", ["text", "label"], _sentences(np.random.default_rng(0)))
    _write_digits("digits.zip")


def _table(bunch: object, target: str) -> tuple[list[str], list[list[object]]]:
    names: list[str] = [name.replace(" ", "_") for name in bunch.feature_names]  # type: ignore[attr-defined]
    classes: NDArray[np.str_] = bunch.target_names[bunch.target]  # type: ignore[attr-defined]
    values: NDArray[np.float64] = bunch.data  # type: ignore[attr-defined]
    rows = [[*(f"{value:g}" for value in row), label] for row, label in zip(values, classes, strict=True)]
    return [*names, target], rows


def _last(name: str, header: list[str], rows: list[list[object]]) -> tuple[list[str], list[list[object]]]:
    """The same table with the column `name` as the last one."""
    order = sorted(range(len(header)), key=lambda column: header[column] == name)
    return [header[column] for column in order], [[row[column] for column in order] for row in rows]


def _write_csv(name: str, header: list[str], rows: list[list[object]]) -> None:
    with (SAMPLES / name).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


def _sentences(rng: np.random.Generator) -> list[list[object]]:
    found = {
        package: {sentence for module in modules for sentence in _first_sentences(module)}
        for package, modules in DOCUMENTED_MODULES.items()
    }
    packages_of = Counter(sentence for sentences in found.values() for sentence in sentences)
    rows: list[list[object]] = []
    for package, sentences in found.items():
        own = sorted(sentence for sentence in sentences if packages_of[sentence] == 1)
        rows += [[own[index], package] for index in rng.permutation(len(own))[:SENTENCES_PER_PACKAGE]]
    return [rows[index] for index in rng.permutation(len(rows))]


def _first_sentences(module_name: str) -> Iterator[str]:
    """First sentences of the module's functions and classes, and of the public methods of its classes."""
    module = importlib.import_module(module_name)
    top = [member for name, member in inspect.getmembers(module, callable) if not name.startswith("_")]
    methods = [
        method
        for member in top
        if inspect.isclass(member)
        for name, method in vars(member).items()
        if callable(method) and not name.startswith("_")
    ]
    for member in (*top, *methods):
        paragraph = (inspect.getdoc(member) or "").split("\n\n")[0]
        sentence = " ".join(paragraph.replace("`", "").replace(":math:", "").split()).split(". ")[0].rstrip(".")
        if 5 <= len(sentence.split()) <= 30 and "(" not in sentence and not NAMES_ITS_PACKAGE.search(sentence):
            yield sentence


def _write_digits(name: str) -> None:
    """One 8x8 PNG per digit in `digits/CLASS/NUMBER.png`; 0 is black and 255 white."""
    digits = load_digits()
    with zipfile.ZipFile(SAMPLES / name, "w") as archive:
        for label in range(10):
            for number, pixels in enumerate(digits.images[digits.target == label][:DIGITS_PER_CLASS]):
                entry = zipfile.ZipInfo(f"digits/{label}/{number:03}.png")
                archive.writestr(entry, _png(pixels * (255 / 16)))


def _png(pixels: NDArray[np.float64]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels.round().astype(np.uint8)).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


if __name__ == "__main__":
    main()
