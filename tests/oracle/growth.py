"""Three waves or more: lmer with lmerTest beside the same models with pupils as the clusters."""

import math

import numpy as np
import pandas as pd

from gsl_research.methods.growth_model import growth_model
from gsl_research.methods.moments import class_moments
from gsl_research.methods.random_intercept import random_intercept, satterthwaite
from gsl_research.methods.waves import class_slopes

from .clustered import printed

DATA = {
    "growth.attitudes_linear_ri": ("intercept", "(Intercept)", "time", "E", "time:E"),
    "growth.attitudes_linear_rs": ("slope", "(Intercept)", "time", "E", "time:E"),
    "growth.attitudes_factor_ri": ("intercept", "(Intercept)", "timef1", "timef2", "E", "timef1:E", "timef2:E"),
    "growth.egsingle_2level": ("slope", "(Intercept)", "year", "black1", "year:black1"),
    "growth.egsingle_3level": ("slope",),
}
"""What differs between pupils, and R's names of the coefficients."""

CLASSES_GIVE_DF = "a model of pupils' lines lends its df and limits to no interval here: those of classes do"
LEFT_OUT = {
    **{
        f"{key}.fixed.{name}.{quantity}": CLASSES_GIVE_DF
        for key in ("growth.attitudes_linear_rs", "growth.egsingle_2level")
        for name in DATA[key][1:]
        for quantity in ("df", "p", "lb", "ub")
    },
    **{
        f"growth.egsingle_3level.{group}": "lmer's fit with slopes of pupils and of schools is not a model of this "
        "package: schools are compared slope by slope, with C - 2 df"
        for group in ("fixed", "varcorr", "reml_loglik")
    },
}
STOPPED = "lmer stops short of the top of its likelihood: ours is as high or higher in every record (test_waves.py)"
LOOSER = {
    "fixed": (1e-6, STOPPED),
    "growth.egsingle_2level.fixed": (1e-5, f"{STOPPED}; here by 1.4e-7 of the log-likelihood"),
    "varcorr": (1e-4, STOPPED),
}


def records(folder, key):
    """Arm (N,), class codes (N,), times (W,) and scores (N, W) of the pupils of a record."""
    if "attitudes" in key:
        data = pd.read_csv(folder / "cz_attitudes_3waves.csv")
        scores = data[["PreMacro", "PostMacro", "DelMacro"]].to_numpy(float)
        return (data.Group == "E").to_numpy(int), np.arange(len(data)), np.arange(3.0), scores
    data = pd.read_csv(folder / "us_egsingle_growth.csv")
    scores, pupils = data.pivot(index="childid", columns="year", values="math"), data.groupby("childid").first()
    schools = pupils.schoolid.astype("category").cat.codes.to_numpy()
    return pupils.black.to_numpy(int), schools, scores.columns.to_numpy(float), scores.to_numpy(float)


def intercept_moments(arm, times, scores, *, waves_apart):
    """Pupils as clusters: time, or a dummy a wave; the arm; their products; and the score."""
    pupil, wave = np.nonzero(~np.isnan(scores))
    time = [(wave == w).astype(float) for w in (1, 2)] if waves_apart else [times[wave]]
    by_arm = arm[pupil].astype(float)
    clusters = np.unique(pupil, return_inverse=True)[1]
    return class_moments(clusters, *time, by_arm, *(one * by_arm for one in time), scores[pupil, wave])


def ours(folder, key):
    arm, classes, times, scores = records(folder, key)
    differs, *names = DATA[key]
    if differs == "intercept":
        moments = intercept_moments(arm, times, scores, waves_apart="factor" in key)
        fit = random_intercept(moments)
        found = {"n_obs": moments.pupils, "n_groups.ID": moments.classes, "reml_loglik": fit.log_likelihood}
        found |= with_roots([fit.tau2, fit.sigma2])
        for i, name in enumerate(names):
            found |= {f"fixed.{name}.{q}": value for q, value in printed(satterthwaite(fit, i)).items()}
        return found
    if not names:
        slopes = class_slopes(classes, times, scores)
        counts = {"n_groups.childid": int(slopes.pupils.sum()), "n_groups.schoolid": len(slopes.classes)}
        return counts | {"n_obs": int((~np.isnan(scores)).sum())}
    model = growth_model(arm, times, scores)
    values = [*model.lines[0], *(model.lines[1] - model.lines[0])]
    errors = np.sqrt([*np.diag(model.covariance[0]), *np.diag(model.covariance.sum(axis=0))])
    unit = "ID" if "attitudes" in key else "childid"
    found = {
        "n_obs": int((~np.isnan(scores)).sum()),
        f"n_groups.{unit}": int((~np.isnan(scores)).any(axis=1).sum()),
        "reml_loglik": model.log_likelihood,
    }
    for name, value, se in zip(names, values, errors, strict=True):
        found |= {f"fixed.{name}.est": value, f"fixed.{name}.se": se, f"fixed.{name}.t": value / se}
    intercept, slope, both = model.between[0, 0], model.between[1, 1], model.between[0, 1]
    found |= with_roots([intercept, slope, both, model.sigma2])
    return found | {"varcorr.2.sdcor": both / math.sqrt(intercept * slope)}


def with_roots(variances):
    """As VarCorr prints them, a covariance too until its correlation takes the place of its root."""
    return {f"varcorr.{i}.vcov": v for i, v in enumerate(variances)} | {
        f"varcorr.{i}.sdcor": math.sqrt(abs(v)) for i, v in enumerate(variances)
    }
