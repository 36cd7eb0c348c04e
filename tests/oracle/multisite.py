"""Pupils divided within sites: lmer with lmerTest and pbkrtest, and clubSandwich, beside the same models on moments."""

import math

import numpy as np
import pandas as pd

from gsl_research.methods.clusters import adjusted_means
from gsl_research.methods.moments import class_moments
from gsl_research.methods.random_intercept import kenward_roger, random_intercept, satterthwaite, with_class_variables
from gsl_research.methods.sandwich import cr2
from gsl_research.methods.sites import fixed_effects

from .clustered import printed

DATA = {
    "multisite.eef_mst": ("eef_mst.csv", "School", "Prettest", "Posttest", "Intervention"),
    "multisite.sesame_site": ("sesame_prepost.csv", "site", "prelet", "postlet", "encour"),
}
LEFT_OUT = {
    "random_slope": "lmer's model with an effect of its own in every site is not fitted here: sites are compared in "
    "two steps, difference by difference, with S - 1 df; lmer's df lean on its optimiser and can pass the number of "
    "sites (eef_mst, 54 sites: 85, in a singular fit)",
    "eef_mst.conditional": "eefAnalytics' own g and ICC, from the variances of that random-slope model, and 1.96 for t",
    "eef_mst.unconditional.within": "eefAnalytics divides by the SD of pupils within sites of a model without the arms",
    "eef_mst.unconditional.total": "eefAnalytics' own g: over the SD of a model without the arms, with 1.96 for t",
}
STOPPED = "lmer stops within 1e-6 of the top of its likelihood: shown for these records in test_sites.py"
LOOSER = {
    **dict.fromkeys(("random_intercept", "random_intercept_KR", "eef_mst.unconditional"), (1e-6, STOPPED)),
    **dict.fromkeys(
        ("random_intercept.satt_p", "random_intercept_KR.p"),
        (1e-6, f"{STOPPED}; a relative change of t counts t^2 times in p"),
    ),
}  # fmt: skip


def records(folder, key):
    """Site codes, pre, treated and post, per pupil."""
    file, unit, pre, post, treated = DATA[key]
    data = pd.read_csv(folder / file)
    codes = data.groupby(unit).ngroup().to_numpy()
    return codes, data[pre].to_numpy(float), (data[treated] == 1).to_numpy(), data[post].to_numpy(float)


def ours(folder, key):
    sites, pre, treated, post = records(folder, key)
    moments = class_moments(sites, pre, treated, post)
    fit, null = random_intercept(moments), random_intercept(class_moments(sites, post))
    alone = fixed_effects(sites, treated, post, pre, unit="points")
    levels = adjusted_means(moments, np.arange(moments.classes) == 0)
    with_levels = with_class_variables(moments, np.eye(moments.classes)[:, 1:])
    in_words = {"df": "satt_df", "p": "satt_p"}
    found = {
        "n": moments.pupils,
        "n_sites": moments.classes,
        "n_trt": int(treated.sum()),
        "n_ctrl": int((~treated).sum()),
        **{
            f"random_intercept.{in_words.get(name, name)}": value
            for name, value in printed(satterthwaite(fit, 2)).items()
        },
        "random_intercept.varcorr.var_(Intercept)": fit.tau2,
        "random_intercept.varcorr.residual": fit.sigma2,
        "random_intercept.reml_loglik": fit.log_likelihood,
        "site_fixed_effects.est": alone.value,
        "site_fixed_effects.se": alone.se,
        "site_fixed_effects.df": alone.df,
        "site_fixed_effects.p": alone.p,
        "site_fixed_effects.lb": alone.interval.low,
        "site_fixed_effects.ub": alone.interval.high,
        "site_fixed_effects.sigma": math.sqrt(levels.residual_ss / levels.residual_df),
        "eef_mst.unconditional.var_site": null.tau2,
        "eef_mst.unconditional.var_resid": null.sigma2,
        "eef_mst.unconditional.icc": null.icc,
    }
    of_lmer, robust = printed(kenward_roger(fit, 2)), printed(cr2(with_levels, moments.classes + 1))
    for name in ("se", "df", "p", "lb", "ub"):
        found[f"random_intercept_KR.{name}"] = of_lmer[name]
        found[f"site_fixed_effects.CR2.{name}"] = robust[name]
    return found | {"random_intercept_KR.est": of_lmer["est"]}
