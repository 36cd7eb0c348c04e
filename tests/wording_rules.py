"""What no sentence to a teacher says, and how numbers stand in it."""

import re

FORBIDDEN = {
    "nl": (
        r"significan\w*", r"bewezen", r"bewijst?", r"werkt", r"geen effect", r"toeval\w*", r"rapport\w*",
        r"interventie\w*", r"controle(groep|klas\w*)?", r"experimente\w*", r"docent\w*", r"trimester\w*", r"studie",
        r"(voor|na|eind)toets\w*", r"wisselontwerp", r"zekerheid", r"sterren", r"u", r"uw", r"jij", r"jouw klas",
        r"beide groepen", r"random\w*",
    ),
    "en": (
        r"significan\w*", r"prove[ns]?", r"works", r"no effect", r"chance", r"school report", r"interventions?",
        r"controls?( group| class(es)?)?", r"experimental", r"grades?", r"marks", r"random\w*", r"certainty", r"stars",
    ),
}  # fmt: skip
"""Whole words, in any case. "jouw" is said once, to the teacher of one class; a team is "jullie"."""
NOT_FOR = {"private.warning": {"nl": r"rapport\w*", "en": r"school report"}}
"""What a list of pupils is not for is called by its name, there alone."""
FILE_WORDS = {"problems", "command"}
FILE_KEYS = ("control", "random", "studie", "marks")
"""Rooms of files, and their words: the key control, STUDIE.toml, quotation marks. Software (start) may work."""
FIGURES = {"nl": r"cijfers?", "en": r"grades?|marks?"}
"""What pupils have are points or results."""

ONE_GROUP = {
    "nl": (r"effect(en)?", r"door de aanpak", r"dankzij", r"maand(en)?"),
    "en": (r"(?<!side )effects?", r"(because of|due to|by|thanks to) the approach", r"months?"),
}
LONGEST = 30
"""Words in one sentence (words page, section 1: B1). A number is read at a glance and does not count."""
NUMBER = {"nl": r"\d+(?:,\d+)?", "en": r"\d+(?:\.\d+)?"}
OTHER_MARK = {"nl": r"\d\.\d", "en": r"\d,\d"}
NEGATIVE = r"(?<![\w.,–-])[-−–]\s?\d"
PLURAL_OF_ONE = {
    "nl": r"(?<![\d,])1 (klassen|leerlingen|scholen|leerkrachten|lesgroepen|punten|rijen)",
    "en": r"(?<![\d.])1 (classes|pupils|schools|teachers|teaching groups|points|rows|times)",
}
SAME = {"nl": "ongeveer gelijk", "en": "about the same"}


def has(patterns: tuple[str, ...], text: str) -> list[str]:
    return [word for word in patterns if re.search(rf"\b({word})\b", text, re.IGNORECASE)]
