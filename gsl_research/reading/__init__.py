"""From school's score files to tables of located cells, and from a column of cells to scores.

A *table* has columns by header; a *cell* is text as it stands, or a float where a workbook holds a number.
Nothing is guessed: what reads two ways, or cannot be a pupil's row, is a Problem with its row and its mend.
"""

from .door import read_table, read_tables, without_collection
from .grid import Column, DateCell, LabelledNumber, Skipped, as_text
from .headings import fold_header
from .scores import ScoreColumn, parse_scores
from .table import Found, Piece, Table

__all__ = [
    "Column",
    "DateCell",
    "Found",
    "LabelledNumber",
    "Piece",
    "ScoreColumn",
    "Skipped",
    "Table",
    "as_text",
    "fold_header",
    "parse_scores",
    "read_table",
    "read_tables",
    "without_collection",
]
