"""Question answering, and its web chat, HTTP API and command line.

Libraries read these variables when they load, so they are set before any is. None may report home:
onnxruntime sends usage data to its maker otherwise, and OpenVINO an event for every import (no
variable stops that; if its telemetry package cannot be imported, it does without). A thread of
OpenMP that waits must soon sleep, or it starves a busy machine; GNU's OpenMP spins a little first,
which generates a quarter more tokens a second on a quiet machine and costs nothing measurable on a
busy one.
"""

import os
import sys
from typing import Any, cast

cast("dict[str, Any]", sys.modules).setdefault("openvino_telemetry", None)
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("GOMP_SPINCOUNT", "20000")
