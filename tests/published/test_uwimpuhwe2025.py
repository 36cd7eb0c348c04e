"""Uwimpuhwe et al. (2025), R package eefAnalytics 1.1.5: output for ``srtFREQ`` on its multi-site trial ``mstData``,
as printed in the authors' repository (Output-paper), in two decimals.

The analysis of covariance over pupils: each arm one class, and an assumed ICC of 0.
Left out: everything printed from bootstrap or mixed models, and g with 1.96 for t.
"""

import numpy as np
import pandas as pd
import pytest

from gsl_research.methods import clusters, one_class
from gsl_research.methods.moments import class_moments

PRINTED_2 = 0.5e-2


def test_simple_trial(real_data):
    data = pd.read_csv(real_data / "eef_mst.csv")
    moments = class_moments(data.Intervention, data.Prettest, data.Posttest)
    means = clusters.adjusted_means(moments, np.array([False, True]))
    found = one_class.assumed_icc(means, 0.0, unit="points")
    assert found.value == pytest.approx(3.59, abs=PRINTED_2)
    assert found.interval.low == pytest.approx(0.58, abs=PRINTED_2)
    assert found.interval.high == pytest.approx(6.59, abs=PRINTED_2)
    assert means.slope[0] == pytest.approx(0.58, abs=PRINTED_2)
