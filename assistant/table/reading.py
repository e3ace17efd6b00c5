"""Reading a table: its columns, what is to be predicted, and what that makes of the project."""

from __future__ import annotations

import codecs
import csv
import re
import warnings
from io import BytesIO, StringIO
from pathlib import Path
from statistics import fmean

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_integer_dtype, is_numeric_dtype

from assistant.errors import InvalidInput
from assistant.language import _
from assistant.table.records import TableFacts, TableTask

# To find out what separates the columns.
SNIFFED_BYTES = 64_000
SEPARATORS = ",;\t|"

# Numbers with more different values than this are amounts, not classes.
MOST_NUMERIC_CLASSES = 20
MOST_CLASSES = 100
LEAST_ROWS = 50
MOST_COLUMNS = 5_000

# A column of words rather than of names: so many words in a cell, on average.
TEXT_WORDS = 4.0

# A word, or one sign of a writing that sets no spaces between words.
SIGNS = "\u3040-\u30ff\u3400-\u9fff"
TOKEN = rf"[{SIGNS}]|[^\W{SIGNS}]+"

# A column in which nearly every row has a value of its own names the row.
NAMING_SHARE = 0.95


def read_table(path: Path, name: str, target: str | None) -> tuple[pd.DataFrame, TableFacts]:
    """The rows that have the target, and what they tell; `target` is the last column unless named.

    Raises `InvalidInput` for what is no table of comma-separated values, or one that nothing can be learned from.
    """
    frame = _frame(path, name)
    columns = tuple(map(str, frame.columns))
    frame.columns = pd.Index(columns)
    wanted = target or columns[-1]
    if wanted not in columns:
        raise InvalidInput(
            _("{name} has no column {column!r}; expected one of {columns}.").format(
                name=name, column=wanted, columns=", ".join(columns[:20])
            )
        )
    frame = frame.dropna(subset=[wanted]).reset_index(drop=True)
    if len(frame) < LEAST_ROWS:
        raise InvalidInput(
            _("{name} has {rows} rows with a value in {column}; expected {least} or more.").format(
                name=name, rows=len(frame), column=wanted, least=LEAST_ROWS
            )
        )
    inputs = [column for column in columns if column != wanted and _tells(frame[column])]
    texts = [column for column in inputs if is_text(frame[column])]
    if 2 * len(texts) < len(inputs):
        # A remark beside many other columns does not make a text of the table.
        inputs, texts = [column for column in inputs if column not in texts], []
    left_out = tuple(column for column in columns if column not in {wanted, *inputs})
    if not inputs:
        raise InvalidInput(
            _("{name} has no column to predict {column} from; expected one or more.").format(name=name, column=wanted)
        )
    facts = TableFacts(
        name=name,
        columns=columns,
        target=wanted,
        task=_task(frame[wanted], name, texts=bool(texts)),
        rows=len(frame),
        inputs=len(inputs),
        left_out=left_out,
        size_gb=path.stat().st_size / 1e9,
    )
    return frame[[*inputs, wanted]], facts


def column_names(table: bytes) -> tuple[str, ...]:
    """The columns of a table by name, as `read_table` calls them; none where it is no table."""
    try:
        head = _head(table)
        return tuple(map(str, pd.read_csv(StringIO(head), sep=_separator(head), index_col=False, nrows=0).columns))
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError):
        return ()


def is_text(column: pd.Series) -> bool:
    """Whether a column holds sentences."""
    if is_numeric_dtype(column):
        return False
    words = [len(re.findall(TOKEN, str(cell))) for cell in column.dropna()]
    return bool(words) and fmean(words) >= TEXT_WORDS


def _frame(path: Path, name: str) -> pd.DataFrame:
    try:
        frame = _parsed(path.read_bytes())
    except UnicodeDecodeError as error:
        raise InvalidInput(_("{name} is not text in UTF-8; save it as CSV in UTF-8.").format(name=name)) from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InvalidInput(
            _("{name} is no table of comma-separated values: {reason}.").format(name=name, reason=str(error).strip())
        ) from error
    if not 2 <= frame.shape[1] <= MOST_COLUMNS:
        raise InvalidInput(
            _("{name} has {count} columns; expected 2 to {most:,}, the names in the first line.").format(
                name=name, count=frame.shape[1], most=MOST_COLUMNS
            )
        )
    return frame


def _parsed(content: bytes) -> pd.DataFrame:
    """The table, with whichever sign for decimals makes more columns numbers; what is infinite is missing."""
    separator = _separator(_head(content))
    with warnings.catch_warnings():
        # A separator at the end of every line stands for no column of its own.
        warnings.simplefilter("ignore", pd.errors.ParserWarning)
        read = (
            pd.read_csv(
                BytesIO(content), sep=separator, decimal=sign, encoding="utf-8-sig", index_col=False, low_memory=False
            )
            for sign in (".," if separator == ";" else ".")
        )
        frame = max(read, key=lambda each: sum(map(is_numeric_dtype, each.dtypes)))
    return frame.replace([np.inf, -np.inf], np.nan)


def _head(content: bytes) -> str:
    """Enough of a table to find out how it is written; raises `UnicodeDecodeError` for what is not UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    return decoder.decode(content[:SNIFFED_BYTES], final=len(content) <= SNIFFED_BYTES)


def _separator(head: str) -> str:
    try:
        return csv.Sniffer().sniff(head, SEPARATORS).delimiter
    except csv.Error:
        return ","


def _tells(column: pd.Series) -> bool:
    """Whether anything can be learned from a column: it varies, and does not only name the row."""
    different = column.nunique()
    if different < 2:
        return False
    names_rows = different > NAMING_SHARE * column.count()
    if is_integer_dtype(column):
        return not (names_rows and _counts_up(column))
    return is_numeric_dtype(column) or is_text(column) or not names_rows


def _counts_up(column: pd.Series) -> bool:
    """Whether whole numbers are those of a list, in any order: few between the least and the most are missing."""
    return int(column.max()) - int(column.min()) < 2 * len(column)


def _task(wanted: pd.Series, name: str, *, texts: bool) -> TableTask:
    """What it is to predict these values; `texts` is whether from texts."""
    different = wanted.nunique()
    amounts = is_numeric_dtype(wanted) and not is_bool_dtype(wanted) and different > MOST_NUMERIC_CLASSES
    if amounts:
        return "tabular_regression"
    if not 2 <= different <= MOST_CLASSES:
        raise InvalidInput(
            _("{column} in {name} has {count} different values; expected 2 to {most} classes, or numbers.").format(
                column=wanted.name, name=name, count=different, most=MOST_CLASSES
            )
        )
    return "text_classification" if texts else "tabular_classification"
