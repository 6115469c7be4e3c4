"""A table of access that everybody can read: from YAML to what it declares, with the line of everything."""

from .expanding import Declared, DeclaredAccess, DeclaredMappings, DeclaredSet
from .places import TableError, TableProblem
from .tables import ReadTable, read_table, table_from_dict

__all__ = [
    "Declared",
    "DeclaredAccess",
    "DeclaredMappings",
    "DeclaredSet",
    "ReadTable",
    "TableError",
    "TableProblem",
    "read_table",
    "table_from_dict",
]
