"""Question answering, and its web chat, HTTP API and command line.

Libraries read these when they load, so they are set before any is: none may report home
(onnxruntime sends usage data to its maker otherwise), and threads of OpenMP that wait must sleep,
or they starve a busy machine.
"""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
