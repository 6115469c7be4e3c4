"""`talend-access schema`: the JSON Schema of a table."""

from __future__ import annotations

import json

from ..table.models import table_schema


def schema_text() -> str:
    """The JSON Schema of a table, as the command prints it and docs/access.schema.json has it."""
    return json.dumps(table_schema(), indent=2, ensure_ascii=False) + "\n"


def schema() -> None:
    """Print the JSON Schema of a table of access, for editors that complete and check as you type.

    Exit codes: 0 printed.

    Examples:

    - `talend-access schema > access.schema.json`, and `# yaml-language-server: $schema=access.schema.json` on the first line
      of the table
    """
    print(schema_text(), end="")
