"""Readers' judgement of replies: whether they are fluent and fit what was said, with nobody told who spoke."""
