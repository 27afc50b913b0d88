"""Run inside the environment that has torch: writes both peers' models, of their true architecture, untrained.

`weights.py FOLDER BPE`: FOLDER/materialsearch is a CLIP ViT-B/16 as `from_pretrained` reads it, FOLDER/rclip the two
graphs of ViT-B/32 at 256 pixels that rclip runs.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import torch
from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPProcessor, CLIPTokenizerFast
from transformers.models.clip.tokenization_clip import bytes_to_unicode

TEXT = {"hidden_size": 512, "intermediate_size": 2048, "num_hidden_layers": 12, "num_attention_heads": 8}
VISION = {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12}
VOCABULARY = 49408


def clip(patch: int, size: int) -> CLIPModel:
    torch.manual_seed(0)
    text = TEXT | {"vocab_size": VOCABULARY, "bos_token_id": VOCABULARY - 2, "eos_token_id": VOCABULARY - 1}
    vision = VISION | {"patch_size": patch, "image_size": size}
    config = CLIPConfig(text_config=text, vision_config=vision, projection_dim=512, attn_implementation="eager")
    return CLIPModel(config).eval()


def tokenizer(folder: Path, bpe: Path) -> CLIPTokenizerFast:
    folder.mkdir(parents=True, exist_ok=True)
    merges = gzip.decompress(bpe.read_bytes()).decode().split("\n")[1 : VOCABULARY - 512 - 2 + 1]
    letters = list(bytes_to_unicode().values())
    words = letters + [letter + "</w>" for letter in letters] + ["".join(each.split()) for each in merges]
    words += ["<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({word: at for at, word in enumerate(words)}), "utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges), "utf-8")
    return CLIPTokenizerFast(str(folder / "vocab.json"), str(folder / "merges.txt"))


def export(part: torch.nn.Module, example: torch.Tensor, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        part, (example,), str(path), input_names=["input"], output_names=["output"],
        dynamic_axes={"input": {0: "n"}, "output": {0: "n"}}, dynamo=False,
    )  # fmt: skip


class Part(torch.nn.Module):
    """One tower of a model as a module of its own."""

    def __init__(self, model: CLIPModel, features: str) -> None:
        super().__init__()
        self.model = model
        self.features = features

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        return getattr(self.model, self.features)(batch)


def main() -> None:
    folder, bpe = Path(sys.argv[1]), Path(sys.argv[1], sys.argv[2])
    base = folder / "materialsearch"
    CLIPProcessor(CLIPImageProcessor(), tokenizer(base, bpe)).save_pretrained(base)
    clip(16, 224).save_pretrained(base)
    model = clip(32, 256)
    export(Part(model, "get_image_features"), torch.zeros(2, 3, 256, 256), folder / "rclip" / "visual.onnx")
    ids = torch.full((2, 77), VOCABULARY - 1)
    export(Part(model, "get_text_features"), ids, folder / "rclip" / "textual.onnx")


if __name__ == "__main__":
    main()
