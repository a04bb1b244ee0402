"""Signals of the hidden states and gates, layer by layer, while the net reads the prompts."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from chatbot_tui.core.diagnosis import HiddenMap, LayerReading
from chatbot_tui.diagnosis.measured import Measured, over_places
from chatbot_tui.signals.dispersion import relative_variance
from chatbot_tui.signals.gates import shut_and_open
from chatbot_tui.signals.layers import LayerTrace
from chatbot_tui.signals.participation import participation_ratio, principal_plane
from chatbot_tui.signals.weights import fading


def layer_readings(traces: Sequence[LayerTrace]) -> tuple[LayerReading, ...]:
    """Measure every layer, the lowest first."""
    readings = []
    for layer, trace in enumerate(traces):
        shut, opened = shut_and_open(trace.gates)
        readings.append(
            LayerReading(
                layer=layer,
                variance=float(relative_variance(trace.h)),
                directions=participation_ratio(trace.h),
                units=trace.h.shape[1],
                shut=shut,
                open=opened,
                h_norm=float(np.linalg.norm(trace.h.astype(np.float64), axis=1).mean()),
            )
        )
    return tuple(readings)


def state_signals(layers: Sequence[LayerReading], prompts: int) -> dict[str, Measured]:
    """Return the signals of all layers."""
    names = [f"layer {layer.layer}" for layer in layers]
    directions = {
        name: layer.directions / max(min(layer.units, prompts - 1), 1)
        for name, layer in zip(names, layers, strict=True)
        if layer.directions is not None
    }
    shut = {name: max(layer.shut[:2]) for name, layer in zip(names, layers, strict=True)}
    variances = {name: layer.variance for name, layer in zip(names, layers, strict=True)}
    return {
        "state_variance": Measured(layers[-1].variance, names[-1], variances),
        "variance_fading": Measured(fading([layer.variance for layer in layers])),
        "directions_used": Measured(directions.get(names[-1]), names[-1], directions),
        "gates_shut": over_places(shut),
        "state_size": Measured(
            layers[-1].h_norm / layers[-1].units ** 0.5,
            names[-1],
            {name: layer.h_norm / layer.units**0.5 for name, layer in zip(names, layers, strict=True)},
        ),
    }


def hidden_map(states: npt.NDArray[np.floating]) -> HiddenMap:
    """Lay states [prompts, units] on their two principal directions."""
    plane, shown = principal_plane(states)
    size = float(np.sqrt(np.square(states.astype(np.float64)).sum(axis=1).mean()))
    points = plane / size if size > 0 else plane
    return HiddenMap(tuple((float(x), float(y)) for x, y in points), shown, float(relative_variance(states)))
