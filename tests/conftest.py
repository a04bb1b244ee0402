"""What every test stands on: a home folder of its own, and property tests that no slow machine can fail."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Tiny nets gain nothing from a second thread, and lose much where other processes want it too. Read when torch is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile(
    "patient",
    deadline=None,
    # A fixture's folder may be shared by the examples of one test: each of them writes the file that it reads.
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("patient")


@pytest.fixture(autouse=True)
def own_home(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keep settings, conversations and checkpoints of whoever runs the tests out of them, and unchanged."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("CHATBOT_TUI_HOME", str(home))
    return home
