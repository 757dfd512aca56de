"""What the wheel holds; ``app/public`` is imported as ``footnote``. The rest is in pyproject.toml.

Benchmarks and training stay in the checkout.
"""

from setuptools import find_packages, setup

LEFT_OUT = ["app.public", "evals.benchmarks*", "evals.training*"]
packages = find_packages(include=["app*", "evals*", "ingest*", "store*"], exclude=LEFT_OUT)
setup(packages=[*packages, "footnote"], package_dir={"footnote": "app/public"})
