"""What a net that talks to anybody should not learn to say: profanity, and what tells who or where somebody is."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from chatbot_tui.training.corpus import Dialogue

PROFANE = re.compile(
    r"""
    (?:mother)?fuck\w* | (?:bull|horse|dip)?shit\w* | bitch\w* | cunts? | dick(?:s|head\w*)? | cock(?:s|suck\w*)? | puss(?:y|ies)
    | (?:dumb|jack|bad|smart)?ass(?:es|hole\w*)? | bastard\w* | slut\w* | whor(?:e|es|ed|ing) | nigg\w+ | fag(?:s|got\w*)? | retard\w*
    | tits? | titties | boob(?:s|ies)? | penis\w* | vagina\w* | porn\w* | dildo\w* | masturbat\w* | blowjobs? | cum | cumming | jizz
    | orgasm\w* | rap(?:e|es|ed|ing|ist|ists) | (?:god)?damn\w* | dammit | hell | crap(?:s|py|ped)? | piss\w* | wank\w* | twats?
    | sex(?:y|ier|iest|ual|ually)? | horny | naked | nud(?:e|es|ity) | wtf | stfu | lmfao | anal | kikes? | spics? | chinks?
    | trann(?:y|ies) | dykes? | homos? | hookers? | prostitut\w* | milfs? | boner\w* | cocaine | heroin
    """,
    re.VERBOSE,
)
"""Swear words, slurs, sexual words and hard drugs, in the forms that conversations have them in; rather too many than too few."""

PHRASE = re.compile(r"\b(?:kill (?:your|my|him|her)self|jerk(?:s|ed|ing)? off|blow jobs?)\b")
"""Words that offend only together."""

PERSONAL = re.compile(
    r"""
    (?<![\w.+-])[\w.+-]+@[\w-]+\.\w+                        # an e-mail address
    | (?:https?://|www\.)\S+                               # a page, often somebody's own
    | (?<!\w)@\w{3,}                                       # a handle
    | (?<![\w$])(?:\+?\d{1,2}[-.\s])?\(?\d{3}\)?[-.\s]\d{3}[-.\s]\d{4}(?!\w)   # a telephone number
    | (?<!\w)\d{3}-\d{2}-\d{4}(?!\w)                       # a social security number
    | (?<!\w)[3-6]\d{3}(?:[\s-]?\d{4}){3}(?!\w)             # a payment card
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""Addresses, numbers and handles by which a person can be found."""

WORD, DIGIT = re.compile(r"\w+"), re.compile(r"\d")


def offences(text: str) -> list[str]:
    """Return what is profane in a text, lower-cased, and what is personal in it."""
    lowered = text.lower()
    found = [word for word in WORD.findall(lowered) if is_profane(word)] + PHRASE.findall(lowered)
    # Hardly a turn has a sign of these, and the search takes ten times as long as all else.
    suspicious = "@" in text or "www." in lowered or "://" in text or DIGIT.search(text)
    return found + PERSONAL.findall(text) if suspicious else found


@lru_cache(maxsize=1 << 17)
def is_profane(word: str) -> bool:
    """Return whether a word in lower case is one of PROFANE."""
    return PROFANE.fullmatch(word) is not None


def decent_parts(dialogues: Iterable[Sequence[str]]) -> list[Dialogue]:
    """Leave out every turn with an offence: a dialogue is cut in two there, since nobody answers what is missing."""
    parts: list[Dialogue] = []
    for dialogue in dialogues:
        part: Dialogue = []
        for turn in dialogue:
            if offences(turn):
                parts.append(part)
                part = []
            else:
                part.append(turn)
        parts.append(part)
    return [part for part in parts if part]
