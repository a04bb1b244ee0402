"""Where to compute and how precisely."""

import torch

from chatbot_tui.core.errors import InputError

DEVICES = ("cpu", "cuda", "mps")
SMALL_NETWORK = 2_000_000
"""Parameters below which casting to bfloat16 costs more than it saves."""


def pick_device(name: str | None) -> torch.device:
    """Return the device of that name; without one CUDA if present, then MPS, then the CPU. Raises InputError."""
    if name is None:
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        # Others exist, and some of them hold no numbers.
        if name.partition(":")[0] not in DEVICES:
            raise ValueError
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError, ValueError):
        raise InputError(f"no device {name!r} here: use {', '.join(DEVICES[:-1])} or {DEVICES[-1]}") from None
    return device


def autocast_dtype(precision: str, device: torch.device, parameters: int) -> torch.dtype | None:
    """Return bfloat16 where matrix products are to run in it, None for float32."""
    if precision == "float32" or device.type == "mps":
        return None
    if precision == "bf16":
        return torch.bfloat16
    supported = torch.cuda.is_bf16_supported() if device.type == "cuda" else torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return torch.bfloat16 if supported and parameters >= SMALL_NETWORK else None
