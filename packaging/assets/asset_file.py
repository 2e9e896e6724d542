"""What the converters of this folder share: the check of what they read, and one form for what they write."""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import save


def checked(package: Path, sha256: str) -> bytes:
    """A downloaded package, after its hash is checked."""
    data = package.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest != sha256:
        sys.exit(f"hash {digest} instead of {sha256}: {package}")
    return data


def write(path: Path, tensors: dict[str, np.ndarray], metadata: dict[str, str]) -> None:
    """Writes an asset, the same bytes whenever it is made."""
    path.write_bytes(with_sorted_header(save(tensors, metadata=metadata)))
    print(f"{len(tensors)} tensors, {path.stat().st_size} bytes: {path}")


def with_sorted_header(file: bytes) -> bytes:
    """The same file with its header in one order: the library's differs from run to run, and with it the file's hash."""
    length = int.from_bytes(file[:8], "little")
    header = json.loads(file[8 : 8 + length])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode().ljust(length)
    return len(text).to_bytes(8, "little") + text + file[8 + length :]
