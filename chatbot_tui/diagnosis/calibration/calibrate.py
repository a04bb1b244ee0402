"""A calibration from beginning to end: breed the zoo, examine it, fit the thresholds, and try them on what was held out."""

import json
import os
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from chatbot_tui.core.errors import InputError
from chatbot_tui.diagnosis.calibration.breed import breed, make_folder, summary
from chatbot_tui.diagnosis.calibration.examined import GIVEN, Examined
from chatbot_tui.diagnosis.calibration.kept import Kept, read_zoo
from chatbot_tui.diagnosis.calibration.questions import fit_all, with_fitted
from chatbot_tui.diagnosis.calibration.report import Calibration
from chatbot_tui.diagnosis.calibration.specimens import zoo
from chatbot_tui.diagnosis.calibration.trial import try_doctor
from chatbot_tui.diagnosis.causes import RULES
from chatbot_tui.diagnosis.reliability import FIGURES, calibration_folder, trials
from chatbot_tui.diagnosis.thresholds import FILE, Threshold, thresholds
from chatbot_tui.training.corpus import Corpus

HELD_OUT = "held-out"
TABLES, NUMBERS = "calibration.md", "thresholds.json"


def breed_zoo(folder: Path, corpora: Sequence[Corpus], limit: int | None = None) -> Iterator[str]:
    """Train what the zoo lacks of its first `limit` specimens, or of all, and yield a line about each. Raises InputError."""
    for facts in breed(folder, islice(zoo([corpus.name for corpus in corpora]), limit), corpora):
        yield f"{facts['name']} ({facts['part']}): {summary(facts)}"


def read_specimens(folder: Path) -> list[Kept]:
    """Return every specimen of a zoo. Raises InputError where there is none."""
    specimens = list(read_zoo(folder))
    if not specimens:
        raise InputError(f"{folder} holds no specimen: leave out --no-breed, or name another folder with --out")
    return specimens


def calibrate(examined: Sequence[Examined]) -> Calibration:
    """Fit every threshold to the fitting part, and try the doctor with the numbers in use on the held-out part."""
    numbers = thresholds()
    held_out = [one for one in examined if one.part == HELD_OUT]
    return Calibration(examined, numbers, fit_all(examined, RULES, numbers), [try_doctor(held_out, given) for given in GIVEN])


def adopt(calibration: Calibration) -> None:
    """Put the fitted thresholds in the place of those in use. Raises InputError where they cannot be written."""
    write_text(FILE, numbers_text(with_fitted(calibration.thresholds, calibration.fitted)))
    thresholds.cache_clear()


def publish(calibration: Calibration) -> None:
    """Put tables and figures where the doctor and the documentation have theirs. Raises InputError."""
    folder = calibration_folder()
    make_folder(folder)
    write_text(folder / TABLES, calibration.markdown())
    write_text(folder / FIGURES, figures_text(calibration))
    trials.cache_clear()


def keep(folder: Path, calibration: Calibration) -> None:
    """Write the tables, the figures and the fitted thresholds to a folder. Raises InputError."""
    write_text(folder / TABLES, calibration.markdown())
    write_text(folder / FIGURES, figures_text(calibration))
    write_text(folder / NUMBERS, numbers_text(with_fitted(calibration.thresholds, calibration.fitted)))


def figures_text(calibration: Calibration) -> str:
    """Return the figures as their file has them."""
    return json.dumps(calibration.to_json(), indent=1, allow_nan=False) + "\n"


def numbers_text(numbers: dict[str, Threshold]) -> str:
    """Return thresholds as their file has them: one a line, a blank line before each cause."""
    groups: dict[str, list[str]] = {}
    for name, number in numbers.items():
        entry = {"threshold": number.threshold, "scale": number.scale} | ({"log": True} if number.log else {})
        groups.setdefault(name.split(".", 1)[0], []).append(f"  {json.dumps(name)}: {json.dumps(entry)}")
    return "{\n" + ",\n\n".join(",\n".join(lines) for lines in groups.values()) + "\n}\n"


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all. Raises InputError."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise InputError(f"cannot write {path}: {error.strerror}; name a folder that can be written to") from None
