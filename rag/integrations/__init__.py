"""Retrievers for other frameworks, each of which is an extra: LangChain, LlamaIndex, Haystack.

`documents` says what a passage is for all of them; each other module needs the framework that it is named after.
"""
