"""Special tokens by their names: what ends a text, fills it up, begins it, or stands for a word that is not known."""

import re
from collections.abc import Collection

END = ("eot", "eos", "/s", "endoftext", "end_of_text", "end-of-turn", "eou", "im_end", "eol", "end", "eop", "sep")
UNKNOWN = ("unk", "unknown", "oov", "unk_token")
PAD = ("pad", "padding", "pad_token", "blank", "nul", "null")
BEGIN = ("s", "sos", "bos", "cls", "start", "begin", "go", "bos_token", "startoftext", "im_start", "mask")

BRACKETED = re.compile(
    r"^(?:<\|(?P<a>[^<>|\s]+)\|>|<(?P<b>[^<>|\s]+)>|\[(?P<c>[A-Za-z_]+)\]|\{(?P<d>[A-Za-z_]+)\}|_{1,2}(?P<e>[A-Z]+)_{1,2}|xx(?P<f>bos|eos|pad|unk))$"
)
BARE = frozenset({"EOS", "EOT", "UNK", "PAD", "OOV", "SOS", "BOS"})
"""Names that count without brackets, in capitals only: "end" and "pad" are words."""


def kind(token: str) -> str | None:
    """Return the name within a special token's brackets, in small letters; None for an ordinary token."""
    if token in BARE:
        return token.lower()
    match = BRACKETED.match(token)
    name = next((group for group in match.groups() if group), "").lower() if match else ""
    return name if name in END or name in UNKNOWN or name in PAD or name in BEGIN else None


def is_special(token: str) -> bool:
    """Return whether a token is special by its name, or empty, as padding is in some lists."""
    return not token or kind(token) is not None


def special(tokens: Collection[str], names: tuple[str, ...]) -> str | None:
    """Return the token that bears one of the names, the earliest name first; None if there is none."""
    found: dict[str, str] = {}
    for token in tokens:
        if len(token) < 24 and (name := kind(token)) in names and name is not None:
            found[name] = min(token, found.get(name, token))
    if names is PAD and not found and "" in tokens:
        return ""
    return next((found[name] for name in names if name in found), None)
