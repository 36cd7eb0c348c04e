"""McGraw & Wong (1992), Psychological Bulletin 111, p. 361: a man is taller than a woman in 92 of 100 pairs, heights
being 69.7 and 64.3 inches with SDs 2.8 and 2.6 [SDs recalled]. The chances at d 0.2, 0.5 and 0.8 are those that are
quoted with Cohen's three sizes.
"""

import math

import pytest

from gsl_research.methods.effect_sizes import superiority_of

PRINTED_2 = 0.5e-2


def test_common_language_effect_size():
    together = math.sqrt((2.8**2 + 2.6**2) / 2)
    assert superiority_of((69.7 - 64.3) / together) == pytest.approx(0.92, abs=PRINTED_2)
    for d, printed in ((0.2, 0.56), (0.5, 0.64), (0.8, 0.71)):
        assert superiority_of(d) == pytest.approx(printed, abs=PRINTED_2)
