"""Leaves out, where a system has no pseudo-terminals, the tests of what can only be measured in one."""

import os

collect_ignore = [] if os.name == "posix" else ["test_terminal.py", "test_playground.py"]
