"""Raudenbush & Bryk (1985), doi:10.2307/1164640, as study cards: 19 experiments on what teachers expect, a school each.

A card tells value and error in three decimals, so each number is off by at most half a thousandth; what follows from 19
of them is held to that same half thousandth, beside the same calculation on the table itself and beside what was
printed (``test_raudenbush1985``). The weeks of contact before stand in ``weeks``, one more than in the table.
"""

import math

import made_cards
import numpy as np
import pandas as pd
import pytest

from gsl_research import summarising
from gsl_research.methods.moderators import meta_regression
from gsl_research.methods.next_school import next_school
from gsl_research.methods.pooling import heterogeneity, random_effects

CARD_3 = 0.5e-3
PRINTED_3 = CARD_3 + 0.5e-3
"""Of a printed number in three decimals, found again from cards in three decimals."""
ERROR_DF = 1_000.0
MOST_WEEKS = 3


@pytest.fixture(scope="module")
def table(real_data):
    return pd.read_csv(real_data / "meta_raudenbush1985.csv")


@pytest.fixture(scope="module")
def told(table, tmp_path_factory):
    folder = tmp_path_factory.mktemp("raudenbush")
    cards = [
        made_cards.content(
            f"R{row.study:02d}", round(row.yi, 3), round(math.sqrt(row.vi), 3), df=ERROR_DF,
            post_on=f"{row.year}-06-01", lever="didactics", context={"weeks": 1.0 + min(row.weeks, MOST_WEEKS)},
        )
        for row in table.itertuples()
    ]  # fmt: skip
    return summarising.synthesise(made_cards.folder_of(folder, cards), out=folder)


def test_every_experiment_counts(told):
    assert len(told.synthesis.used) == 19
    assert not told.synthesis.belonging.excluded
    assert told.synthesis.g.way == "one_per_school"


def test_mean_and_spread_as_printed_and_as_of_the_table(told, table):
    lead, fit = told.synthesis.leading, random_effects(table.yi, table.vi)
    assert lead.mean.value == pytest.approx(fit.value, abs=CARD_3)
    assert (lead.mean.interval.low, lead.mean.interval.high) == pytest.approx(fit.limits(), abs=CARD_3)
    assert lead.mean.value == pytest.approx(0.084, abs=PRINTED_3)
    assert lead.spread.tau**2 == pytest.approx(fit.tau2, abs=CARD_3)
    assert lead.spread.tau**2 == pytest.approx(0.019, abs=PRINTED_3)


def test_spread_and_next_school_as_of_the_table(told, table):
    lead = told.synthesis.leading
    spread = heterogeneity(table.yi, table.vi, random_effects(table.yi, table.vi))
    following = next_school(table.yi, table.vi)
    assert lead.spread.i2 == pytest.approx(spread.i2, abs=0.01)
    assert (lead.following.low, lead.following.high) == pytest.approx((following.low, following.high), abs=2 * CARD_3)


def test_weeks_before(told, table):
    """Printed: 0.157 less for each of three weeks. Cards of one test are told in points: back to SD here."""
    found = next(one for one in told.for_whom.found if one.question == "weeks")
    fit = meta_regression(table.yi, table.vi, np.minimum(table.weeks, MOST_WEEKS))
    assert found.weeks == (1.0, 1.0 + MOST_WEEKS)
    value = found.value / made_cards.SD
    assert value == pytest.approx(MOST_WEEKS * fit.coefficient(1).value, abs=MOST_WEEKS * CARD_3)
    assert value == pytest.approx(MOST_WEEKS * -0.157, abs=MOST_WEEKS * PRINTED_3)
