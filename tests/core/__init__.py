"""Tests of the nouns that every layer shares."""
