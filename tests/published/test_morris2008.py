"""Morris (2008), Organizational Research Methods 11, Table 5: five studies of training with pre-test, post-test and
control group; column d_ppc2. Data and values as the metafor project prints them (analyses:morris2008), in two decimals.

Pupils are made with exactly the printed numbers, means, SDs and correlations.
"""

import numpy as np
import pytest
from made_pupils import with_moments

from gsl_research.methods.effect_sizes import approximate_factor, in_standard_deviations
from gsl_research.methods.pupils import arms, gain_difference
from gsl_research.methods.student import small_sample_factor

PRINTED_2 = 0.5e-2
TREATED = [
    (20, (30.6, 38.5), (15.0, 11.6), 0.47),
    (50, (23.5, 26.8), (3.1, 4.1), 0.64),
    (9, (0.5, 0.7), (0.1, 0.1), 0.77),
    (10, (53.4, 75.9), (14.5, 4.4), 0.89),
    (14, (35.6, 36.0), (4.7, 4.6), 0.44),
]
CONTROL = [
    (20, (23.1, 19.7), (13.8, 14.8), 0.47),
    (42, (24.9, 25.3), (4.1, 3.3), 0.64),
    (9, (0.6, 0.6), (0.2, 0.2), 0.77),
    (11, (55.7, 60.7), (17.3, 17.9), 0.89),
    (14, (34.8, 33.4), (3.1, 6.9), 0.44),
]


@pytest.mark.parametrize(
    ("treated", "control", "printed"), list(zip(TREATED, CONTROL, (0.77, 0.80, 1.20, 1.05, 0.44), strict=True))
)
def test_gain_difference_in_pooled_standard_deviations_of_the_pre_test(treated, control, printed):
    pre, post = (np.concatenate(pair) for pair in zip(with_moments(*treated), with_moments(*control), strict=True))
    arm, df = np.arange(len(pre)) < treated[0], treated[0] + control[0] - 2
    gain = gain_difference(post, arm, pre, unit="points")
    g = in_standard_deviations(gain, arms(pre, arm).pooled_sd, df, unit="pre_pooled_sd")
    assert g.value == pytest.approx(printed, abs=PRINTED_2)
    assert g.value / small_sample_factor(df) * approximate_factor(df) == pytest.approx(printed, abs=PRINTED_2)
