"""Prints what to hand to `pip install` so that torch comes without gigabytes of GPU libraries. For the [train] extra.

A version that ends in `+cpu` is taken if pip as configured here sees one; otherwise the CPU wheels of pytorch.org.
On macOS the ordinary wheel is the CPU build.
"""

from __future__ import annotations

import re
import subprocess
import sys

CPU_WHEELS = "https://download.pytorch.org/whl/cpu"
OLDEST = (2, 6)


def cpu_versions(listing: str) -> list[str]:
    """The CPU builds in the answer of `pip index versions`, newest first, as pip lists them."""
    line = next((line for line in listing.splitlines() if line.startswith("Available versions:")), "")
    versions: list[str] = re.findall(r"[0-9][^,\s]*\+cpu", line)
    return [version for version in versions if tuple(map(int, version.split(".")[:2])) >= OLDEST]


def arguments(platform: str, listing: str) -> list[str]:
    if platform == "darwin":
        return [f"torch>={OLDEST[0]}.{OLDEST[1]}"]
    found = cpu_versions(listing)
    if found:
        return [f"torch=={found[0]}"]
    return ["--index-url", CPU_WHEELS, f"torch>={OLDEST[0]}.{OLDEST[1]}"]


def main() -> None:
    command = [sys.executable, "-m", "pip", "index", "versions", "torch"]
    listing = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    print(" ".join(arguments(sys.platform, listing)))


if __name__ == "__main__":
    main()
