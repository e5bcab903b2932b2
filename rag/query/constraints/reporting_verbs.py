"""Patterns of the words with which people and outlets say, publish and describe things.

`sources` uses them to tell a source from a subject ("Reuters said"), `publication_dates` to tell when something was
said from when it happened.
"""

from __future__ import annotations

SAY = (
    r"(?:sa(?:y|ys|id|ying)|report(?:s|ed|ing)?|claim(?:s|ed|ing)?|stat(?:e|es|ed|ing)|alleg(?:e|es|ed|ing)|"
    r"argu(?:e|es|ed|ing)|warn(?:s|ed|ing)?|predict(?:s|ed|ing)?|estimat(?:e|es|ed|ing)|suggest(?:s|ed|ing)?|"
    r"insist(?:s|ed|ing)?|assert(?:s|ed|ing)?|explain(?:s|ed|ing)?|complain(?:s|ed|ing)?|not(?:e|es|ed|ing)|"
    r"comment(?:s|ed|ing)?|remark(?:s|ed|ing)?)"
)
PUBLISH = (
    r"(?:wr(?:ite|ites|itten|iting|ote)|publish(?:es|ed|ing)?|print(?:s|ed|ing)?|broadcast(?:s|ed|ing)?|"
    r"post(?:s|ed|ing)?|announc(?:e|es|ed|ing))"
)
TELL = r"(?:tell|tells|telling|told)"
DESCRIBE = (
    r"(?:call(?!\s+(?:off|for|in|on|up)\b)|describe|portray|depict|characteri[sz]e|conclude|blame|quote|cite|list|"
    r"think|believe|identify|judge|assess|attribute|mention)"
)
PUBLICATIONS = (
    r"(?:articles|coverage|news|stories|(?:news|press|media|newspaper)\s+reports?|reports|editorials|op-eds|"
    r"headlines|dispatches|newspapers|reporting|press\s+cuttings|clippings|write-ups)"
)
# Saying at a time: forms that a date can belong to, and the bare verb after "did".
SAID_THEN = (
    r"(?:sa(?:y|ys|id|ying)(?!\s+(?:no|yes|sorry|goodbye)\b)|reported|claim(?:ed|ing)|stat(?:ed|ing)|alleg(?:ed|ing)|"
    r"argu(?:ed|ing)|warn(?:ed|ing)|predict(?:ed|ing)|estimat(?:ed|ing)|suggest(?:ed|ing)|insist(?:ed|ing)|"
    r"assert(?:ed|ing)|complain(?:ed|ing)|noted|commented|remarked|"
    r"(?<=\b(?:did|do|does)\s(?:(?!(?:the|an?|which|this|that|of|any)\s+\w+$)[^?.]){1,60}\s)"
    r"(?:report|claim|allege|argue|warn|predict|estimate|suggest|insist|assert|complain))"
)
