"""How the net speaks: filters, sampler, engine, conversation."""
