"""The model card: what a pack was made from, what it can do, how well, and what not. Written, never by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.training.packfile import Description
from engine.training.parity import Comparison

if TYPE_CHECKING:
    from engine.training.export import Exported

LICENCE = (
    "Weights: non-commercial research and private use, because Flickr8k allows no more; "
    "the network they started from: Apache-2.0"
)
DATA = (
    "Flickr8k: 8,000 photos with five captions each, official split; non-commercial research (Hodosh et al., 2013)",
    "COCO: 336 photos with captions, 5,000 photos without, 157,236 caption sentences; captions CC BY 4.0, "
    "photos under their Flickr users' terms",
    "Scenes drawn by the program itself, with its own sentences, none of them shown in its sample library",
    "MobileNetV2 1.0 224, trained on ImageNet by its makers, with its class names; Apache-2.0",
)

_USE = """## What it is for

Finding moments in one's own videos by an English description, on a computer without a GPU and without a network. It
knows what the captions of its data speak of: people and what they do outdoors and in sport, children, dogs and a few
other animals, water, snow, grass, streets, vehicles, food, rooms, clothes, colours. What it has learned of other
things it has from the 1,000 classes of ImageNet.

## What it cannot do

- It learned from still photos. Motion is known only as far as a picture shows it; order in time is not understood.
- It recognises nobody, reads no writing, hears nothing, and counts badly beyond two.
- It understands English. Rare words are pieced together and often misunderstood; "no", "without" and "left of" are
  read like any other word.
{captions}
- The photos were taken by users of one site around 2010 and are mostly of people, dogs and outdoor life in North
  America and Europe. Other places, clothes and customs are described less well and often in those terms.
- It is not fit for any decision about people.
"""

_HAS_CAPTIONS = (
    "- Its captions can name things that are not there. They are written to tell similar scenes apart, "
    "not as testimony."
)
_NO_CAPTIONS = "- It writes no captions: search goes by the pictures, and by the words that come with a video."


def made_from(start: str | None) -> tuple[str, ...]:
    """The data, and the revision that the run went on from."""
    earlier = f"Revision {start}: its encoder, text tower and captioner, made from the same, were gone on from"
    return DATA if start is None else (*DATA, earlier)


def write_card(about: Description, exported: Exported, report: str, shipped: str = "") -> str:
    """Markdown; `report` is of the run's torch modules and may be empty, `shipped` of the files of the pack."""
    return "\n".join(
        [
            f"# {about.name}",
            "",
            f"Pack `{about.id}`, revision `{about.revision}`, {exported.size_bytes / 1024**2:.1f} MB. "
            f"Licence: {about.licence}.",
            "",
            "## Made from",
            "",
            *(f"- {data}" for data in about.training_data),
            "",
            "No photo of an evaluation split was used for training in any role.",
            "",
            _USE.format(captions=_NO_CAPTIONS if exported.floats.same_captions is None else _HAS_CAPTIONS),
            "## Figures",
            "",
            "Clips of the evaluation, where there are any, have synthetic motion. No figure is of a public video set.",
            "",
            report.strip() or "No report was written for this run.",
            "",
            shipped,
            "## Faithfulness of the files",
            "",
            _agreement(exported),
            "",
        ]
    )


def _agreement(exported: Exported) -> str:
    lines = [
        "Cosine with the torch modules through the product's own runtime, mean and least over a sample of dev photos:",
        "",
        "| part | what | 32-bit floats | as shipped |",
        "|---|---|---|---|",
    ]
    for first, second in zip(exported.floats.parts, exported.int8.parts, strict=True):
        form = "floats" if second.part in exported.left_float else "8 bits"
        lines.append(
            f"| {first.part} | {first.what} | {first.cosine:.5f} ({first.least:.5f}) "
            f"| {second.cosine:.4f} ({second.least:.4f}), {form} |"
        )
    if exported.floats.same_captions is not None:
        lines += ["", _captions(exported.floats, exported.int8)]
    return "\n".join(lines)


def _captions(floats: Comparison, small: Comparison) -> str:
    return (
        f"Greedy captions that are word for word those of torch: {100 * (floats.same_captions or 0):.0f} % in floats, "
        f"{100 * (small.same_captions or 0):.0f} % as shipped."
    )
