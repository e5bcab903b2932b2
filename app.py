"""Start the browser app on the index in $INDEX (default: index/), and build the demonstration index if there is none.

$HOST, $PORT, $AUTH, $NO_AUTH and $TRUSTED_PROXIES have the meaning of the options of `according serve`; ALLOW_ADD=1
lets readers add files. An index of nothing but the demonstration is brought up to date with seeds/; any other is opened
as it is.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import rag
from rag.stores.location import exists
from rag.stores.milvus.client import parse_location
from rag.web.app import EXAMPLES
from rag.web.bounded_log import bounded_log
from rag.web.launch import launch
from rag.web.security import listening

HERE = Path(__file__).resolve().parent
SEEDS = HERE / "seeds"


def main() -> int:
    """Return the exit status: 1 if the index or the address cannot be used."""
    index = os.environ.get("INDEX") or str(HERE / "index")
    try:
        listening()  # reports a mistake before some seconds of work, not after
        library = demonstration(index)
        with bounded_log():
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
    """Return the demonstration library, built or brought up to date.

    None if the index holds something else, or nothing where $INDEX names it, or is in Milvus, which others may share.
    """
    if parse_location(index):
        return None
    if exists(index):
        with rag.open(index) as library:
            sources = [Path(article.source).resolve() for article in library.articles()]
            own = bool(sources) or not os.environ.get("INDEX")
            if not own or not all(source.is_relative_to(SEEDS) for source in sources):
                return None
    library = rag.build([SEEDS], index=index, aliases=HERE / "docs" / "aliases.toml")
    print(f"{index}: {library.report}", file=sys.stderr)
    return library


if __name__ == "__main__":
    sys.exit(main())
