"""Vectors like SIFT's, in any number: for what happens as an index grows."""

import numpy

from . import benchmark_file

DIMENSION = 128
QUERIES = 2000
SEED = 20240517
BLOCK = 50_000
LATENT = 16  # about the intrinsic dimension of real ones
HIDDEN = 192
CLUSTERS = 1000
LENGTH = 512  # of every vector, as OpenCV scales them
SPREAD = 0.55  # of a cluster, against the distance between clusters
SHARPNESS = 1.7
CLIP = 0.2  # of the length: no component is larger


class Generator:
    """Points of a curved surface of few dimensions, in clusters, pushed through the last
    steps of SIFT: components not below zero, length one, clipped, scaled, rounded."""

    def __init__(self):
        random = numpy.random.default_rng(SEED)
        self.centres = random.standard_normal((CLUSTERS, LATENT), numpy.float32)
        self.first = random.standard_normal((LATENT, HIDDEN), numpy.float32) / LATENT**0.5
        self.second = random.standard_normal((HIDDEN, DIMENSION), numpy.float32) / HIDDEN**0.5
        self.phase = random.uniform(0, 2 * numpy.pi, HIDDEN).astype(numpy.float32)

    def block(self, number, count):
        """The first `count` rows of a block: each number has its own stream."""
        random = numpy.random.default_rng((SEED, number))
        latent = self.centres[random.integers(CLUSTERS, size=BLOCK)]
        latent += SPREAD * random.standard_normal((BLOCK, LATENT), numpy.float32)
        hidden = numpy.sin(SHARPNESS * (latent[:count] @ self.first) + self.phase)
        rows = numpy.maximum(hidden @ self.second, 0)
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
