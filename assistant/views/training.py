"""How each row was trained: a table of what differs, under a sentence of what was the same."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from assistant import measured_words, training_words, wording
from assistant.language import _
from assistant.training_words import NamedRow, Training
from assistant.views.markdown import plain
from probes.report import Measurement

# Names in up to three lines: those of tuned rows are long.
NAME_PX, ROW_PX = 200, 68


def show_training(here: Measurement, there: Measurement | None) -> None:
    """To be opened, of a measurement and of another machine's; nothing where nothing is known of it."""
    told = training_words.training(_rows(here, there))
    if told is None:
        return
    with st.expander(_("How each was trained"), icon=":material/tune:", key="training"):
        st.markdown(plain(told.same))
        if told.differing:
            _table(told)


def _rows(here: Measurement, there: Measurement | None) -> list[NamedRow]:
    if there is None:
        return measured_words.named_rows(here)
    places = ((_("here"), here), (_("there"), there))
    return [
        (wording.clauses((name, place)), row)
        for place, measurement in places
        for name, row in measured_words.named_rows(measurement)
    ]


def _table(told: Training) -> None:
    column, number = st.column_config.TextColumn, st.column_config.NumberColumn
    config = {each.id: (number if each.figures else column)(each.title, help=each.meaning) for each in told.differing}
    frame = pd.DataFrame([values for _name, values in told.rows], columns=list(config))
    frame.insert(0, "name", [name for name, _values in told.rows])
    st.dataframe(
        frame,
        column_config={"name": column(_("Candidate"), pinned=True, width=NAME_PX), **config},
        hide_index=True,
        row_height=ROW_PX,
        height="content",
        alt=_("How each candidate was trained, where that differs"),
        key="training-table",
    )
