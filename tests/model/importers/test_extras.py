"""What only some people need is imported only where it is used."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_neither_keras_files_nor_onnx_cost_those_who_have_neither() -> None:
    code = (
        "import sys, chatbot_tui.backend, chatbot_tui.commands.import_, chatbot_tui.commands.export, chatbot_tui.model.export_onnx;"
        "print([name for name in ('h5py', 'onnx', 'google.protobuf') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert result.stdout.strip() == "[]"
