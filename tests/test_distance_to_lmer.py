"""Why lmer says something else than adjusted class means, one ingredient at a time; and where lmer itself stops."""

import numpy as np
import pandas as pd
import pytest
from made_classes import adjusted, difference, real
from oracle import clustered
from test_oracle import RECORDS

from gsl_research.methods import clusters
from gsl_research.methods.effect_sizes import standardised
from gsl_research.methods.moments import class_moments
from gsl_research.methods.random_intercept import (
    kenward_roger,
    random_intercept,
    random_intercept_at,
    with_class_variables,
)

# Why lmer says something else


def weighted(moments, treated, slope, weights) -> float:
    left = moments.mean[:, 1] - slope * moments.mean[:, 0]
    return np.average(left[treated], weights=weights[treated]) - np.average(left[~treated], weights=weights[~treated])


def distances(data, lmer):
    """Ours, and ours with one ingredient of the random-intercept fit of treated, pre and post at a time."""
    codes, pre, post, treated = data
    moments, ours, slope = class_moments(codes, pre, post), adjusted(*data), lmer.coefficients[2]
    equal, precision = np.ones(len(treated)), 1 / (lmer.tau2 + lmer.sigma2 / moments.n)
    return {
        "ours": ours.difference,
        "slope": weighted(moments, treated, slope, equal),
        "weights": weighted(moments, treated, ours.slope[0], precision),
        "both": weighted(moments, treated, slope, precision),
    }


def test_the_distance_to_lmer_has_known_parts(real_data):
    """The numbers of the table in tests/reference/README.md."""
    data = codes, pre, post, treated = real(real_data, "eef_crt")
    lmer = random_intercept(with_class_variables(class_moments(codes, pre, post), treated))
    assert lmer.coefficients[1] == pytest.approx(RECORDS["clustered.eef_crt"]["fixed.trt.est"], rel=1e-6)
    found = distances(data, lmer)
    assert found == pytest.approx({"ours": 3.193, "slope": 3.205, "weights": 3.106, "both": 3.110}, abs=0.0005)
    assert found["both"] == pytest.approx(lmer.coefficients[1], rel=1e-10)
    assert difference(*data).se / kenward_roger(lmer, 1).se == pytest.approx(1.323, abs=0.0005)

    data = real(real_data, "bdf")
    schools, pre, mixed_grade, post = clustered.records(real_data, "clustered.bdf_mixedgrade_language")
    lmer = random_intercept(class_moments(schools, mixed_grade, pre, post))
    assert lmer.coefficients[1] == pytest.approx(
        RECORDS["clustered.bdf_mixedgrade_language"]["fixed.trt.est"], rel=1e-6
    )
    assert lmer.coefficients[1] == pytest.approx(-1.627, abs=0.0005)
    found = distances(data, lmer)
    assert found == pytest.approx({"ours": -1.995, "slope": -1.974, "weights": -1.850, "both": -1.833}, abs=0.0005)
    one_arm = (pd.read_csv(real_data / "dutch_bdf.csv").schoolNR != 40).to_numpy()
    renumbered = np.unique(schools[one_arm], return_inverse=True)[1]
    without = class_moments(renumbered, mixed_grade[one_arm], pre[one_arm], post[one_arm])
    assert random_intercept_at(without, lmer.ratio).coefficients[1] == pytest.approx(-1.873, abs=0.0005)
    assert difference(*data).se / kenward_roger(lmer, 1).se == pytest.approx(1.011, abs=0.0005)


def test_the_smaller_distances_are_as_told(real_data):
    """The numbers of the second table in tests/reference/README.md."""
    data = codes, pre, post, treated = real(real_data, "eef_crt")
    moments, post_alone = class_moments(codes, pre, post), class_moments(codes, post)
    sd, icc = clusters.total_sd(moments, treated, 1), clusters.anova_icc(moments, treated, 1)
    with_arm = random_intercept(with_class_variables(post_alone, treated))
    assert (icc, with_arm.icc) == pytest.approx((0.214, 0.188), abs=0.0005)
    assert random_intercept(post_alone).icc == pytest.approx(0.251, abs=0.0005)
    points = difference(*data)
    g = standardised(points, moments, treated, sd=sd, icc=icc).value
    assert (g, g / (points.value / sd)) == pytest.approx((0.636, 0.980), abs=0.0005)
    assert RECORDS["clustered.eef_crt"]["fixed.trt.est"] / sd == pytest.approx(0.632, abs=0.0005)


# Where lmer itself stops


@pytest.mark.parametrize("model", ["", "null_", "grouponly_"])
@pytest.mark.parametrize("key", clustered.DATA)
def test_lmer_stops_short_of_the_top(key, model, real_data):
    """Its likelihood still rises where it stops, by just the slope that leads to ours one Newton step away."""
    codes, pre, treated, post = clustered.records(real_data, key)
    columns = {"": [pre, treated, post], "null_": [post], "grouponly_": [treated, post]}[model]
    moments, r = class_moments(codes, *columns), RECORDS[key]
    ratio = r[f"{model}var_cluster"] / r[f"{model}var_resid"]
    ours, theirs = random_intercept(moments), random_intercept_at(moments, ratio)
    assert theirs.sigma2 == pytest.approx(r[f"{model}var_resid"], rel=1e-12)
    away = ratio - ours.ratio
    assert 1e-9 < abs(away) / ours.ratio < 1e-6
    slope, bend = theirs.profile.first[0], theirs.profile.second[0]
    assert slope / bend == pytest.approx(away, rel=1e-3)
    assert abs(ours.profile.first[0]) < 1e-4 * abs(slope)
    assert ours.log_likelihood >= theirs.log_likelihood - 1e-9
