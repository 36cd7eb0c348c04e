"""Rebuild ``reports/example``: the page and the card of every example study, in Dutch, and the first one in English.
The first one is there as Word and PDF too.

python benchmarks/make_example_reports.py [FOLDER]
"""

import shutil
import sys
import tempfile
from pathlib import Path

import gsl_research as gsl

PROJECT = Path(__file__).parents[1]
EXAMPLES = PROJECT / "data_schemas" / "examples"
ENGLISH = "breuken-strookmodel"
DOCUMENTS = ("docx", "pdf")
PLANNED = ("breuken-strookmodel", "woordenschat-een-klas")
"""Examples that have the page before the study too: of classes, and of one class."""


def data_of(study_file: Path) -> Path:
    return next(file for suffix in (".csv", ".xlsx") if (file := study_file.with_suffix(suffix)).exists())


def make(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as staging:
        for study_file in sorted(EXAMPLES.glob("*.toml")):
            study = gsl.load_study(study_file)
            measurement = gsl.measure(study, gsl.load_data(data_of(study_file), study))
            verdict = gsl.judge(measurement)
            target = folder / study.id
            target.mkdir(parents=True, exist_ok=True)
            for lang, name in (("nl", "report.html"), ("en", "report-en.html")):
                if lang == "nl" or study.id == ENGLISH:
                    shutil.copyfile(gsl.save(gsl.report(measurement, verdict, lang=lang), staging), target / name)
            if study.id == ENGLISH:
                page = gsl.save(gsl.report(measurement, verdict), staging, also=DOCUMENTS)
                for kind in DOCUMENTS:
                    shutil.copyfile(page.with_suffix(f".{kind}"), target / f"report.{kind}")
            if study.id in PLANNED:
                shutil.copyfile(gsl.save(gsl.outlook(gsl.plan(study)), staging), target / "plan.html")
            shutil.copyfile(gsl.save(gsl.evidence(measurement, verdict), staging), target / "card.json")


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else PROJECT / "reports" / "example")
