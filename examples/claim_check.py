"""A claim, checked: what the press says about it, what it does not, and a dossier that others can verify.

    python examples/claim_check.py [INDEX]

It asks the demonstration index, which holds digests written for this project (`according demo`). The claim is a
made-up one. According decides nothing: it shows the sentences, and who says them.
"""

import sys
from pathlib import Path

import rag

CLAIM = "Fewer than ten people were killed at Camp Ashraf in September 2013"
QUESTION = "How many people were killed at Camp Ashraf in September 2013?"


def main(library, folder):
    """Print what bears on the claim, and write and verify a dossier in a folder."""
    answer = library.ask(QUESTION, k=4)
    print(f"Claim: {CLAIM}.\nAsked: {QUESTION} [{answer.grade}]")
    for cited in answer.passages:
        digest = "digest of " if cited.kind == "digest" else ""
        print(f"  {digest}{cited.outlet}, {cited.date}: {cited.quotation}")
    for figure in answer.figures:
        outlets = sorted({mention.outlet or "unknown" for mention in figure.mentions})
        print(f"  {figure.value} {figure.unit}, says {', '.join(outlets)}")
    for caution in answer.balance.warnings:
        print(f"  Weigh it: {caution.reason}")
    dossier = library.dossier(QUESTION, k=4)
    path = Path(folder) / "claim.html"
    dossier.write(path)
    checked = library.verify_file(path)
    print(f"{path.name}: {checked.holding} of {len(checked.findings)} receipts hold")


if __name__ == "__main__":
    with rag.open(sys.argv[1] if sys.argv[1:] else "index") as opened:
        main(opened, ".")
