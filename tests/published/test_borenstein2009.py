"""Borenstein, Hedges, Higgins & Rothstein (2009), Introduction to Meta-Analysis, chapter 4: d and g for two groups
(means 103 and 100, SDs 5.5 and 4.5, 50 each) and for pairs (SD of the differences 5.5, r 0.7, n 50).

Numbers as printed there [recalled; the two-group example was read in a course that repeats it]. The book corrects with
1 - 3/(4 df - 1), which is the exact factor to four digits here.
"""

import math

import numpy as np
import pytest
from made_pupils import with_moments

from gsl_research.methods.differences import StandardisedGains
from gsl_research.methods.effect_sizes import approximate_factor, borenstein_variance, hedges_g
from gsl_research.methods.pupils import arms, post_difference
from gsl_research.methods.student import small_sample_factor

PRINTED_4 = 0.5e-4


def test_two_groups():
    post = np.concatenate([with_moments(50, (0, mean), (1, sd), 0.0)[1] for mean, sd in ((103, 5.5), (100, 4.5))])
    treated = np.arange(100) < 50
    g, d = hedges_g(post_difference(post, treated, unit="points")), 0.5970
    assert arms(post, treated).pooled_sd == pytest.approx(5.0249, abs=PRINTED_4)
    assert g.value / small_sample_factor(98) == pytest.approx(d, abs=PRINTED_4)
    assert g.value == pytest.approx(0.5924, abs=PRINTED_4)
    assert approximate_factor(98) == pytest.approx(0.9923, abs=PRINTED_4)
    variance = borenstein_variance(d, 50, 50)
    assert variance / small_sample_factor(98) ** 2 == pytest.approx(0.0418, abs=PRINTED_4)
    assert variance == pytest.approx(0.0411, abs=PRINTED_4)
    assert math.sqrt(variance) == pytest.approx(0.2028, abs=PRINTED_4)


def test_pairs():
    found = StandardisedGains(n=50, gain=3.0, sd_pre=7.1005, sd_post=7.1005, sd_gain=5.5, r=0.7)
    assert found.d_rm == pytest.approx(0.4225, abs=PRINTED_4)
    assert found.d_pre == pytest.approx(0.4225, abs=PRINTED_4)
