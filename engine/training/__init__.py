"""The CaRe-DPO recipe: trains a model pack from photos and captions, step by step, on a CPU or a GPU.

Needs the [train] extra (torch). Nothing else in the engine imports this package, and importing the package itself
does not import torch.
"""
