import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from chatbot_tui import __version__
from tests import readme_tree

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("torch", "textual", "tokenizers", "safetensors", "numpy")
LOADED = f"; import sys; print(*(name for name in {HEAVY!r} if name in sys.modules))"


def loaded_after(code: str) -> set[str]:
    """Names of heavy packages that a fresh interpreter holds after running `code`, which may print nothing itself."""
    result = subprocess.run([sys.executable, "-c", code + LOADED], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(result.stdout.splitlines()[-1].split()) if result.stdout.strip() else set()


def configuration() -> dict[str, Any]:
    """What pyproject.toml says."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "command",
    ["--help", "--version", "say --help", "train --help", "evaluate --help", "import --help", "export --help", "checkpoints", "recipes"],
)
def test_what_needs_no_net_loads_none(command: str) -> None:
    assert loaded_after(f"from chatbot_tui.cli import run; run({command.split()!r})") == set()


def test_a_mistake_is_told_before_anything_loads() -> None:
    assert loaded_after("from chatbot_tui.cli import run; run(['say', 'hello', '--top-p', '7'])") == set()


def test_the_screens_load_no_net() -> None:
    assert loaded_after("import chatbot_tui.ui.app") & {"torch", "tokenizers", "safetensors"} == set()


def test_the_way_to_the_screens_loads_no_net() -> None:
    assert loaded_after("import chatbot_tui.commands.open, chatbot_tui.bridge, chatbot_tui.ui.app") & {"torch", "tokenizers"} == set()


def test_the_first_paint_waits_for_nothing_that_comes_after_it() -> None:
    later = ("click", "numpy", "tomli_w", "chatbot_tui.cli", "chatbot_tui.core.frames", "chatbot_tui.ui.panels.sampling")
    code = f"""
import sys
from chatbot_tui.ui import app
app.PlaygroundApp.run = lambda self: print([name for name in {later!r} if name in sys.modules])
from chatbot_tui import bridge
bridge.ChildBackend._start = bridge.ChildBackend.close = lambda self: None
sys.stdin.isatty = sys.stderr.isatty = lambda: True
sys.argv = ["chatbot-tui"]
from chatbot_tui.__main__ import main
main()
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert result.stdout.strip() == "[]"


def test_the_torch_side_loads_no_screen() -> None:
    assert "textual" not in loaded_after("import chatbot_tui.backend")


def test_core_is_light() -> None:
    names = [f"chatbot_tui.core.{path.stem}" for path in (ROOT / "chatbot_tui" / "core").glob("[!_]*.py")]
    assert loaded_after(f"import {', '.join(names)}") == set()


def test_the_tests_of_the_screens_run_without_torch() -> None:
    code = "import sys; sys.modules['torch'] = None; import tests.fakes, tests.ui.frames, chatbot_tui.ui.app"
    assert "textual" in loaded_after(code)


def test_every_import_keeps_to_the_layers() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert result.returncode == 0, result.stdout


def test_every_file_says_why_it_exists() -> None:
    silent = [path for path in (ROOT / "chatbot_tui").rglob("*.py") if not readme_tree.caption(path)]
    assert silent == []


def test_no_file_is_too_long_to_read() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in (ROOT / "chatbot_tui").rglob("*.py")}
    assert {path: length for path, length in lengths.items() if length > 500} == {}


def test_the_readmes_tree_is_the_tree() -> None:
    assert readme_tree.printed() == readme_tree.current(), "run: python -m tests.readme_tree"


def test_the_readmes_commands_stand_first() -> None:
    first_screen = "\n".join(readme_tree.README.read_text(encoding="utf-8").splitlines()[:40])
    commands = re.findall(r"```sh\n(.*?)\n```", first_screen, re.DOTALL)
    assert len(commands) == 2
    assert commands[0].endswith("chatbot-tui")
    assert commands[1].endswith("pytest")
    assert commands[1] in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_readme_names_every_dependency() -> None:
    text = readme_tree.README.read_text(encoding="utf-8")
    names = [re.split(r"[<>=~! ]", requirement)[0] for requirement in configuration()["project"]["dependencies"]]
    assert "textual" in names
    assert [name for name in names if f"`{name}`" not in text] == []


def test_the_changelog_knows_this_version() -> None:
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_wheel_holds_the_assets() -> None:
    wheel = configuration()["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["force-include"] == {"assets": "chatbot_tui/assets"}
    assert (ROOT / "assets").is_dir()
