"""Numbers as they stand in a column: short, never rounded to a lie, never wider than they promise."""

import math


def _bare(text: str) -> str:
    """Drop the zero before the point: .62, -.1."""
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def _scientific(value: float, digits: int) -> str:
    """Write 4.1e-7 rather than 4.1e-07."""
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def probability(value: float) -> str:
    """Return a probability with two significant digits in at most 6 characters: .62, .0031, 4.1e-7.

    Only an exact 0 or 1 is written so; a value that merely rounds to 1 is written with as many nines as it has, or ≈1.
    """
    if value <= 0:
        return "0"
    if value >= 1:
        return "1"
    if value > 0.995:
        for decimals in (3, 4, 5):
            text = f"{value:.{decimals}f}"
            if not text.startswith("1"):
                return _bare(text)
        return "≈1"
    if value < 9.95e-5:
        text = _scientific(value, 2)
        return text if len(text) <= 6 else _scientific(value, 1)
    places = 1 - math.floor(math.log10(value))
    text = f"{value:.{places}f}"
    # Rounding may carry into the next decade (.0996 is .10, not .100).
    return _bare(text[:-1] if round(value, places) >= 10.0 ** (2 - places) and places > 2 else text)


def quantity(value: float) -> str:
    """Return a number of any size with about three significant digits in at most 7 characters: 4.21, .0003, 1.2e6, -12.3."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    size = abs(value)
    if size < 9.95e-5:
        text = _scientific(value, 2)
        return text if len(text) <= 7 else _scientific(value, 1)
    if size >= 9999.5:
        text = _scientific(value, 2)
        return text if len(text) <= 7 else _scientific(value, 1)
    if size >= 99.95:
        return f"{value:.0f}"
    if size >= 9.995:
        return f"{value:.1f}"
    if size >= 0.995:
        return _bare(f"{value:.2f}")
    if size >= 0.0995:
        return _bare(f"{value:.2f}")
    return _bare(f"{value:.4f}" if size < 0.00995 else f"{value:.3f}")


def hundredths(value: float) -> str:
    """Return a number between -1 and 1 with two decimals in at most 4 characters: .40, -.10, 1.0."""
    text = f"{round(value, 2) + 0:.2f}"
    return text[:-1] if abs(float(text)) >= 1 and len(text) > 3 else _bare(text)
