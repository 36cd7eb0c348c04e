"""What if? Another outcome, a class left out, another usual gap or margin; and ordinary classes, drawn again and again.

Nothing here decides or saves: every number and sentence comes from ``measure``, ``judge`` and ``sentences``, on a study
or scores that were changed for the occasion, and is shown as an exploration.
"""

from .live import Live, explore_live, redraw_live
from .ordinary import redraw
from .shelf import Browser, browse
from .view import View
from .what_if import Offer, explore, offer

__all__ = ["Browser", "Live", "Offer", "View", "browse", "explore", "explore_live", "offer", "redraw", "redraw_live"]
