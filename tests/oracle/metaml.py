"""Several estimates of one school, or study: metafor's rma.mv with clubSandwich."""

import math

import numpy as np
import pandas as pd
from scipy import stats

from gsl_research.methods.pooling import heterogeneity, random_effects
from gsl_research.methods.pooling_levels import robust, several_per_school

from .meta import STOPS, WALD, log_likelihood

DATA = {
    "metaml.konstantopoulos2011": ("meta_konstantopoulos2011.csv", "district"),
    "metaml.konstantopoulos2011_year": ("meta_konstantopoulos2011.csv", "district"),
    "metaml.assink2016": ("meta_assink2016.csv", "study"),
    "metaml.crede2010_fisherz": ("meta_crede2010.csv", "studyid"),
}
YEAR = "metaml.konstantopoulos2011_year"
GROUPS = {"REML": 0.0, "CHE": 0.6}
COEFFICIENT = ("stat", "p", "lb", "ub", "QM", "QMp")
LEFT_OUT = {
    **{f"{group}.{name}": WALD for group in GROUPS for name in COEFFICIENT},
    **{f"two_level_ignoring.{name}": WALD for name in (*COEFFICIENT, "QMdf")},
    "two_level_ignoring.se_tau2": "the interval of tau is the Q-profile's; its error is lopsided",
    "ML": "design page, section 6: REML",
    "REML.QE": "Q of one level, where estimates of a school are no separate evidence",
    "REML.QEp": "Q of one level, where estimates of a school are no separate evidence",
    "CHE.QE": "Q of one level, where estimates of a school are no separate evidence",
    "CHE.QEp": "Q of one level, where estimates of a school are no separate evidence",
    "predict": "the range of single true estimates with 1.96; a next school is told of the mean of its own",
    "I2_total": "the two standard deviations are told, in the unit of the estimates",
    "I2_by_level": "the two standard deviations are told, in the unit of the estimates",
    "sigma2_profile_ci": "profile intervals of each variance are not made here",
    "t_contain.QE": "Q of one level, where estimates of a school are no separate evidence",
    "t_contain.QEp": "Q of one level, where estimates of a school are no separate evidence",
    "t_contain.QM": "the square of the t that is compared",
    "t_contain.QMp": "the p of the t that is compared",
    **{
        f"{YEAR}.t_contain.{name}": "metafor counts df for each coefficient by the level at which it differs: 54 for a "
        "year that differs between schools of a district; ours are schools minus coefficients for all, 9 here"
        for name in ("df.1", "p.1", "lb.1", "ub.1")
    },
}  # fmt: skip
NLMINB = "nlminb stops short of the top: our likelihood is as high or higher (test_pooling_levels.py)"
LOOSER = {
    **dict.fromkeys(("REML", "CHE", "t_contain", "REML_CR2", "CHE_CR2"), (1e-6, NLMINB)),
    "two_level_ignoring": (1e-5, STOPS),
}


def records(folder, key):
    """Values, variances, schools and moderators."""
    file, school = DATA[key]
    data = pd.read_csv(folder / file)
    if "crede" in key:
        return np.arctanh(data.ri.to_numpy()), 1 / (data.ni.to_numpy() - 3.0), data[school], None
    year = (data.year - data.year.mean()).to_numpy() if key == YEAR else None
    return data.yi.to_numpy(), data.vi.to_numpy(), data[school], year


def t_test(found):
    half, t = stats.t.ppf(0.975, found.df) * found.se, found.value / found.se
    p = 2 * stats.t.sf(abs(t), found.df)
    return {"se": found.se, "t": t, "df": found.df, "p": p, "lb": found.value - half, "ub": found.value + half}


def ours(folder, key):
    y, v, schools, moderators = records(folder, key)
    found, some = {"CHE_rho": GROUPS["CHE"]}, range(1 if moderators is None else 2)

    def put(group, name, values):
        if len(some) == 1:
            found[f"{group}.{name}"] = values[0]
        else:
            found.update({f"{group}.{name}.{i}": value for i, value in enumerate(values)})

    for group, rho in GROUPS.items():
        fit = several_per_school(y, v, schools, moderators, rho=rho)
        model, cr2 = ([t_test(how(i)) for i in some] for how in (fit.model_based, lambda i, fit=fit: robust(fit, i)))
        for name in [group, "t_contain"] if group == "REML" else [group]:
            put(name, "est", fit.coefficients)
            put(name, "se", [one["se"] for one in model])
            found |= {f"{name}.sigma2.0": fit.between, f"{name}.sigma2.1": fit.within}
            found |= {f"{name}.k": len(y), f"{name}.n_clusters": fit.schools, f"{name}.loglik": fit.log_likelihood}
        for name in ("se", "t", "df", "p", "lb", "ub"):
            put(f"{group}_CR2", name, [one[name] for one in cr2])
        if group == "REML":
            for name, theirs in {"t": "stat", "df": "df", "p": "p", "lb": "lb", "ub": "ub"}.items():
                put("t_contain", theirs, [one[name] for one in model])
    flat = random_effects(y, v)
    spread = heterogeneity(y, v, flat)
    for name, value in {
        "k": flat.k,
        "est": flat.value,
        "se": flat.wald_se,
        "tau2": flat.tau2,
        "I2": 100 * spread.i2,
        "H2": 1 / (1 - spread.i2),
        "QE": flat.cochran,
        "QE_df": flat.df,
        "QEp": spread.p,
        "loglik": log_likelihood(y, v, flat),
    }.items():
        found[f"two_level_ignoring.{name}"] = value
    if key == YEAR:
        found = {name: value for name, value in found.items() if name not in
                 {f"t_contain.{one}.1" for one in ("df", "p", "lb", "ub")}}  # fmt: skip
    return {name: float(value) for name, value in found.items() if math.isfinite(value)}
