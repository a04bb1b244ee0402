"""Benchmarks: what the program promises about speed and memory, measured beside what it is compared with."""
