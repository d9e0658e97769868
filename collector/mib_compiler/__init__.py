"""`tunnelwatch mibs compile`: MIB texts to a table file with the facts filled in and the meaning left to the reader.

pysmi parses the texts; it is only needed here, and only imported when something is compiled.
"""

from collections.abc import Sequence
from pathlib import Path

from collector.mib_compiler.facts import MibObject, read_objects
from collector.mib_compiler.table_file import table_file
from collector.mib_compiler.texts import MibError, MibTexts

__all__ = ["MibError", "MibObject", "compile_mibs", "read_mibs"]


def read_mibs(paths: Sequence[Path], search_dirs: Sequence[Path] = ()) -> dict[str, list[MibObject]]:
    """Return the objects of the MIBs in these files, in the order of their OIDs, by module.

    What they import is looked for in `search_dirs` and beside the files.

    Raises: MibError naming file and line, or the import that is missing, or that pysmi is.
    """
    texts = MibTexts(paths, search_dirs)
    objects = read_objects(texts)
    return {name: objects[name] for name in texts.modules}


def compile_mibs(paths: Sequence[Path], search_dirs: Sequence[Path] = ()) -> str:
    """Return table files for the MIBs in these files, several ones as YAML documents behind each other.

    Raises: MibError as read_mibs.
    """
    texts = MibTexts(paths, search_dirs)
    objects = read_objects(texts)
    return "---\n".join(table_file(module, objects[module], objects) for module in texts.modules)
