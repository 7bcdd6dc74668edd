"""Exact neighbours, and HDF5 files in the layout of ann-benchmarks.

    train      float32, one row an item
    test       float32, one row a query
    neighbors  int32, the ids of each query's nearest items, best first
    distances  float32, theirs (euclidean; angular: sqrt(2 - 2 cos); dot: the product)
    attributes distance (the metric) and dimension
"""

import h5py
import numpy

NEIGHBORS = 100
# More than are kept, so that rounding in the coarse pass, of doubles, loses none:
# of floats, items close to each other and far from zero cancel to nothing.
CANDIDATES = NEIGHBORS + 20
QUERY_BLOCK = 500
ITEM_BLOCK = 100_000


def unit_rows(rows):
    lengths = numpy.linalg.norm(rows, axis=1, keepdims=True)
    return rows / numpy.maximum(lengths, 1e-12)


def coarse_candidates(train, test, metric):
    """Per query the ids of the best CANDIDATES items by matrix products."""
    count = min(CANDIDATES, len(train))
    ids = numpy.empty((len(test), count), numpy.int64)
    for start in range(0, len(test), QUERY_BLOCK):
        queries = test[start:start + QUERY_BLOCK].astype(numpy.float64)
        best = numpy.empty((len(queries), 0), numpy.int64)
        best_scores = numpy.empty((len(queries), 0), numpy.float64)
        for first in range(0, len(train), ITEM_BLOCK):
            items = train[first:first + ITEM_BLOCK].astype(numpy.float64)
            scores = queries @ items.T
            if metric == "euclidean":
                scores -= 0.5 * numpy.einsum("ij,ij->i", items, items)
            top = numpy.argpartition(scores, -min(count, scores.shape[1]), axis=1)[:, -count:]
            best = numpy.hstack([best, top + first])
            best_scores = numpy.hstack([best_scores, numpy.take_along_axis(scores, top, axis=1)])
        kept = numpy.argpartition(best_scores, -count, axis=1)[:, -count:]
        ids[start:start + QUERY_BLOCK] = numpy.take_along_axis(best, kept, axis=1)
    return ids


def nearest(train, test, metric):
    """Ids and distances of the nearest rows of `train` to each row of `test`; ties by id."""
    if metric == "angular":
        train, test = unit_rows(train), unit_rows(test)
    candidates = numpy.sort(coarse_candidates(train, test, metric), axis=1)
    count = min(NEIGHBORS, candidates.shape[1])
    ids = numpy.empty((len(test), count), numpy.int32)
    distances = numpy.empty((len(test), count), numpy.float32)
    for row, query in enumerate(test.astype(numpy.float64)):
        items = train[candidates[row]].astype(numpy.float64)
        if metric == "dot":
            values = items @ query
            order = numpy.argsort(-values, kind="stable")[:count]
        else:
            values = numpy.linalg.norm(items - query, axis=1)
            order = numpy.argsort(values, kind="stable")[:count]
        ids[row] = candidates[row][order]
        distances[row] = values[order]
    return ids, distances


def write(path, train, test, metric):
    """Writes a data set to `path`, which appears when it is complete."""
    train = numpy.ascontiguousarray(train, numpy.float32)
    test = numpy.ascontiguousarray(test, numpy.float32)
    print(f"{path.name}: finding the true neighbours", flush=True)
    ids, distances = nearest(train, test, metric)
    part = path.with_suffix(".part")
    with h5py.File(part, "w") as file:
        file.attrs["distance"] = metric
        file.attrs["dimension"] = train.shape[1]
        file["train"], file["test"] = train, test
        file["neighbors"], file["distances"] = ids, distances
    part.rename(path)
    print(f"{path}: {len(train)} vectors, {len(test)} queries", flush=True)


def split(vectors, queries, seed):
    """Equal vectors once, shuffled: (what to index, `queries` others to ask for)."""
    vectors = numpy.unique(vectors, axis=0)
    numpy.random.default_rng(seed).shuffle(vectors)
    return vectors[queries:], vectors[:queries]
