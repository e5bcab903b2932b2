"""A library in Milvus: a server, a cluster, or a Milvus Lite in this process.

Three collections, whose names begin with the library's:

    name_articles    a row for each version of an article: the whole of it, and its words for BM25
    name_passages    a row for each passage: its vector, its words for BM25, the vectors of its sentences, its place in
                     its article, and the article's outlet and date, by which searches are filtered
    name_records     the generation, settings, groups of duplicates, files that could not be read, who is writing

What a killed writer has left is removed by the next one. A key is made from what its row holds, so that a row that is
sent twice exists once.

The modules, in the order in which they build on each other: `client` (calls, and retrying them), `schema` (columns and
rows), `tables` (rows as of a generation), `claim` (one writer at a time), `summary` (counts), `view` (searching),
`duplicates` (passages that several articles hold), `writer` (changing), `store` (reading).
"""
