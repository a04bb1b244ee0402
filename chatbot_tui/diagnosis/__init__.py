"""How nets fail: from signals to a verdict, a cause, the evidence for it, and a prescription."""
