"""Where the peers live: a virtual environment for each, made once, and models of the true shape with random weights.

Random weights make speed, memory and size real and search results meaningless; nothing here judges what is found.
"""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
HOME = ROOT / "build" / "peers"
INSIDE = Path(__file__).with_name("inside")
MODELS = HOME / "models"
BPE = "bpe_simple_vocab_16e6.txt.gz"
RCLIP_MODEL = "ViT-B-32-256-datacomp_s34b_b86k"

NEEDS: dict[str, tuple[str, ...]] = {
    "rclip": ("rclip==3.3.0",),
    "scenedetect": ("scenedetect==0.7.2", "av"),
    # Newer transformers break it. onnx is for making rclip's model, in the one environment that has torch.
    "materialsearch": ("materialsearch-core==0.3.0", "transformers==4.55.4", "numpy<2", "onnx", "onnxscript"),
}
VERSIONS = {"rclip": "rclip 3.3.0", "scenedetect": "PySceneDetect 0.7.2", "materialsearch": "materialsearch-core 0.3.0"}


def python(peer: str) -> str:
    folder = "Scripts" if os.name == "nt" else "bin"
    return str(HOME / peer / folder / "python")


def make_ready() -> None:
    """Make what is not there yet; a second run has nothing to do."""
    for peer, needs in NEEDS.items():
        ready = HOME / peer / "ready"
        if not ready.exists():
            print(f"making the environment of {VERSIONS[peer]}", flush=True)
            subprocess.run([sys.executable, "-m", "venv", str(HOME / peer)], check=True)
            _pip(peer, "install", "-q", *(_torch() if peer == "materialsearch" else ()), *needs)
            ready.touch()
    if not (MODELS / "ready").exists():
        print("making models with random weights", flush=True)
        _make_models()
        (MODELS / "ready").touch()


def _torch() -> list[str]:
    """CPU wheels, found as the training extra finds them."""
    asked = subprocess.run(
        [sys.executable, str(ROOT / "packaging" / "torch_cpu.py")], check=True, capture_output=True, text=True
    )
    wanted = asked.stdout.split()
    if len(wanted) > 1:
        _pip("materialsearch", "install", "-q", *wanted)
        return []
    return wanted


def _make_models() -> None:
    """CLIP's vocabulary lies in the wheel of open_clip_torch; both peers' tokenizers are made of it."""
    MODELS.mkdir(parents=True, exist_ok=True)
    _pip("rclip", "download", "-q", "--no-deps", "open_clip_torch==3.3.0", "-d", str(MODELS))
    (wheel,) = MODELS.glob("open_clip_torch-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(BPE))
        (MODELS / BPE).write_bytes(archive.read(name))
    subprocess.run([python("materialsearch"), str(INSIDE / "weights.py"), str(MODELS), BPE], check=True)


def give_rclip_its_model(data: Path) -> None:
    """rclip looks for its model in its data folder."""
    data.mkdir(parents=True, exist_ok=True)
    (data / "tokenizer").mkdir()
    (data / "tokenizer" / BPE).symlink_to(MODELS / BPE)
    (data / RCLIP_MODEL).symlink_to(MODELS / "rclip", target_is_directory=True)


def _pip(peer: str, *words: str) -> None:
    subprocess.run([python(peer), "-m", "pip", *words], check=True)
