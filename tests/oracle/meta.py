"""Estimates of many studies pooled: metafor, and R's lm for the regression on precision."""

import math

import numpy as np
import pandas as pd
from scipy import stats

from gsl_research.methods.next_school import prediction_interval
from gsl_research.methods.pooling import heterogeneity, leave_one_out, means_of, random_effects, small_studies
from gsl_research.methods.sites import paule_mandel

DATA = {
    "meta.bangertdrowns2004": "meta_bangertdrowns2004.csv",
    "meta.raudenbush1985": "meta_raudenbush1985.csv",
    "meta.konstantopoulos2011_flat": "meta_konstantopoulos2011.csv",
}
WALD = "1.96 for t: too sure with few schools; the mean has Knapp and Hartung's error, and REML_HK is compared"
OTHER = "another value for the variance between schools; design page, section 6: REML"
LEFT_OUT = {
    **{f"REML.{name}": WALD for name in ("stat", "p", "lb", "ub", "QM", "QMdf", "QMp")},
    "REML.predict_z": "a prediction with 1.96 for t(k - 2); HTS_PI_t_kminus2_REML is compared",
    "REML.se_tau2": "the interval of tau is the Q-profile's; its error is lopsided",
    "REML_HK.predict_t": "k - 1 df and Knapp and Hartung's error for k - 2 and Wald's: design page, section 6",
    "PI_t_kminus1_REML_HKse": "k - 1 df and Knapp and Hartung's error for k - 2 and Wald's: design page, section 6",
    "REML_HK.se_tau2": "as REML.se_tau2: the interval of tau is the Q-profile's",
    "REML_HK.QM": "the square of the t that is compared",
    "REML_HK.QMdf": "the df of the t that is compared",
    "REML_HK.QMp": "the p of the t that is compared",
    **{name: OTHER for name in ("DL", "ML", "DL_HK", "PM_HK")},
    **{f"PM.{name}": OTHER for name in ("est", "se", "se_tau2", "stat", "p", "lb", "ub", "QM", "QMdf", "QMp", "loglik",
                                        "predict_z", "I2", "H2", "k", "QE", "QEp", "QE_df", "Qprofile_ci")},
    "EE": "one true difference for all schools is not assumed anywhere",
    "regtest_rma_sei": "as Egger's test, with a variance between schools of its own",
    "regtest_lm_sei.df": "the df of Egger's intercept, which is compared",
    "regtest_lm_sei.p": "the p of Egger's intercept, which is compared",
    "ranktest": "one check for small studies is enough: Egger's",
    "trimfill_L0_REML": "invents studies that nobody did",
    "trimfill_L0_DL": "invents studies that nobody did",
    "leave1out_REML.lb": WALD,
    "leave1out_REML.ub": WALD,
    "influence": "leaving each school out tells the same in the unit of the estimates",
}  # fmt: skip
STOPS = (
    "metafor ends when tau2 changes by less than 1e-5: at its tau2 all agree to 1e-9, and our likelihood is as high or "
    "higher (test_pooling.py)"
)
ROOTS = "the limits are roots that metafor looks for to within 2^-13 (test_sites.py)"
RAUDENBUSH, KONSTANTOPOULOS = "meta.raudenbush1985", "meta.konstantopoulos2011_flat"
LOOSER = {
    **dict.fromkeys(("REML", "REML_HK", "HTS_PI_t_kminus2_REML", "leave1out_REML", "leave1out_REML_HK"), (1e-4, STOPS)),
    **dict.fromkeys((f"{RAUDENBUSH}.{group}" for group in ("REML", "REML_HK", "HTS_PI_t_kminus2_REML")), (5e-4, STOPS)),
    **dict.fromkeys((f"{RAUDENBUSH}.{group}" for group in ("leave1out_REML", "leave1out_REML_HK")), (4e-3, STOPS)),
    **dict.fromkeys(
        (f"{name}.QE" for name in ("REML", "REML_HK")), (1e-12, "a sum of squares without a variance between schools")
    ),
    "REML.Qprofile_ci": (1e-4, ROOTS),
    **dict.fromkeys((f"{key}.REML.Qprofile_ci" for key in (RAUDENBUSH, KONSTANTOPOULOS)), (2e-3, ROOTS)),
    "PM.tau2": (3e-4, ROOTS),
}


def records(folder, key):
    data = pd.read_csv(folder / DATA[key])
    return data.yi.to_numpy(float), data.vi.to_numpy(float)


def log_likelihood(y, v, fit):
    return means_of(y, v).log_likelihood(np.array([[fit.tau2]]))[0, 0]


def ours(folder, key):
    y, v = records(folder, key)
    fit, egger = random_effects(y, v), small_studies(y, v)
    spread, without, next_school = heterogeneity(y, v, fit), leave_one_out(y, v), prediction_interval(fit)
    # metafor has no floor under q.
    se = float(fit.wald_se * np.sqrt(fit.scale))
    half = stats.t.ppf(0.975, fit.df) * se
    found = {
        "REML.se": fit.wald_se,
        "REML_HK.se": se,
        "REML_HK.stat": fit.value / se,
        "REML_HK.df": fit.df,
        "REML_HK.p": 2 * stats.t.sf(abs(fit.value / se), fit.df),
        "REML_HK.lb": fit.value - half,
        "REML_HK.ub": fit.value + half,
        "HTS_PI_t_kminus2_REML.lb": next_school.low,
        "HTS_PI_t_kminus2_REML.ub": next_school.high,
        "PM.tau2": paule_mandel(y, v).tau ** 2,
        "egger_classic_intercept.intercept": egger.value,
        "egger_classic_intercept.se": egger.se,
        "egger_classic_intercept.t": egger.value / egger.se,
        "egger_classic_intercept.p": 2 * stats.t.sf(abs(egger.value / egger.se), egger.df),
        "egger_classic_intercept.df": egger.df,
        "regtest_lm_sei.t": egger.value / egger.se,
    }
    for group in ("REML", "REML_HK"):
        found |= {
            f"{group}.k": fit.k,
            f"{group}.est": fit.value,
            f"{group}.tau2": fit.tau2,
            f"{group}.I2": 100 * spread.i2,
            f"{group}.H2": 1 / (1 - spread.i2),
            f"{group}.QE": fit.cochran,
            f"{group}.QE_df": fit.df,
            f"{group}.QEp": spread.p,
            f"{group}.loglik": log_likelihood(y, v, fit),
        }
    for i, tau in enumerate((spread.tau, spread.interval.low, spread.interval.high)):
        i2 = tau**2 / (tau**2 + fit.typical)
        for name, value in (("tau2", tau**2), ("tau", tau), ("I2", 100 * i2), ("H2", 1 / (1 - i2))):
            found[f"REML.Qprofile_ci.{name}.{i}"] = value
    half = stats.t.ppf(0.975, without.df) * without.wald_se * np.sqrt(without.scale)
    for name, values in {
        "leave1out_REML.est": without.value,
        "leave1out_REML.se": without.wald_se,
        "leave1out_REML.tau2": without.tau2,
        "leave1out_REML.I2": 100 * without.i2,
        "leave1out_REML.Q": without.cochran,
        "leave1out_REML_HK.est": without.value,
        "leave1out_REML_HK.lb": without.value - half,
        "leave1out_REML_HK.ub": without.value + half,
    }.items():
        found |= {f"{name}.{i}": value for i, value in enumerate(values)}
    return {name: float(value) for name, value in found.items() if math.isfinite(value)}
