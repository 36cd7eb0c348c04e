"""Estimates of many studies on what the studies were like: metafor."""

import numpy as np
import pandas as pd
from scipy import stats

from gsl_research.methods.moderators import meta_regression
from gsl_research.methods.pooling import heterogeneity, random_effects

from .meta import STOPS, WALD, log_likelihood

DATA = {
    "metareg.raudenbush_weeks": "meta_raudenbush1985.csv",
    "metareg.bangertdrowns_length": "meta_bangertdrowns2004.csv",
    "metareg.bangertdrowns_grade_factor": "meta_bangertdrowns2004.csv",
}
GRADE = "metareg.bangertdrowns_grade_factor"
WEEKS, LENGTH = "metareg.raudenbush_weeks", "metareg.bangertdrowns_length"
PLACES = ("z", "knha", *(f"by_group.{grade}" for grade in range(1, 5)))
UNSURE = "a share of variances that are themselves very unsure with so few schools"
TAU = "the interval of tau is the Q-profile's; its error is lopsided"
AT_ZERO = "0 here, 6.6e-7 at metafor, which stops within 1e-5 of it: test_moderators.py"
LEFT_OUT = {
    **{f"{key}.z.{name}": WALD for key in (WEEKS, LENGTH) for name in ("stat", "p", "lb", "ub", "QM", "QMdf", "QMp")},
    **{f"{GRADE}.{name}": WALD for name in ("stat", "p", "lb", "ub", "QMdf", "QMp")},
    **{f"{place}.{name}": WALD for place in PLACES[2:] for name in ("stat", "p", "lb", "ub", "QM", "QMdf", "QMp")},
    **{f"{place}.se_tau2": TAU for place in PLACES},
    "se_tau2": TAU,
    **{f"{place}.{name}": UNSURE for place in PLACES[:2] for name in ("R2", "I2", "H2")},
    **{name: UNSURE for name in ("R2", "I2", "H2")},
    **{f"{WEEKS}.{place}.tau2": AT_ZERO for place in PLACES[:2]},
}
LOOSER = {
    **dict.fromkeys((WEEKS, LENGTH, GRADE), (3e-5, STOPS)),
    f"{LENGTH}.knha.lb": (2e-4, f"{STOPS}; a limit that is almost 0"),
    **dict.fromkeys((f"{LENGTH}.{place}.tau2" for place in PLACES[:2]), (1e-4, STOPS)),
}


def records(folder, key):
    data = pd.read_csv(folder / DATA[key])
    if key.endswith("weeks"):
        return data, np.minimum(data.weeks, 3)
    if key.endswith("length"):
        data = data.dropna(subset=["length"])
        return data, data.length
    return data, (data.grade.to_numpy()[:, None] == [2, 3, 4]).astype(float)


def shared(fit):
    return {"k": fit.k, "QE": fit.cochran, "QE_df": fit.df, "QEp": stats.chi2.sf(fit.cochran, fit.df)}


def ours(folder, key):
    data, moderators = records(folder, key)
    y, v = data.yi.to_numpy(), data.vi.to_numpy()
    fit = meta_regression(y, v, moderators)
    wald = np.sqrt(np.diag(fit.wald))
    # metafor has no floor under q.
    se = wald * np.sqrt(fit.scale)
    half = stats.t.ppf(0.975, fit.df) * se
    chi2 = fit.together()[0] * max(1.0, fit.scale) * (len(wald) - 1)
    common = shared(fit) | {"tau2": fit.tau2, "loglik": fit.log_likelihood}
    each = {"est": fit.coefficients, "se": wald}
    if key == GRADE:
        found = common | {f"{name}.{i}": value for name, values in each.items() for i, value in enumerate(values)}
        found |= {"QM": chi2}
        for grade in range(1, 5):
            found |= {f"by_group.{grade}.{name}": value for name, value in one_grade(data[data.grade == grade]).items()}
        return {name: float(value) for name, value in found.items()}
    knha = each | {
        "se": se,
        "stat": fit.coefficients / se,
        "p": 2 * stats.t.sf(abs(fit.coefficients / se), fit.df),
        "lb": fit.coefficients - half,
        "ub": fit.coefficients + half,
    }
    found = {}
    for group, columns in (("z", each), ("knha", knha)):
        found |= {f"{group}.{name}": value for name, value in common.items()}
        found |= {f"{group}.{name}.{i}": value for name, values in columns.items() for i, value in enumerate(values)}
    if key.endswith("weeks"):
        del found["z.tau2"], found["knha.tau2"]
    f = chi2 / fit.scale / (len(wald) - 1)
    found |= {"knha.df": fit.df, "knha.QM": f, "knha.QMdf.0": len(wald) - 1, "knha.QMdf.1": fit.df}
    found |= {"knha.QMp": stats.f.sf(f, len(wald) - 1, fit.df)}
    return {name: float(value) for name, value in found.items()}


def one_grade(data):
    y, v = data.yi.to_numpy(), data.vi.to_numpy()
    fit = random_effects(y, v)
    spread = heterogeneity(y, v, fit)
    return shared(fit) | {
        "est": fit.value,
        "se": fit.wald_se,
        "tau2": fit.tau2,
        "I2": 100 * spread.i2,
        "H2": 1 / (1 - spread.i2),
        "loglik": log_likelihood(y, v, fit),
    }
