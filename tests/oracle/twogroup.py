"""Two groups of pupils after the fact: stats, effectsize and metafor."""

import math
from pathlib import Path

from made_classes import in_two_arms

from gsl_research.methods.effect_sizes import (
    approximate_factor,
    borenstein_variance,
    hedges_g,
    hedges_olkin_variance,
    in_standard_deviations,
)
from gsl_research.methods.pupils import arms, post_difference, superiority, welch
from gsl_research.methods.student import small_sample_factor

DATA = {
    "twogroup.eef_crt": "eef_crt",
    "twogroup.eef_mst": "eef_mst",
    "twogroup.sesame": "sesame",
    "twogroup.attitudes": "attitudes",
    "twogroup.uci_schoolsup": "uci_schoolsup",
}
Z = 1.959963984540054
"""R's qnorm(0.975)."""

LEFT_OUT = {
    "effectsize_rank_biserial.lb": "effectsize's interval takes the rank-biserial for a correlation (Fisher's z), and "
    "is not of the pairs that are counted",
    "effectsize_rank_biserial.ub": "as the lower limit: Fisher's z of something that is not a correlation",
}
LOOSER = {
    f"effectsize_hedges_g.{limit}": (
        1e-5,
        "effectsize looks for the noncentrality with an optimiser that stops early; the same limits from uniroot in "
        "full precision (g_ci_noncentral_timesJ) agree to 1e-9",
    )
    for limit in ("lb", "ub")
}


def ours(folder: Path, key: str) -> dict[str, float]:
    treated, _, post = in_two_arms(folder, DATA[key])
    groups, student, unequal = (
        arms(post, treated),
        post_difference(post, treated, unit="p"),
        welch(post, treated, unit="p"),
    )
    g, pairs = hedges_g(student), superiority(post, treated)
    glass = in_standard_deviations(unequal, groups.sd_control, groups.n_control - 1, unit="control_sd")
    n = groups.n_treated, groups.n_control
    j, approximate = small_sample_factor(student.df), approximate_factor(student.df)
    d = g.value / j
    hedges_olkin, borenstein = hedges_olkin_variance(g.value, *n), borenstein_variance(d, *n)
    around = {
        "g_ci_HedgesOlkin": math.sqrt(hedges_olkin),
        "metafor_SMD_LS": g.se,
        "g_ci_Borenstein": math.sqrt(borenstein),
    }
    return {
        "n_trt": groups.n_treated,
        "n_ctrl": groups.n_control,
        "mean_trt": groups.mean_treated,
        "mean_ctrl": groups.mean_control,
        "sd_trt": groups.sd_treated,
        "sd_ctrl": groups.sd_control,
        "sd_pooled": groups.pooled_sd,
        "diff": student.value,
        "welch.t": unequal.value / unequal.se,
        "welch.df": unequal.df,
        "welch.p": unequal.p,
        "welch.ci_lb": unequal.interval.low,
        "welch.ci_ub": unequal.interval.high,
        "welch.se": unequal.se,
        "student.t": student.value / student.se,
        "student.df": student.df,
        "student.p": student.p,
        "student.ci_lb": student.interval.low,
        "student.ci_ub": student.interval.high,
        "cohen_d": d,
        "J_exact": j,
        "J_approx": approximate,
        "hedges_g_exact": g.value,
        "hedges_g_approx": approximate * d,
        "d_ci_noncentral.lb": g.interval.low,
        "d_ci_noncentral.ub": g.interval.high,
        "g_ci_noncentral_timesJ.lb": j * g.interval.low,
        "g_ci_noncentral_timesJ.ub": j * g.interval.high,
        "effectsize_hedges_g.est": g.value,
        "effectsize_hedges_g.lb": j * g.interval.low,
        "effectsize_hedges_g.ub": j * g.interval.high,
        "var_g_HedgesOlkin": hedges_olkin,
        "var_g_Borenstein": borenstein,
        **{f"{name}.lb": g.value - Z * se for name, se in around.items()},
        **{f"{name}.ub": g.value + Z * se for name, se in around.items()},
        "metafor_SMD_LS.yi": g.value,
        "metafor_SMD_LS.vi": g.se**2,
        "glass_delta_ctrlSD": glass.value / small_sample_factor(groups.n_control - 1),
        "mann_whitney_W": pairs.u,
        "mann_whitney_p_normal_cc": pairs.p,
        "cliffs_delta": pairs.cliffs_delta,
        "prob_superiority": pairs.value,
        "effectsize_rank_biserial.est": pairs.cliffs_delta,
    }
