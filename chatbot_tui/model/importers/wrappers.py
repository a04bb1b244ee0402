"""What training scripts put around a state_dict: dictionaries with the epoch and the optimiser, and prefixes to every name."""

from collections.abc import Mapping
from dataclasses import dataclass

from chatbot_tui.model.importers.pickled_objects import StoredTensor, Value
from chatbot_tui.model.importers.pytorch import tensors_in
from chatbot_tui.model.vocabulary_file import CHARACTER_ENTRIES, WORD_ENTRIES

WRAPPERS = ("state_dict", "model_state_dict", "model_state", "model", "net", "network", "weights", "params", "module", "generator", "ema")
"""Entries that hold the net's own state_dict, the usual ones first; Lightning's is the first."""
PREFIXES = ("module.", "model.", "_orig_mod.", "net.", "network.", "_forward_module.", "lm.", "language_model.", "rnn_model.")
"""What DataParallel, Lightning modules and torch.compile put before every name."""
BESIDES = ("hyper_parameters", "config", "args", "hparams", "meta")
"""Entries that may hold the vocabulary too."""
MAX_DEPTH = 8
MAX_TENSORS = 10_000


@dataclass(frozen=True)
class Unwrapped:
    """The weights, and what else stood beside them."""

    tensors: Mapping[str, StoredTensor]
    ignored: tuple[str, ...]
    vocabulary: object
    """As the file has it; None where it has none."""


def unwrap(root: Value) -> Unwrapped:
    """Find the state_dict in what torch.save wrote; there are no tensors in the answer where there is none."""
    ignored: list[str] = []
    vocabulary = embedded(root)
    value, path = root, ""
    for _ in range(MAX_DEPTH):
        inner = within(value)
        if inner is None:
            break
        name, inner_value = inner
        if isinstance(value, dict):
            ignored += [f"{path}{other}" for other in value if isinstance(other, str) and other != name]
        value, path = inner_value, f"{path}{name}."
        vocabulary = embedded(value) if vocabulary is None else vocabulary
    tensors: dict[str, StoredTensor] = {}
    collect(value, "", tensors, set())
    return Unwrapped(tensors, tuple(ignored), vocabulary)


def within(value: Value) -> tuple[str, Value] | None:
    """Return the name and value of the entry that holds the weights; None where `value` holds them itself, or nobody does."""
    if isinstance(value, list | tuple):
        return next(((str(place), item) for place, item in enumerate(value) if holds_tensors(item)), None)
    if not isinstance(value, dict):
        return None
    # A loss or a generator's state may stand beside the weights as a tensor of its own.
    beside = sum(isinstance(item, StoredTensor) for item in value.values())
    return next(((name, value[name]) for name in WRAPPERS if holds_tensors(value.get(name), more_than=beside)), None)


def holds_tensors(value: Value, more_than: int = 0) -> bool:
    """Return whether there are more than so many tensors in a dictionary and in what it holds."""
    return isinstance(value, dict) and len(tensors_in(value)) > more_than


def collect(value: Value, path: str, tensors: dict[str, StoredTensor], seen: set[int]) -> None:
    """Gather the tensors of nested dictionaries under their dotted names; a dictionary that is met again is passed over."""
    if not isinstance(value, dict) or id(value) in seen or path.count(".") > MAX_DEPTH:
        return
    seen.add(id(value))
    for name, item in value.items():
        if len(tensors) >= MAX_TENSORS:
            return
        if isinstance(item, StoredTensor):
            tensors[f"{path}{name}"] = item
        elif not str(name).startswith(("optim", "sched", "loops", "callbacks")):
            collect(item, f"{path}{name}.", tensors, seen)


def embedded(value: Value) -> object:
    """Return a vocabulary that stands beside the weights as plain data: a list, or a map either way round; None if there is none."""
    if not isinstance(value, dict):
        return None
    places = [value, *(value[name] for name in BESIDES if isinstance(value.get(name), dict))]
    for place in places:
        for name in WORD_ENTRIES + CHARACTER_ENTRIES:
            found = place.get(name)
            if isinstance(found, list | tuple) and len(found) > 1 and all(isinstance(token, str) for token in found):
                return list(found)
            if isinstance(found, dict) and len(found) > 1 and (is_map(found) or is_map({item: name for name, item in pairs(found)})):
                return found
            if isinstance(found, str) and name in CHARACTER_ENTRIES and len(found) > 1:
                return list(found)
    return None


def pairs(found: dict[object, object]) -> list[tuple[object, object]]:
    """Return the entries whose values can be keys."""
    return [(key, item) for key, item in found.items() if isinstance(item, str | int)]


def is_map(found: Mapping[object, object]) -> bool:
    """Return whether texts are mapped to whole numbers."""
    return all(isinstance(key, str) and type(item) is int for key, item in found.items())


def strip_prefixes(names: list[str]) -> dict[str, str]:
    """Return each name without the prefixes that all of them share, as the wrappers of nets leave them."""
    short = {name: name for name in names}
    while True:
        shared = next((prefix for prefix in PREFIXES if short and all(name.startswith(prefix) for name in short.values())), None)
        if shared is None:
            return short
        short = {name: stripped.removeprefix(shared) for name, stripped in short.items()}
