"""Walking conceptual tables: what to ask next, and what to make of each answer."""

from typing import TypeAlias

Rows: TypeAlias = dict[bytes, dict[int, tuple[int, bytes]]]
"""Index (OID content octets after the column) -> column number -> (value tag, value content octets)."""
