"""What a calibration found, as data and as tables for people."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chatbot_tui.diagnosis.calibration.examined import Examined
from chatbot_tui.diagnosis.calibration.fit import Fitted
from chatbot_tui.diagnosis.calibration.statistics import Rate
from chatbot_tui.diagnosis.calibration.trial import Trial
from chatbot_tui.diagnosis.thresholds import Threshold

BORDER = "on the border"


@dataclass(frozen=True)
class Calibration:
    """Everything that one calibration found."""

    zoo: Sequence[Examined]
    thresholds: Mapping[str, Threshold]
    """The numbers that the trials were judged by."""
    fitted: Mapping[str, Fitted]
    trials: Sequence[Trial]
    """On the held-out part, one for each kind of text."""

    def to_json(self) -> dict[str, object]:
        """Return the figures as plain values."""
        return {
            "specimens": len(self.zoo),
            "by_kind": dict(sorted(Counter(one.kind for one in self.zoo).items())),
            "by_part": dict(sorted(Counter(one.part for one in self.zoo).items())),
            "thresholds": [found.to_json() for _, found in sorted(self.fitted.items())],
            "held_out": [trial_json(trial) for trial in self.trials],
        }

    def markdown(self) -> str:
        """Return the tables."""
        parts = ["# The doctor's calibration\n", made_of(self.zoo)]
        parts += [trial_markdown(trial) for trial in self.trials]
        parts.append(threshold_markdown(self.fitted, self.thresholds))
        return "\n".join(parts)


def trial_json(trial: Trial) -> dict[str, object]:
    """Return how the doctor does with one kind of text as plain values."""
    return {
        "given": trial.given,
        "verdict_right": trial.verdicts.correct.to_json(),
        "first_cause_right": first_cause(trial).to_json(),
        "cause_among_first_two": trial.first_two.to_json(),
        "false_alarms": trial.alarms.to_json(),
        "misses": trial.misses.to_json(),
        "abstentions": trial.abstentions.to_json(),
        "verdicts": trial.verdicts.to_json(),
        "causes": trial.causes.to_json(),
        "wrong": [{"name": name, "is": truth, "called": said} for name, truth, said in trial.wrong],
    }


def first_cause(trial: Trial) -> Rate:
    """Return how many unhealthy nets got their own cause first."""
    counts = {pair: n for pair, n in trial.causes.counts.items() if pair[0] != "healthy"}
    return Rate(sum(n for (truth, said), n in counts.items() if truth == said), sum(counts.values()))


def made_of(zoo: Sequence[Examined]) -> str:
    """Return what the zoo is made of: how many of each kind, and what they measurably are."""
    verdicts = sorted({one.label.verdict or BORDER for one in zoo})
    lines = [f"| kind | fit | held out | {' | '.join(verdicts)} |", f"|---|---|---|{'---|' * len(verdicts)}"]
    for kind in dict.fromkeys(one.kind for one in zoo):
        own = [one for one in zoo if one.kind == kind]
        parts, found = Counter(one.part for one in own), Counter(one.label.verdict or BORDER for one in own)
        cells = " | ".join(str(found[verdict] or "") for verdict in verdicts)
        lines.append(f"| {kind} | {parts['fit']} | {parts['held-out']} | {cells} |")
    return f"{len(zoo)} nets by their kind, and by what they measurably are.\n\n" + "\n".join(lines) + "\n"


def trial_markdown(trial: Trial) -> str:
    """Return how the doctor does with one kind of text, as a section."""
    rates = (
        ("right verdict", trial.verdicts.correct),
        ("right first cause, of unhealthy nets", first_cause(trial)),
        ("right cause among the first two", trial.first_two),
        ("healthy nets called unhealthy", trial.alarms),
        ("unhealthy nets called healthy", trial.misses),
        ("abstentions, of unhealthy nets", trial.abstentions),
    )
    lines = [f"## Held-out nets, given {trial.given}\n", "| | 95 % interval |", "|---|---|"]
    lines += [f"| {name} | {rate} |" for name, rate in rates]
    return "\n".join(lines) + f"\n\n{trial.verdicts.markdown()}\n{trial.causes.markdown()}"


def threshold_markdown(fitted: Mapping[str, Fitted], numbers: Mapping[str, Threshold]) -> str:
    """Return the fitted thresholds as a section; those that too few nets decide about are not in it.

    A net is a case with each kind of text, and its cases are much alike: so there are no intervals here.
    """
    lines = [
        "## Thresholds, by what they have to tell apart\n",
        "| threshold | side | in use | best on the fitting part | held-out cases with the cause beyond it | the others not beyond it |",
        "|---|---|---|---|---|---|",
    ]
    for name, found in sorted(fitted.items()):
        used = f"{numbers[name].threshold:.4g}" if name in numbers else ""
        value = "" if found.value is None else f"{found.value:.4g}"
        there, others = (f"{rate.hits} of {rate.total}" for rate in (found.found_held_out, found.cleared_held_out))
        lines.append(f"| {name} | {found.question.side} | {used} | {value} | {there} | {others} |")
    return "\n".join(lines) + "\n"
