"""Practice research for schools: measure what an approach did, and say no more than the data can carry."""

import sys
from importlib import import_module
from types import ModuleType

__version__ = "0.1.0"

_HOME = {
    "Dataset": "dataset",
    "Decisions": "decisions",
    "EvidenceRecord": "evidence",
    "Measurement": "measure",
    "PrivateRecord": "evidence",
    "Problem": "problems",
    "Problems": "problems",
    "Study": "study",
    "Verdict": "judge",
    "browse_cards": "summarising",
    "check": "checking",
    "conversation": "conversation",
    "describe": "report",
    "describe_cards": "summarising",
    "evidence": "evidence",
    "explore": "explore",
    "explore_live": "explore",
    "judge": "judge",
    "load_cards": "summarising",
    "load_data": "dataset",
    "load_decisions": "decisions",
    "load_study": "study_file",
    "measure": "measure",
    "outlook": "outlook",
    "plan": "plan",
    "pupil_page": "pupil_page",
    "private_record": "evidence",
    "redraw": "explore",
    "redraw_live": "explore",
    "release": "releases",
    "report": "report",
    "save": "files",
    "save_card": "files",
    "save_overview": "summarising",
    "save_shelf": "summarising",
    "synthesise": "summarising",
    "summary_page": "summary",
    "teacher_page": "teacher_page",
}
__all__ = sorted(_HOME)


class _Package(ModuleType):
    """Names are imported when first used, so that ``import gsl_research`` alone costs nothing.

    Some verbs (measure, judge, evidence, report) carry their module's name; the package shows the verb, also after
    Python's import system has put the module in its place.
    """

    def __getattr__(self, name: str):
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f".{_HOME[name]}", __name__), name)
        setattr(self, name, value)
        return value

    def __setattr__(self, name: str, value: object) -> None:
        is_own_module = isinstance(value, ModuleType) and _HOME.get(name) == name
        super().__setattr__(name, getattr(value, name) if is_own_module else value)


sys.modules[__name__].__class__ = _Package
