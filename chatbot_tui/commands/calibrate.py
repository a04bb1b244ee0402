"""Run the doctor's calibration: breed nets of every cause, examine them, and say how often the doctor is right."""

import sys
from collections.abc import Sequence
from pathlib import Path

from chatbot_tui.commands.output import warn, write, write_json
from chatbot_tui.commands.train import memory_errors
from chatbot_tui.core.paths import runs_folder
from chatbot_tui.diagnosis.calibration.calibrate import TABLES, adopt, breed_zoo, keep, publish, read_specimens
from chatbot_tui.diagnosis.calibration.calibrate import calibrate as run_calibration
from chatbot_tui.diagnosis.calibration.examined import examine_specimen
from chatbot_tui.diagnosis.reliability import FIGURES
from chatbot_tui.training.corpus import read_corpus


def calibrate(*, corpora: Sequence[str], out: str | None, limit: int | None, breed: bool, adopt_numbers: bool, as_json: bool) -> None:
    """Breed what is missing, examine everything, and write tables and figures; what was done before is not done again.

    Raises:
        InputError: a corpus or the folder is at fault.
    """
    folder = runs_folder() / "zoo" if out is None else Path(out)
    try:
        with memory_errors():
            if breed:
                for number, line in enumerate(breed_zoo(folder, [read_corpus(source) for source in corpora], limit), 1):
                    tell(f"bred {number}: {line}")
            specimens = read_specimens(folder)
            examined = []
            for kept in specimens:
                examined.append(examine_specimen(kept))
                tell(f"examined {len(examined)} of {len(specimens)}: {kept.name}")
            found = run_calibration(examined)
    except KeyboardInterrupt:
        warn("stopped; go on with the same command")
        raise
    if adopt_numbers:
        adopt(found)
        found = run_calibration(examined)
        publish(found)
    keep(folder, found)
    if as_json:
        write_json(found.to_json())
    else:
        write(f"{found.markdown()}\ntables: {folder / TABLES}\nfigures: {folder / FIGURES}\n")


def tell(line: str) -> None:
    """Say how far it is, on standard error."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201 (progress)
