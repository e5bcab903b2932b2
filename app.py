"""Opens the browser app on the index in $INDEX (or index/), after making the demonstration index where there is none.

$HOST, $PORT, $AUTH and $NO_AUTH say where and to whom, as for `according serve`; ALLOW_ADD=1 lets readers add files.
An index that holds nothing but the demonstration is brought up to date with seeds/; any other is opened as it stands.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import rag
from rag.stores.location import exists
from rag.stores.milvus.client import located
from rag.web.app import EXAMPLES, launch
from rag.web.security import listening

HERE = Path(__file__).resolve().parent
SEEDS = HERE / "seeds"


def main() -> int:
    """Exit status: 1 where the index or the address cannot be used."""
    index = os.environ.get("INDEX") or str(HERE / "index")
    try:
        listening()  # says what is wrong before some seconds of work, not after
        library = demonstration(index)
        launch(
            library or rag.open(index),
            examples=EXAMPLES if library else (),
            allow_add=os.environ.get("ALLOW_ADD") == "1",
        )
    except rag.AccordingError as error:
        print(f"according: {error}", file=sys.stderr)
        return 1
    return 0


def demonstration(index: str) -> rag.Library | None:
    """The demonstration library, made or brought up to date; None where the index holds something else, and for one
    in Milvus, which others may share."""
    if located(index):
        return None
    if exists(index):
        with rag.open(index) as library:
            if not all(Path(article.source).resolve().is_relative_to(SEEDS) for article in library.articles()):
                return None
    library = rag.build([SEEDS], index=index, aliases=HERE / "docs" / "aliases.toml")
    print(f"{index}: {library.report}", file=sys.stderr)
    return library


if __name__ == "__main__":
    sys.exit(main())
