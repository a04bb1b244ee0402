"""How the doctor's thresholds are found: nets drawn at random, trained, measured, and thresholds fitted to part of them."""
