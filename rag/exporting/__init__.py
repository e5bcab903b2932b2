"""Export the articles of an index, with their provenance, to a file for other programs.

`rows` says what is exported of an article and an outlet, the same in every format; `sqlite` and `files` write it. Each
writes a file completely, or not at all.
"""
