"""The tree of the package in the README, one caption a file; `python -m tests.readme_tree` writes it anew."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
BEGIN, END = "<!-- tree: python -m tests.readme_tree -->\n```text\n", "```\n<!-- end of tree -->\n"
CAPTION_COLUMN = 32


def caption(path: Path) -> str:
    """Return what a file is for: the first line of its docstring, or of a style sheet's opening comment."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0].rstrip(".")
    if text.startswith("/*"):
        return text[2 : text.index("*/")].strip().partition("\n")[0].rstrip(".")
    code = path.with_suffix(".py")
    return f"How {code.name} looks" if code.exists() else "How all of this folder looks"


def tree(folder: Path, depth: int = 0) -> Iterator[str]:
    """Yield a line for a package, with the caption of its __init__, and one for each file and package in it."""
    yield line(folder.name + "/", caption(folder / "__init__.py"), depth)
    for path in sorted(folder.iterdir(), key=lambda path: (path.is_dir(), path.name)):
        if path.is_dir() and (path / "__init__.py").exists():
            yield from tree(path, depth + 1)
        elif path.suffix in (".py", ".tcss") and path.name != "__init__.py":
            yield line(path.name, caption(path), depth + 1)


def line(name: str, words: str, depth: int) -> str:
    """Return a name, indented, and its caption in a column of its own."""
    return f"{'  ' * depth + name:<{CAPTION_COLUMN}} {words}\n"


def current() -> str:
    """Return the tree as it is on the disk."""
    return "".join(tree(ROOT / "chatbot_tui"))


def printed() -> str:
    """Return the tree as the README has it."""
    text = README.read_text(encoding="utf-8")
    return text[text.index(BEGIN) + len(BEGIN) : text.index(END)]


if __name__ == "__main__":
    README.write_text(README.read_text(encoding="utf-8").replace(BEGIN + printed() + END, BEGIN + current() + END), encoding="utf-8")
