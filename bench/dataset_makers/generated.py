"""Vectors like SIFT's, in any number: for what happens as an index grows."""

import numpy

from . import benchmark_file

DIMENSION = 128
QUERIES = 2000
SEED = 20240517
BLOCK = 50_000
LENGTH = 512  # of every vector, as OpenCV scales them

# Chosen so that 100,000 are like as many of sift-128-euclidean: in intrinsic dimension, in
# how near the first and the hundredth neighbour are against the average, and in the share
# of zeros.
LATENT = 64
HIDDEN = 256
BEND = 1.5
OFFSET = 0.45
CLIP = 0.2  # of the length: no component is larger


class Generator:
    """Points of a curved surface whose directions matter less and less, as 1, 1/2, 1/3 ...;
    then the last steps of SIFT: components not below zero, clipped, of one length, whole."""

    def __init__(self):
        random = numpy.random.default_rng(SEED)
        weights = 1 / numpy.arange(1, LATENT + 1, dtype=numpy.float32)
        weights *= BEND / numpy.linalg.norm(weights)
        self.first = random.standard_normal((LATENT, HIDDEN), numpy.float32) * weights[:, None]
        self.second = random.standard_normal((HIDDEN, DIMENSION), numpy.float32) / HIDDEN**0.5
        self.phase = random.uniform(0, 2 * numpy.pi, HIDDEN).astype(numpy.float32)

    def block(self, number, count):
        """The first `count` rows of a block: each has a random stream of its own."""
        random = numpy.random.default_rng((SEED, number))
        latent = random.standard_normal((count, LATENT), numpy.float32)
        hidden = numpy.sin(latent @ self.first + self.phase)
        rows = numpy.maximum(hidden @ self.second + OFFSET, 0)
        rows = numpy.minimum(benchmark_file.unit_rows(rows), CLIP)
        return numpy.rint(LENGTH * benchmark_file.unit_rows(rows)).clip(0, 255)


def make_generated(path, count):
    """A smaller set is the beginning of a larger one; the queries are the same."""
    generator = Generator()
    train = numpy.empty((count, DIMENSION), numpy.float32)
    for start in range(0, count, BLOCK):
        rows = min(BLOCK, count - start)
        train[start:start + rows] = generator.block(1 + start // BLOCK, rows)
    benchmark_file.write(path, train, generator.block(0, QUERIES), "euclidean")


def make_clusters(path, count=200_000, dimension=96):
    """Tight clusters of all sizes far apart: the nearest items lie in one of them, and
    nothing between them leads from one to another."""
    random = numpy.random.default_rng(SEED)
    centres = 100 * random.standard_normal((1000, dimension), numpy.float32)
    chosen = (len(centres) * random.random(count + QUERIES) ** 2).astype(int)
    rows = centres[chosen] + random.standard_normal((len(chosen), dimension), numpy.float32)
    benchmark_file.write(path, rows[QUERIES:], rows[:QUERIES], "euclidean")


def make_duplicates(path, count=200_000, dimension=128):
    """Everything some twenty times, but for a thousandth: what copies of texts and
    pictures become."""
    random = numpy.random.default_rng(SEED)
    originals = random.standard_normal((count // 20, dimension), numpy.float32)
    rows = originals[random.integers(0, len(originals), count + QUERIES)]
    rows = rows + 1e-3 * random.standard_normal(rows.shape, numpy.float32)
    benchmark_file.write(path, rows[QUERIES:], rows[:QUERIES], "angular")


def make_attention(path, count=200_000, dimension=64):
    """Keys and queries as attention has them: products decide, queries are projected
    otherwise than keys, and a few components of keys are large in all of them."""
    random = numpy.random.default_rng(SEED)
    to_key, to_query = random.standard_normal((2, LATENT, dimension), numpy.float32)
    to_query = to_key + 0.5 * to_query
    shared = numpy.zeros(dimension, numpy.float32)
    shared[:3] = 60
    fall = 1 / numpy.sqrt(numpy.arange(1, LATENT + 1, dtype=numpy.float32))
    keys = random.standard_t(5, (count, LATENT)).astype(numpy.float32) * fall @ to_key
    queries = random.standard_t(5, (QUERIES, LATENT)).astype(numpy.float32) * fall @ to_query
    benchmark_file.write(path, keys + shared, queries, "dot")
