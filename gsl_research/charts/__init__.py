"""Values to pictures: a static SVG for a page and one for a phone, with a sentence, a caption and a table.

Nothing here sees a pupil, but for ``dots``: only a page that is never shared draws those.
"""

from .before_after import growth
from .classes import ClassShape, class_growth, class_means
from .differences import designs, interval, panel, subgroups
from .dose import dose
from .dots import DotRow, dots
from .firmness import Link, caps
from .forest import Ends, SchoolRow, forest
from .over_time import Line, over_time
from .picture import LEAST_BINS, as_png
from .published import Mark, OwnLine, published
from .shares import ShareRow, shares
from .turns import TurnRow, turns

__all__ = [
    "LEAST_BINS", "ClassShape", "DotRow", "Ends", "Line", "Link", "Mark", "OwnLine", "SchoolRow", "ShareRow", "TurnRow",
    "as_png", "caps", "class_growth", "class_means", "designs", "dose", "dots", "forest", "growth", "interval",
    "over_time", "panel", "published", "shares", "subgroups", "turns",
]  # fmt: skip
