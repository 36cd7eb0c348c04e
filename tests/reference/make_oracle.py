"""Writes oracle.json: the frozen values of R packages that the methods here compute as well.

    python tests/reference/make_oracle.py path/to/oracle/oracle.json

The full set of frozen records is not part of the project. Each entry keeps the record's key, the quantity, its value
in 15 significant digits, and the package and version that made it.
"""

import json
import sys
from pathlib import Path

OUT = Path(__file__).with_name("oracle.json")

PAIRED = {
    "stats": (
        "n", "mean_pre", "mean_post", "sd_pre", "sd_post", "r_pre_post", "mean_gain", "se_gain", "df", "p", "ci_lb",
        "ci_ub", "d_pre", "J_exact_df_nminus1",
    ),
    "metafor": ("metafor_SMCR.yi",),
}  # fmt: skip
TWO_GROUPS = {
    "stats": (
        "n_trt", "n_ctrl", "mean_trt", "mean_ctrl", "diff", "sd_pooled", "student.df", "student.p", "student.ci_lb",
        "student.ci_ub", "J_exact", "hedges_g_exact",
    ),
}  # fmt: skip
ANCOVA = {
    "stats": (
        "n_trt", "n_ctrl", "adj_diff", "se", "df", "p", "ci_lb", "ci_ub", "pre_slope", "sigma_resid", "sd_post_pooled",
        "sd_pre_pooled", "baseline_difference.diff", "baseline_difference.g",
    ),
}  # fmt: skip
CLUSTERS = {"lme4": ("n", "n_clusters", "n_clusters_trt", "n_clusters_ctrl", "mean_cluster_size")}
LMER = {
    "lme4": ("fixed.pre.est", "fixed.trt.est", "var_cluster", "var_resid"),
    "pbkrtest": ("trt_KR.se",),
}

GRID = {
    **{f"paired.{name}": (PAIRED,) for name in ("hci", "sesame_letters", "uci_G1_G3", "bdf_language")},
    **{f"twogroup.{name}": (TWO_GROUPS,) for name in ("eef_crt", "eef_mst", "sesame", "attitudes", "uci_schoolsup")},
    **{f"ancova.{name}": (ANCOVA,) for name in ("eef_crt", "eef_mst", "sesame", "attitudes_macro", "uci_schoolsup")},
    "clustered.eef_crt": (CLUSTERS, LMER),
    "clustered.hsb82_catholic": (CLUSTERS,),
    "clustered.bdf_mixedgrade_language": (LMER,),
}


def entries(records: list[dict]) -> list[dict]:
    found = {record["key"]: record for record in records}
    made = []
    for key, groups in GRID.items():
        for package, quantities in (item for group in groups for item in group.items()):
            for quantity in quantities:
                value = found[key]["values"]
                for part in quantity.split("."):
                    value = value[part]
                version = found[key]["packages"][package]
                made.append(
                    {"key": key, "quantity": quantity, "value": value, "source": f"R {package}", "version": version}
                )
    return made


def content(source: Path) -> str:
    lines = ",\n".join(json.dumps(entry) for entry in entries(json.loads(source.read_text("utf-8"))["records"]))
    return f"[\n{lines}\n]\n"


if __name__ == "__main__":
    OUT.write_text(content(Path(sys.argv[1])), "utf-8", newline="\n")
