"""What can be measured: pure functions, each with its definition and source."""
