"""What is known about MIBs, as data: `mibs/*.yaml` read into Table and Column and checked against the model.

A misspelt field, a duplicate number or an unknown key fails at load, naming file, line, table and column.
"""

from collector.tables.loader import load, load_texts
from collector.tables.schema import Column, IndexPart, Module, NotificationType, NotifiedObject, Table, Tables

__all__ = [
    "Column",
    "IndexPart",
    "Module",
    "NotificationType",
    "NotifiedObject",
    "Table",
    "Tables",
    "load",
    "load_texts",
]
