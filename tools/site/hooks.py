"""Hooks of MkDocs: the site also has the examples and the project's own pages, which are outside docs/ in the repository."""

from __future__ import annotations

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

PROJECT = ("CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "SECURITY.md")
_FENCE = re.compile(r"^```(\w+) (?:file=(\S+)|[^\n`]+)$", re.MULTILINE)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds them, under the paths that they have in the repository."""
    root = Path(config.config_file_path).parent
    examples = (path for path in sorted((root / "examples").rglob("*")) if not path.is_symlink() and path.is_file())
    for path in (*examples, *(root / name for name in PROJECT)):
        if "__pycache__" not in path.parts and "node_modules" not in path.parts:
            name = path.relative_to(root).as_posix()
            files.append(File.generated(config, name, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Leads links between docs/ and the rest of the repository to the pages here, and names the files of examples."""
    del config, files
    if page.file.generated_by is None:
        markdown = markdown.replace("](../", "](")
    else:
        markdown = re.sub(r"\]\(((?:\.\./)*)docs/", r"](\1", markdown)
    return _FENCE.sub(lambda found: f"```{found[1]}" + (f' title="{found[2]}"' if found[2] else ""), markdown)
