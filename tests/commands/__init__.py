"""Tests of the commands, each against a backend without torch."""
