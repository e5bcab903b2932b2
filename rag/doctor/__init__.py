"""Index -> Diagnosis: every row and file is compared with all others that it must agree with.

Next to the stores, which trust what they wrote; this reads the same tables and trusts nothing. What is derived from a
folder's database can be repaired without encoding anything: the cache, and SQLite's own indexes. What is damaged in the
database itself, or in Milvus, is named, so that a backup can be restored, or it can be removed and built again.

`diagnosis` is what comes out; `settings` and `passages` check what both stores have; `folder` and `milvus` check
one store each; `index` chooses between them.
"""

from rag.doctor.diagnosis import Check, Diagnosis
from rag.doctor.index import examine

__all__ = ["Check", "Diagnosis", "examine"]
