"""Peers: the usual ways to model the same text, trained and measured beside the program's own net."""
