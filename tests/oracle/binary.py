"""Passed or not, pupils being the unit: stats and metafor."""

from math import exp
from pathlib import Path

import pandas as pd

from gsl_research.methods.mastery import cox_d, log_odds_ratio, newcombe, shares_of_pupils, wilson

DATA = {
    "binary.uci_pass_schoolsup": ("uci_student_mat.csv", lambda d: d.G3 >= 10, lambda d: d.schoolsup == "yes"),
    "binary.sesame_regular_by_encour": ("sesame_prepost.csv", lambda d: d.regular == 1, lambda d: d.encour == 1),
    "binary.eef_crt_above_median": ("eef_crt.csv", lambda d: d.Posttest > 18, lambda d: d.Intervention == 1),
}
LEFT_OUT = {
    "rd_wald": "Wald's interval passes ±1 and is a point when nobody or everybody passed; Newcombe's stands for it",
    "chisq_p_yates": "the continuity correction makes p too large; Newcombe's interval has none either",
    "fisher_p": "conditions on the number that passed, and is too large for it; Pearson's p goes with the interval",
    "fisher_cond_or": "the conditional maximum: another odds ratio than that of the table, which is the one we show",
    "risk_ratio": "a ratio of shares depends on whether passing or failing is counted; the page tells pupils of 20",
    "rr_ci": "the interval of the risk ratio, which is not shown",
    "hasselblad_hedges_d": "the same log odds ratio over pi / sqrt(3) = 1.81 for 1.65: one convention, that of WWC",
    "hh_se": "the standard error of the log odds ratio over 1.81, as hasselblad_hedges_d",
    "metafor_OR2DL": "metafor's name for hasselblad_hedges_d and its variance: over 1.81, not 1.65",
    "probit_d": "a difference of normal quantiles: a third way to an SD from two shares, beside Cox's",
    "probit_v": "the variance of the probit difference, which is not used",
}
LOOSER: dict[str, tuple[float, str]] = {}


def ours(folder: Path, key: str) -> dict[str, float]:
    file, passed, treated = DATA[key]
    data = pd.read_csv(folder / file, sep=";" if file.startswith("uci") else ",")
    found = shares_of_pupils(passed(data), treated(data))
    difference, odds = newcombe(found, unit="share"), log_odds_ratio(found, unit="log_odds")
    d = cox_d(odds)
    of_treated = wilson(found.passed_treated, found.pupils_treated)
    of_control = wilson(found.passed_control, found.pupils_control)
    return {
        "events_trt": found.passed_treated,
        "n_trt": found.pupils_treated,
        "events_ctrl": found.passed_control,
        "n_ctrl": found.pupils_control,
        "p_trt": found.treated,
        "p_ctrl": found.control,
        "wilson_trt.0": of_treated.low,
        "wilson_trt.1": of_treated.high,
        "wilson_ctrl.0": of_control.low,
        "wilson_ctrl.1": of_control.high,
        "risk_diff": difference.value,
        "rd_newcombe10.lb": difference.interval.low,
        "rd_newcombe10.ub": difference.interval.high,
        "chisq_p_nocorrection": difference.p,
        "odds_ratio": exp(odds.value),
        "log_or": odds.value,
        "se_log_or": odds.se,
        "or_woolf.lb": exp(odds.interval.low),
        "or_woolf.ub": exp(odds.interval.high),
        "cox_d": d.value,
        "cox_d_se": d.se,
        "cox_d_ci.lb": d.interval.low,
        "cox_d_ci.ub": d.interval.high,
        "metafor_OR2DN.yi": d.value,
        "metafor_OR2DN.vi": d.se**2,
    }
