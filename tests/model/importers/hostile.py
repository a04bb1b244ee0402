"""Files that are broken, foreign or malicious, one function each: written into a folder, with what the refusal must say.

An attack creates the file PWNED in the folder if anything of it is ever run.
"""

import io
import json
import os
import pickle
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

from tests.model.importers.programs import Article, E, H, V, seeded

PWNED = "pwned"
Case = tuple[Callable[[Path], Path], str]


class Attack:
    """Pickled, it runs a shell command wherever it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.command = f"touch {folder / PWNED}"

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (self.command,)


class ByEval(Attack):
    def __reduce__(self) -> tuple[Any, ...]:
        return eval, (f"__import__('os').system({self.command!r})",)


class ByExec(Attack):
    def __reduce__(self) -> tuple[Any, ...]:
        return exec, (f"import os; os.system({self.command!r})",)


class ByPopen(Attack):
    def __reduce__(self) -> tuple[Any, ...]:
        import subprocess

        return subprocess.Popen, (self.command.split(),)


class ByState(Attack):
    """Runs when its state is set."""

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (), None, None, iter([("x", Attack.__new__(Attack))]), None

    def __getstate__(self) -> dict[str, str]:
        return {"command": self.command}


def state() -> dict[str, torch.Tensor]:
    return dict(seeded(Article).state_dict())


def put(folder: Path, data: bytes, name: str = "net.pt") -> Path:
    (folder / name).write_bytes(data)
    return folder / name


def saved(folder: Path, content: object, name: str = "net.pt", **options: Any) -> Path:
    torch.save(content, folder / name, **options)
    return folder / name


def with_attack(wrap: Callable[[dict[str, Any], Any], object], kind: type[Attack] = Attack, **options: Any) -> Callable[[Path], Path]:
    return lambda folder: saved(folder, wrap(state(), kind(folder)), **options)


def by_hand(opcodes: Callable[[bytes], bytes], *, zipped: bool = True) -> Callable[[Path], Path]:
    """A pickle written opcode by opcode around a shell command, as a file of its own or inside an archive of torch.save."""

    def make(folder: Path) -> Path:
        data = opcodes(f"touch {folder / PWNED}".encode())
        return archive(folder, {"net/data.pkl": data, "net/version": b"3\n"}) if zipped else put(folder, data)

    return make


def archive(folder: Path, members: Mapping[str, bytes], *, compression: int = zipfile.ZIP_STORED, name: str = "net.pt") -> Path:
    with zipfile.ZipFile(folder / name, "w", compression) as file:
        for member, data in members.items():
            file.writestr(member, data)
    return folder / name


def members_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as file:
        return {info.filename: file.read(info) for info in file.infolist()}


def changed(change: Callable[[dict[str, bytes]], Mapping[str, bytes]], **options: Any) -> Callable[[Path], Path]:
    """A good file whose members are changed and packed anew."""
    return lambda folder: archive(folder, change(members_of(saved(folder, state()))), **options)


def other_member(name: str) -> Callable[[Path], Path]:
    """A good archive with one more member that would run code."""
    return lambda folder: changed(lambda members: {**members, name: pickle.dumps(Attack(folder))})(folder)


def in_pickle(old: bytes, new: bytes) -> Callable[[Path], Path]:
    """A good file in whose pickle some bytes are replaced."""

    def change(members: dict[str, bytes]) -> dict[str, bytes]:
        assert old in members["net/data.pkl"]
        return members | {"net/data.pkl": members["net/data.pkl"].replace(old, new)}

    return changed(change)


def cut(share: float, **options: Any) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        data = saved(folder, state(), **options).read_bytes()
        return put(folder, data[: int(len(data) * share)])

    return make


def cut_safetensors(share: float) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        save_file(state(), folder / "net.safetensors")
        data = (folder / "net.safetensors").read_bytes()
        return put(folder, data[: int(len(data) * share)], "net.safetensors")

    return make


def header(tensors: Mapping[str, Any], data: bytes = b"") -> Callable[[Path], Path]:
    text = json.dumps(tensors).encode()
    return lambda folder: put(folder, struct.pack("<Q", len(text)) + text + data, "net.safetensors")


def edited(**changes: torch.Tensor | None) -> Callable[[Path], Path]:
    """A state_dict with other tensors under some names (double underscores for dots), or without them."""

    def make(folder: Path) -> Path:
        tensors = state()
        for name, tensor in changes.items():
            tensors.pop(name.replace("__", "."), None)
            if tensor is not None:
                tensors[name.replace("__", ".")] = tensor
        return saved(folder, tensors)

    return make


def of(make: Callable[[], nn.Module]) -> Callable[[Path], Path]:
    return lambda folder: saved(folder, make().state_dict())


def overlapping(folder: Path) -> Path:
    """Two entries of the directory that lead to the same bytes."""
    path = changed(lambda members: members)(folder)
    data = path.read_bytes()
    with zipfile.ZipFile(path) as file:
        infos = {info.filename: info for info in file.infolist()}
    largest = max(infos.values(), key=lambda info: info.file_size)
    other = next(info for info in infos.values() if info.filename == "net/data/5")
    place = data.index(b"PK\x01\x02")
    while data[place + 46 : place + 46 + len(other.filename)].decode() != other.filename:
        place = data.index(b"PK\x01\x02", place + 4)
    # Sizes and offset stand at 20, 24 and 42 of an entry.
    changed_data = bytearray(data)
    for at, value in ((20, largest.file_size), (24, largest.file_size), (42, largest.header_offset)):
        changed_data[place + at : place + at + 4] = struct.pack("<L", value)
    return put(folder, bytes(changed_data))


def sequence_to_sequence() -> nn.Module:
    class Part(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(V, E)
            self.lstm = nn.LSTM(E, H)
            self.fc = nn.Linear(H, V)

    return nn.ModuleDict({"encoder": Part(), "decoder": Part()})


def recurrent(kind: Callable[..., nn.RNNBase], **options: Any) -> nn.Module:
    width = H * (2 if options.get("bidirectional") else 1)
    return nn.ModuleDict({"embedding": nn.Embedding(V, E), "rnn": kind(E, H, **options), "fc": nn.Linear(width, V)})


def module(folder: Path, **options: Any) -> Path:
    return saved(folder, seeded(Article), **options)


def quantised(folder: Path) -> Path:
    return saved(folder, {name: (tensor * 10).to(torch.int8) for name, tensor in state().items()})


def symlink_loop(folder: Path) -> Path:
    (folder / "a.pt").symlink_to(folder / "b.pt")
    (folder / "b.pt").symlink_to(folder / "a.pt")
    return folder / "a.pt"


def fifo(folder: Path) -> Path:
    os.mkfifo(folder / "net.pt")
    return folder / "net.pt"


def sparse(folder: Path) -> Path:
    with (folder / "net.pt").open("wb") as file:
        file.write(b"PK\x03\x04")
        file.truncate(4 << 30)
    return folder / "net.pt"


def sparse_within_the_limit(folder: Path) -> Path:
    with (folder / "net.pt").open("wb") as file:
        file.write(b"PK\x03\x04")
        file.truncate(900 << 20)
    return folder / "net.pt"


def deep_pickle(depth: int) -> bytes:
    return b"\x80\x02" + b"]" * depth + b"a" * (depth - 1) + b"."


def torch_script(folder: Path, compression: int = zipfile.ZIP_STORED) -> Path:
    members = {"net/data.pkl": b"\x80\x02}.", "net/constants.pkl": b"\x80\x02).", "net/code/__torch__.py": b"pass"}
    return archive(folder, members, compression=compression)


def numpy_archive(folder: Path) -> Path:
    np.savez_compressed(folder / "net.npz", weight=np.zeros(3))
    return folder / "net.npz"


def plain_pickle(content: Callable[[Path], object]) -> Callable[[Path], Path]:
    return lambda folder: put(folder, pickle.dumps(content(folder)), "net.pkl")


def legacy_with(payload: Callable[[Path], bytes]) -> Callable[[Path], Path]:
    """A file as PyTorch wrote before 1.6 whose object is this pickle."""

    def make(folder: Path) -> Path:
        parts = [pickle.dumps(part, 2) for part in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True})]
        return put(folder, b"".join(parts) + payload(folder) + pickle.dumps([], 2))

    return make


def memory_bomb() -> bytes:
    # Notes a number under 2^31 - 1, for which an unpickler in C makes room for as many.
    return b"\x80\x02K\x01r\xff\xff\xff\x7f."


def long_text_declared() -> bytes:
    return b"\x80\x04\x8d" + struct.pack("<Q", 1 << 40) + b"x."


def bytearray_declared() -> bytes:
    return b"\x80\x05\x96" + struct.pack("<Q", 1 << 40) + b"."


def colliding_keys() -> bytes:
    # Multiples of 2^61 - 1 all have the hash 0, and a dictionary of n of them takes n^2 steps.
    out = io.BytesIO()
    out.write(b"\x80\x02}(")
    for number in range(1, 100_000):
        value = ((2**61 - 1) * number).to_bytes(11, "little")
        out.write(b"\x8a\x0b" + value + b"N")
    out.write(b"u.")
    return out.getvalue()


ATTACKS: Mapping[str, Case] = {
    "attack in a dictionary": (with_attack(lambda state, evil: {**state, "evil": evil}), "nothing was run"),
    "attack beside state_dict": (with_attack(lambda state, evil: {"state_dict": state, "evil": evil}), "nothing was run"),
    "attack in model_state_dict": (with_attack(lambda state, evil: {"model_state_dict": {**state, "evil": evil}}), "nothing was run"),
    "attack as the model": (with_attack(lambda _state, evil: {"model": evil}), "nothing was run"),
    "attack in a Lightning checkpoint": (
        with_attack(lambda state, evil: {"state_dict": state, "hyper_parameters": {"x": evil}, "pytorch-lightning_version": "2.4"}),
        "nothing was run",
    ),
    "attack in a list": (with_attack(lambda state, evil: [state, evil]), "nothing was run"),
    "attack alone": (with_attack(lambda _state, evil: evil), "nothing was run"),
    "attack in a vocabulary": (with_attack(lambda state, evil: {"state_dict": state, "vocab": {"a": evil}}), "nothing was run"),
    "attack by eval": (with_attack(lambda state, evil: {**state, "evil": evil}, ByEval), "nothing was run"),
    "attack by exec": (with_attack(lambda state, evil: {**state, "evil": evil}, ByExec), "nothing was run"),
    "attack by Popen": (with_attack(lambda state, evil: {**state, "evil": evil}, ByPopen), "nothing was run"),
    "attack in an old file": (
        with_attack(lambda state, evil: {**state, "evil": evil}, _use_new_zipfile_serialization=False),
        "nothing was run",
    ),
    "attack in protocol 4": (with_attack(lambda state, evil: {**state, "evil": evil}, pickle_protocol=4), "nothing was run"),
    "attack in a plain pickle": (plain_pickle(Attack), "nothing was run"),
    "attack by GLOBAL": (
        by_hand(lambda command: b"cos\nsystem\n(X" + struct.pack("<L", len(command)) + command + b"tR."),
        "nothing was run",
    ),
    "attack by INST": (
        by_hand(lambda command: b"(X" + struct.pack("<L", len(command)) + command + b"ios\nsystem\n."),
        "nothing of it was run",
    ),
    "attack by OBJ": (
        by_hand(lambda command: b"(cos\nsystem\nX" + struct.pack("<L", len(command)) + command + b"o."),
        "nothing of it was run",
    ),
    "attack by NEWOBJ": (
        by_hand(lambda command: b"\x80\x02csubprocess\nPopen\n(X" + struct.pack("<L", len(command)) + command + b"t\x81."),
        "nothing was run",
    ),
    "attack by STACK_GLOBAL": (
        by_hand(lambda command: b"\x80\x04\x8c\x05posix\x8c\x06system\x93(X" + struct.pack("<L", len(command)) + command + b"tR."),
        "nothing was run",
    ),
    "attack by a name within a known module": (
        by_hand(lambda command: b"\x80\x04\x8c\x05torch\x8c\x08hub.load\x93(X" + struct.pack("<L", len(command)) + command + b"tR."),
        "nothing was run",
    ),
    "attack by EXT1": (by_hand(lambda _command: b"\x80\x02\x82\x01."), "nothing of it was run"),
    "attack by BUILD": (
        by_hand(lambda command: b"\x80\x02cbuiltins\neval\n)\x81X" + struct.pack("<L", len(command)) + command + b"b."),
        "nothing was run",
    ),
    "attack as an old file by hand": (
        legacy_with(lambda folder: f"cos\nsystem\n(S'touch {folder / PWNED}'\ntR.".encode()),
        "nothing was run",
    ),
    "TorchScript": (torch_script, "TorchScript"),
    "TorchScript with its code compressed": (lambda folder: torch_script(folder, zipfile.ZIP_DEFLATED), "TorchScript"),
    "TorchScript with an attack": (other_member("net/constants.pkl"), "TorchScript"),
    "a whole module": (module, "torch.save(model.state_dict(), 'weights.pt')"),
    "a whole module in an old file": (lambda folder: module(folder, _use_new_zipfile_serialization=False), "weights_only=False"),
    "an optimiser as an object": (
        lambda folder: saved(folder, {"model": state(), "optimizer": torch.optim.SGD(nn.Linear(1, 1).parameters(), 0.1)}),
        "beside its weights.*'model'.*'weights.pt'",
    ),
    "a loss as a module in a Lightning checkpoint": (
        lambda folder: saved(folder, {"state_dict": state(), "hyper_parameters": {"loss": nn.CrossEntropyLoss()}, "optimizer_states": []}),
        "beside its weights.*'state_dict'.*'weights.pt'",
    ),
    "a function": (lambda folder: saved(folder, {"model": state(), "f": json.dumps}), "nothing was run"),
}

BROKEN: Mapping[str, Case] = {
    "empty file": (lambda folder: put(folder, b""), "empty"),
    "one byte": (lambda folder: put(folder, b"\x80"), "damaged"),
    "text": (lambda folder: put(folder, b"hello there, I am no net\n" * 40), "no file of weights"),
    "an image": (lambda folder: put(folder, b"\x89PNG\r\n\x1a\n" + bytes(900)), "no file of weights"),
    "gzip": (lambda folder: put(folder, b"\x1f\x8b" + bytes(99)), "unpack"),
    "tar": (lambda folder: put(folder, bytes(257) + b"ustar" + bytes(999)), "tar"),
    "numpy": (lambda folder: put(folder, b"\x93NUMPY" + bytes(99)), "NumPy"),
    "a folder": (lambda folder: folder, "folder|not a file|no model"),
    "a FIFO": (fifo, "no checkpoint|not a file"),
    "a device": (lambda _folder: Path("/dev/zero"), "no checkpoint|not a file"),
    "a symlink loop": (symlink_loop, "no checkpoint|cannot read"),
    "a missing file": (lambda folder: folder / "nothing.pt", "no checkpoint|cannot read"),
    "4 GB of nothing": (sparse, "CHATBOT_TUI_MAX_FILE_MB"),
    "900 MB of nothing": (sparse_within_the_limit, "not a whole zip archive"),
    "NumPy arrays": (numpy_archive, "archive of NumPy arrays"),
    "another archive": (lambda folder: archive(folder, {"a.txt": b"hello"}), "not one of torch.save"),
    "two pickles": (changed(lambda members: {**members, "other/data.pkl": b"\x80\x02}."}), "not one of torch.save"),
    "a zip bomb": (changed(lambda members: {**members, "net/data/9": bytes(99 << 20)}, compression=zipfile.ZIP_DEFLATED), "compressed"),
    "a zip bomb as the pickle": (
        lambda folder: archive(folder, {"net/data.pkl": bytes(200 << 20)}, compression=zipfile.ZIP_DEFLATED),
        "compressed",
    ),
    "members that overlap": (overlapping, "overlap"),
    "a pickle of 5 MB": (changed(lambda members: members | {"net/data.pkl": bytes(5 << 20)}), "more than a description"),
    "a pickle of a million steps": (changed(lambda members: members | {"net/data.pkl": b"\x80\x02" + b"N0" * 500_000 + b"N."}), "steps"),
    "a deep pickle": (changed(lambda members: members | {"net/data.pkl": deep_pickle(200_000)}), "no tensors"),
    "a pickle that asks for memory": (changed(lambda members: members | {"net/data.pkl": memory_bomb()}), "no tensors"),
    "a text of a terabyte": (changed(lambda members: members | {"net/data.pkl": long_text_declared()}), "damaged"),
    "an array of a terabyte": (changed(lambda members: members | {"net/data.pkl": bytearray_declared()}), "nothing of it was run"),
    "keys that collide": (changed(lambda members: members | {"net/data.pkl": colliding_keys()}), "no tensors"),
    "numbers that are missing": (changed(lambda members: {n: d for n, d in members.items() if n != "net/data/0"}), "missing"),
    "numbers that are too few": (changed(lambda members: members | {"net/data/0": members["net/data/0"][:-4]}), "shape"),
    "a big-endian machine": (changed(lambda members: members | {"net/byteorder": b"big"}), "big-endian"),
    "a tensor of terabytes": (
        lambda folder: saved(folder, {**state(), "embedding.weight": torch.zeros(1).expand(1 << 20, 1 << 20)}),
        "shape",
    ),
    # The embedding's shape as the pickle has it: 40 and 12, a tuple of both.
    "a tensor larger than its numbers": (in_pickle(b"K(K\x0c\x86", b"J\x00\x00\x00\x7fK\x0c\x86"), "shape"),
    "a negative dimension": (in_pickle(b"K(K\x0c\x86", b"J\xd8\xff\xff\xffJ\xf4\xff\xff\xff\x86"), "shape"),
    "a dimension of thousands of digits": (
        in_pickle(b"K(K\x0c\x86", b"\x8b" + struct.pack("<L", 4000) + b"\x7f" * 4000 + b"K\x0c\x86"),
        "nothing of it was run",
    ),
    "more dimensions than any tensor has": (in_pickle(b"K(K\x0c\x86", b"(" + b"K\x01" * 99 + b"t"), "damaged"),
    "no tensors": (lambda folder: saved(folder, {"epoch": 3}), "no tensors"),
    "a name of a megabyte": (lambda folder: saved(folder, {**state(), "x" * (1 << 20): torch.ones(1)}), "1,048,576 characters"),
    "a name that steers a terminal": (lambda folder: saved(folder, {**state(), "\x1b[31m\nevil": torch.ones(1)}), "x1b"),
    "an empty dictionary": (lambda folder: saved(folder, {}), "no tensors"),
    "quantised": (quantised, "quantised"),
    "only an LSTM": (of(lambda: nn.ModuleDict({"lstm": nn.LSTM(E, H)})), "output layer|embedding is missing"),
    "no embedding": (edited(embedding__weight=None), "embedding is missing"),
    "no output layer": (edited(fc__weight=None, fc__bias=None), "no output layer"),
    "no recurrent weights": (edited(lstm__weight_hh_l1=None), "weight_hh"),
    "no input weights": (edited(lstm__weight_ih_l0=None), "weight_ih"),
    "a layer is missing": (
        lambda folder: saved(
            folder, {name: tensor for name, tensor in seeded(Article, num_layers=3).state_dict().items() if "_l0" not in name}
        ),
        "fit|missing",
    ),
    "a bias of another size": (edited(lstm__bias_hh_l0=torch.zeros(7)), "bias_hh_l0"),
    "an output of another width": (edited(fc__weight=torch.zeros(V, H + 1)), "lead"),
    "an output bias of another size": (edited(fc__bias=torch.zeros(V + 1)), "lead"),
    "an embedding of another width": (edited(embedding__weight=torch.zeros(V, E + 1)), "do not fit"),
    "an empty tensor": (edited(embedding__weight=torch.zeros(0, E)), "empty"),
    "a tensor of no dimension": (edited(fc__bias=torch.tensor(1.0)), "fc.bias"),
    "bidirectional": (of(lambda: recurrent(nn.LSTM, bidirectional=True)), "bidirectional"),
    "a GRU": (of(lambda: recurrent(nn.GRU)), "GRU"),
    "a plain RNN": (of(lambda: recurrent(nn.RNN)), "RNN"),
    "a classifier": (edited(fc__weight=torch.zeros(2, H), fc__bias=torch.zeros(2)), "classifier"),
    "an encoder and a decoder": (of(sequence_to_sequence), "encoder and a decoder"),
    "attention": (edited(attn__weight=torch.zeros(3, 3)), "attention"),
    "a normalisation layer": (edited(norm__weight=torch.ones(H), norm__bias=torch.zeros(H)), "normalisation"),
    "a transformer": (of(lambda: nn.TransformerEncoderLayer(8, 2)), "attention|LSTM"),
    "NaN": (edited(fc__bias=torch.full((V,), torch.nan)), "NaN"),
    "infinity": (edited(lstm__weight_hh_l0=torch.full((4 * H, H), torch.inf)), "infinity"),
    "a header that promises more": (
        header({"embedding.weight": {"dtype": "F32", "shape": [4, 4], "data_offsets": [0, 64]}}),
        "safetensors",
    ),
    "a header of terabytes": (
        header({"embedding.weight": {"dtype": "F32", "shape": [1 << 39, 4], "data_offsets": [0, 64]}}, bytes(64)),
        "contradict",
    ),
    "a header with a negative side": (
        header({"embedding.weight": {"dtype": "F32", "shape": [-4, 4], "data_offsets": [0, 64]}}, bytes(64)),
        "safetensors",
    ),
    "a header of an unknown type": (
        header({"embedding.weight": {"dtype": "F4", "shape": [4, 4], "data_offsets": [0, 64]}}, bytes(64)),
        "type",
    ),
    "a header that is nested too deep": (
        lambda folder: put(folder, struct.pack("<Q", 200_000) + b"{" + b"[" * 199_999, "n.safetensors"),
        "safetensors",
    ),
    "a header that is too long": (lambda folder: put(folder, struct.pack("<Q", 1 << 62) + b"{}", "n.safetensors"), "no file of weights"),
}

CUT: Mapping[str, Case] = {
    **{
        f"cut at {share} %": (cut(share / 100), "damaged|cut short|whole|ends|weights")
        for share in (1, 5, 10, 25, 40, 50, 60, 75, 90, 95, 97, 99)
    },
    **{
        f"old file cut at {share} %": (cut(share / 100, _use_new_zipfile_serialization=False), "damaged|ends|weights")
        for share in (1, 3, 8, 15, 50, 75, 99)
    },
    **{f"safetensors cut at {share} %": (cut_safetensors(share / 100), "safetensors|weights") for share in (0.1, 2, 5, 50, 99)},
}
