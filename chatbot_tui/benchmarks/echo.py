"""How soon a typed letter stands on the screen: while torch loads, while a net speaks or trains flat out, and under a very long chat."""

import re
from functools import partial
from itertools import islice
from pathlib import Path

from chatbot_tui.benchmarks.budgets import (
    ECHO_LONG_CHAT,
    ECHO_MAX_LOADING,
    ECHO_MAX_SPEAKING,
    ECHO_MAX_TRAINING,
    ECHO_P95_LOADING,
    ECHO_P95_SPEAKING,
    ECHO_P95_TRAINING,
    Record,
    percentile,
)
from chatbot_tui.benchmarks.startup import PLAYGROUND, READY
from chatbot_tui.benchmarks.subject import ENDLESS, save_pace
from chatbot_tui.benchmarks.terminal import FULL_FRAME, Terminal
from chatbot_tui.benchmarks.typist import LETTERS, type_letters
from chatbot_tui.core.conversation_events import start_line, turn_line
from chatbot_tui.core.conversations import new_path, now
from chatbot_tui.core.ports import Turn

TURNS = 10_000
IN_A_ROW = 30
"""Letters typed into one chat before the other has its turn."""
SEND = "\r"
LABORATORY, FIELD = "\x1b[23~", "\t\t"
"""Keys: f11; to the recipes, and on to the first knob."""
RECIPES_LISTED, TRAINS = re.compile(rb"start it with enter"), re.compile(rb"step [1-9][\d,]* of ")
LIST_CHATS, OPEN_CHAT = "\x13", "\r"
SPEAKS = re.compile(rb"speaking")
CHATS_LISTED = re.compile(rb"reopens")
LAST_WORD = "farewell"


def echo_while_loading(home: Path, starts: int) -> list[Record]:
    """Type from the first paint until the net is ready, in several starts of the playground."""
    seconds: list[float] = []
    for _ in range(starts):
        with Terminal(PLAYGROUND, home) as app:
            app.wait_for(FULL_FRAME)
            seconds += type_letters(app, iter(LETTERS), partial(app.shows, READY))
    return [ECHO_P95_LOADING.judge(1000 * percentile(seconds, 0.95)), ECHO_MAX_LOADING.judge(1000 * max(seconds))]


def echo_while_speaking(home: Path, letters: int) -> list[Record]:
    """Type while the net speaks as fast as it can, every token recorded and drawn."""
    save_pace(home, ENDLESS)
    with Terminal(PLAYGROUND, home) as app:
        app.wait_for(READY)
        app.write("hello" + SEND)
        app.wait_for(SPEAKS)
        seconds = type_letters(app, islice(LETTERS, letters))
    return [ECHO_P95_SPEAKING.judge(1000 * percentile(seconds, 0.95)), ECHO_MAX_SPEAKING.judge(1000 * max(seconds))]


def echo_while_training(home: Path, letters: int) -> list[Record]:
    """Type into a field of the laboratory while it trains as fast as it can, every report drawn."""
    with Terminal(PLAYGROUND, home) as app:
        app.wait_for(READY)
        app.write(LABORATORY)
        app.wait_for(RECIPES_LISTED)
        app.write(SEND)
        app.wait_for(TRAINS)
        app.write(FIELD)
        seconds = type_letters(app, islice(LETTERS, letters))
    return [ECHO_P95_TRAINING.judge(1000 * percentile(seconds, 0.95)), ECHO_MAX_TRAINING.judge(1000 * max(seconds))]


def echo_in_long_chat(home: Path, letters: int, turns: int = TURNS) -> list[Record]:
    """Type in turn into an empty chat and into one of so many turns."""
    save_chat(home / "conversations", turns)
    with Terminal(PLAYGROUND, home) as empty, Terminal(PLAYGROUND, home) as long:
        for app in (empty, long):
            app.wait_for(READY)
        long.write(LIST_CHATS)
        long.wait_for(CHATS_LISTED)
        long.write(OPEN_CHAT)
        long.wait_for(re.compile(LAST_WORD.encode()))
        chats = [(app, islice(LETTERS, letters), list[float]()) for app in (empty, long)]
        for _ in range(-(-letters // IN_A_ROW)):
            for app, typed, seconds in chats:
                seconds += type_letters(app, islice(typed, IN_A_ROW))
    in_empty, in_long = (1000 * percentile(seconds, 0.95) for _, _, seconds in chats)
    return [ECHO_LONG_CHAT.judge(in_long, in_empty)]


def save_chat(folder: Path, turns: int) -> None:
    """Write a conversation of so many turns."""
    folder.mkdir(parents=True, exist_ok=True)
    said = [Turn("bot" if number % 2 else "you", f"this is turn number {number} of a long evening of talk") for number in range(turns - 1)]
    said.append(Turn("bot" if len(said) % 2 else "you", LAST_WORD))
    new_path(folder).write_bytes(b"".join([start_line(now()), *map(turn_line, said)]))
