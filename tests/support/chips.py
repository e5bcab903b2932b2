"""Questions with each kind of constraint, asked about the harbour and the bridge: (question, kind, its words)."""

CHIPS = [
    ("According to Press TV, who closed the bridge?", "outlet", "According to Press TV"),
    ("Who closed the bridge, contrary to what Press TV reported?", "not outlet", "contrary to what Press TV reported"),
    ("Who closed the bridge? No state media please.", "not outlet kind", "No state media"),
    ("What was reported since 2014 about the bridge?", "dates", "since 2014"),
    ("What was reported about the bridge in any year but 2013?", "not dates", "in any year but 2013"),
    ('Who closed the "old bridge"?', "phrase", "old bridge"),
    ("Who closed the bridge in January 2015?", "period", "in January 2015"),
    ("What is the latest on the bridge?", "order", "the latest"),
    ("What are the first reports of the bridge?", "order", "the first reports"),
]
