"""Answer from the command line: one conversation, or one prompt a line."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from chatbot_tui.commands.frame_json import finished_to_json, frame_to_json
from chatbot_tui.commands.output import warn, write, write_json
from chatbot_tui.core.errors import InputError
from chatbot_tui.core.frames import PromptScored, ReplyFinished, StepFrame, Weighing
from chatbot_tui.core.ports import ChatBackend, Pace, ReplyRequest, Turn
from chatbot_tui.core.sampling import SamplingSettings

MAX_PROMPTS_BYTES = 1 << 26
"""Of a file of prompts."""
MAX_PROMPT_BYTES = 1 << 20
"""Of a line on standard input."""


def say(
    texts: Sequence[str],
    *,
    checkpoint: str,
    vocabulary: str | None,
    sampling: SamplingSettings | None,
    seed: int,
    max_tokens: int,
    min_tokens: int,
    top: int | None,
    prompts: str | None,
    as_json: bool,
) -> None:
    """Answer the last of `texts`, the turns before it alternating, or each line of the file `prompts` afresh.

    Args:
        texts: The turns so far, oldest first; none where `prompts` is given.
        checkpoint: Name, folder or foreign file.
        vocabulary: The foreign file's vocabulary.
        sampling: None for the checkpoint's own settings.
        seed: Fixes every random number, with the number of the reply and the step.
        max_tokens: Length at which a reply ends.
        min_tokens: Tokens before which it does not.
        top: How many likeliest tokens each record lists; None for all.
        prompts: File with a prompt a line; `-` for standard input.
        as_json: Whether to write a record a token rather than the text.

    Raises:
        InputError: there is nothing to answer, or the backend refuses its input.
    """
    if prompts is None and not texts:
        raise InputError("nothing to answer: give a TEXT, or a file of prompts with --prompts FILE")
    if prompts is not None and texts:
        raise InputError("both TEXT and --prompts are given: give one of them")
    conversations: Iterable[tuple[int | None, tuple[Turn, ...]]]
    conversations = [(None, turns(texts))] if prompts is None else prompt_conversations(prompts)

    from chatbot_tui.backend import LocalBackend

    backend: ChatBackend = LocalBackend()
    try:
        loaded = backend.load(checkpoint, vocabulary)
        for warning in loaded.warnings:
            warn(warning)
        backend.set_pace(Pace(None))
        for index, conversation in conversations:
            request = ReplyRequest(
                turns=conversation,
                sampling=loaded.sampling if sampling is None else sampling,
                seed=seed,
                reply=sum(turn.speaker == "bot" for turn in conversation),
                max_tokens=max_tokens,
                min_tokens=min_tokens,
                top=top,
            )
            answer(backend, request, index, as_json=as_json)
    finally:
        backend.close()


def answer(backend: ChatBackend, request: ReplyRequest, index: int | None, *, as_json: bool) -> None:
    """Write one reply as it comes, each record carrying the prompt's index where there is one."""
    extra = {} if index is None else {"prompt": index}
    weighing: Weighing | None = None
    for event in backend.reply(request):
        match event:
            case PromptScored(dropped=dropped) if dropped:
                shown = ", ".join(f"{word:.40}" for word in dropped[:20])
                warn(f"not in the vocabulary: {shown}{', ...' if len(dropped) > 20 else ''}")
            case StepFrame() as frame:
                weighing = frame.weighing
                if as_json:
                    write_json(extra | frame_to_json(frame))
                else:
                    write(frame.text)
            case ReplyFinished() as finished:
                if as_json:
                    write_json(extra | finished_to_json(finished, weighing))
                else:
                    write("\n")


def turns(texts: Sequence[str]) -> tuple[Turn, ...]:
    """Return the turns of a conversation that a person ends. Raises InputError if there is nothing in the last."""
    cleaned = [text.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for text in texts]
    if not cleaned[-1].strip():
        raise InputError("the text to answer is empty: type a few words")
    last = len(cleaned) - 1
    return tuple(Turn("you" if (last - position) % 2 == 0 else "bot", text) for position, text in enumerate(cleaned))


def prompt_conversations(name: str) -> Iterator[tuple[int, tuple[Turn, ...]]]:
    """Open a file of prompts and return an iterator over index and conversation; lines without a word are passed over.

    Standard input is read line by line, so that another program can wait for each answer.

    Raises:
        InputError: the file cannot be read or is too large; while iterating, a line is not UTF-8 or too long.
    """
    if name == "-":
        return read_prompts(bounded_lines(sys.stdin.buffer), "standard input")
    try:
        with Path(name).open("rb") as file:
            data = file.read(MAX_PROMPTS_BYTES + 1)
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read the prompts in {name!r}: {getattr(error, 'strerror', None) or error}; name a text file") from None
    if len(data) > MAX_PROMPTS_BYTES:
        raise InputError(f"{name!r} holds more than {MAX_PROMPTS_BYTES:,} bytes of prompts: break it into several files")
    return read_prompts(data.splitlines(), repr(name))


def bounded_lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a stream as they come. Raises InputError before one too long has filled the memory."""
    while line := file.readline(MAX_PROMPT_BYTES + 1):
        if len(line) > MAX_PROMPT_BYTES:
            raise InputError(f"a line of standard input has more than {MAX_PROMPT_BYTES:,} bytes: write one prompt a line")
        yield line


def read_prompts(lines: Iterable[bytes], name: str) -> Iterator[tuple[int, tuple[Turn, ...]]]:
    """Yield (index, conversation) for each line that holds a word; the index counts every line from 0. Raises InputError."""
    answered = False
    for index, line in enumerate(lines):
        try:
            text = line.decode("utf-8-sig" if index == 0 else "utf-8").strip()
        except UnicodeDecodeError:
            raise InputError(f"line {index + 1} of {name} is not UTF-8 text: save the prompts as UTF-8") from None
        if text:
            answered = True
            yield index, turns([text])
    if not answered:
        raise InputError(f"there are no prompts in {name}: write one a line")
