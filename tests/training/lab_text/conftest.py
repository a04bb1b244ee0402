"""The default text, made once: most tests look at it."""

import pytest

from chatbot_tui.training.lab_text.smalltalk import lab_dialogues

Dialogues = list[list[str]]


@pytest.fixture(scope="session")
def smalltalk() -> Dialogues:
    return lab_dialogues()
