"""Subgroups in one regression: stats, lmer with lmerTest and clubSandwich, beside the same models on moments."""

import numpy as np
import pandas as pd

from gsl_research.methods.moments import class_moments
from gsl_research.methods.pupils import ancova
from gsl_research.methods.random_intercept import plain, random_intercept, random_intercept_at, satterthwaite
from gsl_research.methods.sandwich import cr2

from .clustered import printed

DATA = {
    "interaction.bdf_mixedgra_lowses": (
        "dutch_bdf.csv", "schoolNR", "langPRET", "langPOST", lambda d: d.mixedgra == 1, lambda d: d.ses < d.ses.median()
    ),
    "interaction.bdf_mixedgra_minority": (
        "dutch_bdf.csv", "schoolNR", "langPRET", "langPOST", lambda d: d.mixedgra == 1, lambda d: d.Minority == "Y"
    ),
    "interaction.hsb82_sector_lowses": (
        "us_hsb82.csv", "school", None, "mAch", lambda d: d.sector == "Catholic", lambda d: d.ses < 0
    ),
    "interaction.sesame_encour_sex": (
        "sesame_prepost.csv", None, "prelet", "postlet", lambda d: d.encour == 1, lambda d: d.sex == 2
    ),
}  # fmt: skip
LEFT_OUT = {}
STOPPED = "lmer stops within 1e-6 of the top of its likelihood: shown for these records in test_sites.py"
LOOSER = {
    "lmer": (1e-6, STOPPED),
    "lmer.interaction.p": (1e-4, f"{STOPPED}; a relative change of t counts t^2 times in p"),
}


def records(folder, key):
    """Class codes (pupils themselves where there are none), covariates, treated, member and post, per pupil."""
    file, unit, pre, post, treated, member = DATA[key]
    data = pd.read_csv(folder / file)
    codes = data.groupby(unit).ngroup().to_numpy() if unit else np.arange(len(data))
    covariates = [data[pre].to_numpy(float)] if pre else []
    return codes, covariates, treated(data).to_numpy(), member(data).to_numpy(), data[post].to_numpy(float)


def ours(folder, key):
    codes, covariates, treated, member, post = records(folder, key)
    moments = class_moments(codes, treated, member, treated & member, *covariates, post)
    least_squares, both = random_intercept_at(moments, 0), np.zeros(4 + len(covariates))
    both[[1, 3]] = 1
    found = {"n": moments.pupils, "n_sub": int(member.sum()), "lm.df": plain(least_squares, 3).df}
    for name, contrast, quantities in (
        ("interaction", 3, ("est", "se", "t", "p", "lb", "ub")),
        ("effect_in_ref", 1, ("est", "se", "lb", "ub")),
        ("effect_in_mod", both, ("est", "se", "lb", "ub")),
    ):
        numbers = printed(plain(least_squares, contrast))
        found |= {f"lm.{name}.{quantity}": numbers[quantity] for quantity in quantities}
    for label in (0, 1):
        some = member == label
        alone = ancova(post[some], treated[some], *(x[some] for x in covariates), unit="points").difference
        found |= {
            f"separate_subgroup_models.{label}.n": int(some.sum()),
            f"separate_subgroup_models.{label}.est": alone.value,
            f"separate_subgroup_models.{label}.se": alone.se,
            f"separate_subgroup_models.{label}.lb": alone.interval.low,
            f"separate_subgroup_models.{label}.ub": alone.interval.high,
        }
    if moments.classes == moments.pupils:
        return found
    fit = random_intercept(moments)
    of_lmer, reference, robust = (
        printed(contrast) for contrast in (satterthwaite(fit, 3), satterthwaite(fit, 1), cr2(moments, 3))
    )
    in_words = {"df": "satt_df"}
    for quantity in ("est", "se", "df", "p", "lb", "ub"):
        found[f"lmer.interaction.{in_words.get(quantity, quantity)}"] = of_lmer[quantity]
    for quantity in ("est", "se", "df"):
        found[f"lmer.trt_ref.{in_words.get(quantity, quantity)}"] = reference[quantity]
    found |= {"lmer.varcorr.0": fit.tau2, "lmer.varcorr.1": fit.sigma2}
    return found | {f"lm_CR2_interaction.{quantity}": robust[quantity] for quantity in ("se", "df", "p")}
