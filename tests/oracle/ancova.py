"""Analysis of covariance over pupils: stats, clubSandwich and eefAnalytics."""

from pathlib import Path

from made_classes import in_two_arms

from gsl_research.methods.effect_sizes import approximate_factor, hedges_g, in_standard_deviations, wwc_effect
from gsl_research.methods.linear import one_sample
from gsl_research.methods.pupils import (
    ancova,
    ancova_hc2,
    arms,
    gain_difference,
    post_difference,
    slope_homogeneity,
)
from gsl_research.methods.student import small_sample_factor

DATA = {
    "ancova.eef_mst": "eef_mst",
    "ancova.eef_crt": "eef_crt",
    "ancova.sesame": "sesame",
    "ancova.attitudes_macro": "attitudes_macro",
    "ancova.uci_schoolsup": "uci_schoolsup",
}
LEFT_OUT = {
    "eef_srt_conditional": "eefAnalytics divides by the residual SD of the covariance model, which the design page "
    "rules out, and takes 1.96 for t",
    "eef_srt_unconditional": "eefAnalytics divides by the SD of all pupils together, arms included, with 1.96 for t",
}
LOOSER = {}


def ours(folder: Path, key: str) -> dict[str, float]:
    treated, pre, post = in_two_arms(folder, DATA[key])
    fit = ancova(post, treated, pre, unit="points")
    adjusted, robust = fit.difference, ancova_hc2(post, treated, pre, unit="points")
    gain, slopes = (
        gain_difference(post, treated, pre, unit="points"),
        slope_homogeneity(post, treated, pre, unit="ratio"),
    )
    after, before, start = arms(post, treated), arms(pre, treated), post_difference(pre, treated, unit="points")
    df = after.n_treated + after.n_control - 2
    wwc = wwc_effect(adjusted, after.pooled_sd, r2=fit.r2_within)
    g = in_standard_deviations(adjusted, after.pooled_sd, df, unit="post_pooled_sd")
    morris = in_standard_deviations(gain, before.pooled_sd, df, unit="pre_pooled_sd")
    exact, approximate = small_sample_factor(df), approximate_factor(df)
    return {
        "n_trt": after.n_treated,
        "n_ctrl": after.n_control,
        "adj_diff": adjusted.value,
        "se": adjusted.se,
        "t": adjusted.value / adjusted.se,
        "df": adjusted.df,
        "p": adjusted.p,
        "ci_lb": adjusted.interval.low,
        "ci_ub": adjusted.interval.high,
        "intercept": fit.intercept,
        "pre_slope": fit.slopes[0],
        "sigma_resid": fit.sigma,
        "r2": fit.r2,
        "hc2_se": robust.se,
        "hc2_satt_df": robust.df,
        "sd_post_pooled": after.pooled_sd,
        "sd_post_total": one_sample(post).sd,
        "d_adj_pooled_unadj": g.value / exact,
        "g_adj_omega_pooled_unadj": wwc.g,
        "omega": approximate,
        "R2_within_group_pre": fit.r2_within,
        "se_g_delta": wwc.se,
        "se_g_largeSample_R2": wwc.se_from_r2,
        "gain_score.diff": gain.value,
        "gain_score.se": gain.se,
        "gain_score.t": gain.value / gain.se,
        "gain_score.df": gain.df,
        "gain_score.p": gain.p,
        "gain_score.lb": gain.interval.low,
        "gain_score.ub": gain.interval.high,
        "morris_dppc2": morris.value / exact * approximate,
        "morris_J": approximate,
        "sd_pre_pooled": before.pooled_sd,
        "slope_homogeneity.est": slopes.value,
        "slope_homogeneity.se": slopes.se,
        "slope_homogeneity.p": slopes.p,
        "baseline_difference.diff": start.value,
        "baseline_difference.g": hedges_g(start).value,
        "adj_means_at_grand_mean_pre.ctrl": fit.mean_control,
        "adj_means_at_grand_mean_pre.trt": fit.mean_treated,
    }
