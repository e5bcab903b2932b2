"""An index in a folder: articles, passages and vectors in SQLite, looked up through FAISS and tantivy.

    index/
    ├── library.sqlite   the only source of truth: articles, passages, vectors, duplicates, aliases, files that could
    │                    not be read, the manifest
    ├── cache.N/         built from it for fast look-up (see `rag.stores.snapshot`)
    └── write.lock       held by the one process that writes

Every change is one transaction that raises the generation by one, so what was reported as done is done. A cache may be
missing, out of date or damaged: it is built again from the database, without encoding anything.

An article that changes, or that is no longer in the files, is retired: no search finds it, and its text and vectors
stay, so that citations of it resolve and nothing is encoded again when it comes back. `compact` deletes the vectors.

Every page of the database has a checksum, so what is damaged is an error and never another answer (see `engine`).

The modules, in the order in which they build on each other: `engine` (SQLite with checksums), `schema` (tables, rows),
`connection` (connections, locks, errors), `cache_source` (what a cache is built from), `view` (searching), `store`
(reading), `writer` (changing).
"""

from rag.stores.sqlite.connection import DATABASE, LOCK
from rag.stores.sqlite.schema import FORMAT
from rag.stores.sqlite.store import Store

__all__ = ["DATABASE", "FORMAT", "LOCK", "Store"]
