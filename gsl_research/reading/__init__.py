"""From a school's score file to one table of located text cells, and from a column of cells to scores.

A *table* has columns by header; a *cell* is text as it stands, or a float where a workbook holds a number.
Nothing is guessed: what reads two ways, or cannot be a pupil's row, is a Problem with its row and its mend.
"""

from .door import read_table
from .scores import ScoreColumn, parse_scores
from .table import DateCell, Skipped, Table, as_text

__all__ = ["DateCell", "ScoreColumn", "Skipped", "Table", "as_text", "parse_scores", "read_table"]
