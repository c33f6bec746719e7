"""What is told of a settlement, and a year that is settled in two runs, under generated packs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from banan import settled
from doudi.adjudicate import Told
from doudi.catalogue import EMPTY
from doudi.money import yuan_for_people
from doudi.settle import History, settle
from doudi.source_text import Document
from doudi.testing import shelf_of
from doudi.wire.history import read_history
from doudi.wire.settlements import settlement_json
from effort import PACKS
from properties.years import Year, banan_years, generated_years

YEARS = pytest.mark.parametrize(
    "years", [banan_years(), generated_years()], ids=["Banan", "generated packs"]
)


# Catches a sentence told of another amount, of the wrong rule or band, and words with a gap in them.
@YEARS
@PACKS
@given(data=st.data())
def test_the_sentence_of_a_layer_states_what_the_layer_pays(
    years: st.SearchStrategy[Year], data: st.DataObject
) -> None:
    year, language = data.draw(years), data.draw(st.sampled_from(["zh", "en"]))
    run = settle(shelf_of(year.pack), year.claims, told=Told(language=language))
    for settlement in run.settlements:
        for sentence in settlement.explanation:
            paid = settlement.payments.get(sentence.layer, 0)
            assert not paid or yuan_for_people(paid) in sentence.text
            assert "{" not in sentence.text


# Catches a running sum that is not written down, or read back into another year, stay or order.
@YEARS
@PACKS
@given(data=st.data())
def test_a_year_settled_in_two_runs_equals_one_run(
    years: st.SearchStrategy[Year], data: st.DataObject
) -> None:
    year = data.draw(years)
    first = data.draw(st.integers(0, len(year.claims)))
    whole = settled(year.pack, year.claims)
    printed = {"settlements": [settlement_json(s) for s in whole[:first]]}
    history = History(recorded=read_history(Document("earlier", printed), EMPTY).recorded)
    then = settle(shelf_of(year.pack), year.claims[first:], history=history)
    assert not then.faults
    assert then.settlements == whole[first:]
