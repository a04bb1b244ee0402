"""Where settings, conversations, checkpoints, runs and the log live on every system."""

import os
from pathlib import Path

import platformdirs

from chatbot_tui.core.errors import InputError

APP = "chatbot-tui"
HOME_VARIABLE = "CHATBOT_TUI_HOME"
PACKAGE = Path(__file__).resolve().parent.parent


def home() -> Path | None:
    """Return the one folder that holds everything, if the environment names one."""
    value = os.environ.get(HOME_VARIABLE, "")
    return Path(os.path.abspath(os.path.expanduser(value))) if value else None  # noqa: PTH100, PTH111 (pathlib raises where there is no home)


def settings_file() -> Path:
    """Return the TOML file with the person's settings."""
    return (home() or platformdirs.user_config_path(APP, appauthor=False)) / "settings.toml"


def data_folder() -> Path:
    """Return the folder that holds what the person made."""
    return home() or platformdirs.user_data_path(APP, appauthor=False)


def conversations_folder() -> Path:
    """Return the folder of saved conversations, one file each."""
    return data_folder() / "conversations"


def checkpoints_folder() -> Path:
    """Return the folder of the person's own checkpoints, one folder each."""
    return data_folder() / "checkpoints"


def runs_folder() -> Path:
    """Return the folder of training runs that may be resumed."""
    return data_folder() / "runs"


def log_file() -> Path:
    """Return the file that diagnostic messages go to."""
    return (home() or platformdirs.user_log_path(APP, appauthor=False)) / f"{APP}.log"


def assets() -> Path:
    """Return the folder of shipped files: inside an installed package, beside the package in a checkout."""
    inside = PACKAGE / "assets"
    return inside if inside.is_dir() else PACKAGE.parent / "assets"


def shipped_checkpoints() -> Path:
    """Return the folder of checkpoints that come with the program."""
    return assets() / "checkpoints"


def recipes_folder() -> Path:
    """Return the folder of training recipes that come with the program."""
    return assets() / "recipes"


def ensure(folder: Path) -> Path:
    """Create a folder if it is missing, and return it.

    Raises:
        InputError: it cannot be created.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"cannot create {folder}: {error.strerror or error}; make its parent writable or set {HOME_VARIABLE} to another folder"
        ) from None
    return folder
