"""The outside world: the only files that import heavy packages."""

import os

import torch

if not torch.cuda.is_available():
    # DeepSpeed would look for every accelerator it knows and warn that it found none.
    os.environ.setdefault("DS_ACCELERATOR", "cpu")
