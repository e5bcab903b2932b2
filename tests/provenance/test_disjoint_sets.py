"""Disjoint sets agree with SciPy's, whatever is merged."""

import random

from scipy.cluster.hierarchy import DisjointSet

from rag.provenance.disjoint_sets import DisjointSets


def test_any_merges_give_the_sets_of_scipy_in_the_order_of_adding():
    for seed in range(20):
        choose = random.Random(seed)
        ours, theirs = DisjointSets(range(10)), DisjointSet(range(10))
        for sets in (ours, theirs):
            for thing in range(8, 20):
                sets.add(thing)
        for _ in range(seed):
            a, b = choose.randrange(20), choose.randrange(20)
            ours.merge(a, b)
            theirs.merge(a, b)
        assert [set(own) for own in ours.subsets()] == theirs.subsets()
        assert all(own == sorted(own) for own in ours.subsets())
        assert all(ours.connected(a, b) == theirs.connected(a, b) for a in range(20) for b in range(20))
