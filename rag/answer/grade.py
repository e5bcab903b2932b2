"""How sure an answer is: its passages answer, they are only the nearest ones, or there is nothing to show."""

from __future__ import annotations

from typing import Literal

Grade = Literal["answers", "near", "nothing"]
GRADES: tuple[Grade, ...] = ("answers", "near", "nothing")
ANSWERS, NEAR, NOTHING = GRADES


def graded(probability: float, near: float, sure: float) -> Grade:
    """Return the grade of passages that answer with a probability.

    Args:
        probability: that they answer, 0 to 1.
        near: the probability from which passages are shown.
        sure: the probability from which they answer; those that are not shown do not, whatever it is.
    """
    if probability < near:
        return NOTHING
    return ANSWERS if probability >= sure else NEAR
