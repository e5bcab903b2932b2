"""Write articles with their provenance as JSON Lines, or as a Parquet table."""

from __future__ import annotations

import os
from typing import Any

from rag.browse import ReadOnlyLibrary
from rag.errors import InputError
from rag.exporting.rows import ARTICLE_FIELDS, Exported, article_rows, replacing
from rag.stores.base import Location
from rag.text import json_text


def export_jsonl(
    library: ReadOnlyLibrary, path: str | os.PathLike[str], index: Location | None = None, replace: bool = False
) -> Exported:
    """Write a line for each article; `according build` reads such a file.

    Args:
        library: whose articles.
        path: the file.
        index: where the library is; nothing is written there.
        replace: whether a file of that name may be replaced.

    Returns:
        What was written.

    Raises:
        InputError: if the file cannot be written.
    """
    count = 0
    with (
        library.reading() as now,
        replacing(path, index, replace) as (to, part),
        part.open("w", encoding="utf-8", newline="\n") as out,
    ):
        for batch in article_rows(now):
            out.writelines(f"{json_text(row, indent=None)}\n" for row in batch)
            count += len(batch)
    return Exported(to, count)


def export_parquet(
    library: ReadOnlyLibrary, path: str | os.PathLike[str], index: Location | None = None, replace: bool = False
) -> Exported:
    """Write a Parquet table with a row for each article; its metadata say which generation of the index it is of.

    Args:
        library: whose articles.
        path: the file.
        index: where the library is; nothing is written there.
        replace: whether a file of that name may be replaced.

    Returns:
        What was written.

    Raises:
        InputError: if the file cannot be written, or pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise InputError('Parquet needs a package that is not installed: pip install "according[parquet]"') from None
    types: dict[str, Any] = {"authors": pa.list_(pa.string()), "date": pa.date32()}
    schema = pa.schema([(name, types.get(name, pa.string())) for name in ARTICLE_FIELDS])
    count = 0
    with library.reading() as now, replacing(path, index, replace) as (to, part):
        schema = schema.with_metadata({"generation": str(now.generation)})
        with pq.ParquetWriter(part, schema, compression="zstd") as out:
            for batch in article_rows(now):
                columns = {name: [row[name] for row in batch] for name in ARTICLE_FIELDS}
                dates = pa.array(columns.pop("date"), pa.string()).cast(pa.date32())
                out.write_table(pa.table(columns | {"date": dates}).select(ARTICLE_FIELDS).cast(schema))
                count += len(batch)
    return Exported(to, count)
