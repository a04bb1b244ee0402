"""AWD-LSTM and ULMFiT: a module a layer, recurrent weights kept raw beside a copy from which connections are dropped.

Merity et al. 2018; Howard and Ruder 2018. When the net speaks nothing is dropped, so that the raw weights are the weights.
"""

import re
from collections.abc import Collection, Mapping

NAME = "AWD-LSTM / ULMFiT (rnns.0.module)"
LAYER = re.compile(r"^(?:0\.)?rnns\.(\d{1,3})\.(?:module\.)?((?:weight|bias)_(?:ih|hh)_l0)(_raw)?$")
FASTAI = re.compile(r"^[01]\.(encoder\.weight|decoder\.(?:weight|bias))$")


def fits(names: Collection[str]) -> bool:
    """Return whether the LSTM layers are called rnns.0, rnns.1, ..."""
    return any(LAYER.match(name) for name in names)


def plain(names: Collection[str]) -> Mapping[str, str]:
    """Return "rnns.0.weight_hh_l0" for "0.rnns.0.module.weight_hh_l0_raw", and so on; copies of raw weights are left out."""
    matches = {name: LAYER.match(name) for name in names}
    raw = {(match[1], match[2]) for match in matches.values() if match and match[3]}
    result = {}
    for name, match in matches.items():
        if match is None:
            fastai = FASTAI.match(name)
            result[name] = fastai[1] if fastai else name
        elif match[3] or (match[1], match[2]) not in raw:
            result[name] = f"rnns.{match[1]}.{match[2]}"
    return result
