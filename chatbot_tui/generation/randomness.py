"""Random numbers without a hidden state, so that any token can be drawn again without its past."""

from hashlib import blake2b

DRAW = 0
"""Stream of the number that picks the token."""
XTC = 1
"""Stream of the number that decides whether XTC runs."""


STREAMS = 2
"""How many streams a candidate for a reply has; the next candidate's follow upon them."""


def uniform(seed: int, reply: int, step: int, stream: int = DRAW) -> float:
    """Return the number in [0, 1) that belongs to (seed, reply, step, stream), the same on every machine.

    The first 53 bits of a BLAKE2b hash of the four whole numbers, of any size and sign: a counter-based generator in the sense of
    Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3". Neighbouring steps, replies and seeds are unrelated.
    """
    digest = blake2b(b"%d %d %d %d" % (seed, reply, step, stream), digest_size=8).digest()
    return (int.from_bytes(digest, "little") >> 11) * 2.0**-53
