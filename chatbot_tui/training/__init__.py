"""How the net learns: corpus, batches, schedule, loop, evaluation."""
