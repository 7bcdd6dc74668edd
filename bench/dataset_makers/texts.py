"""Paragraphs of a dictionary as vectors, the way embeddings of texts look: a few components
hold most of a vector, and their share falls off slowly behind them.

Weighted bags of words, projected to the directions in which they vary most.
"""

import collections

import numpy

from . import benchmark_file, dictionaries

SEED = 20240517
QUERIES = 1000
RAREST = 3  # paragraphs that a word must occur in to count
SHORTEST, LONGEST = 60, 1500  # letters of a paragraph
LETTERS = 3  # of a word, at least
ROUNDS = 3  # of subspace iteration
SPARE = 32  # directions more than are kept, so that the last ones are right as well
UNEVENNESS = 0.4  # standard deviation of the logarithm of lengths, for inner products


def paragraphs():
    """Lists of words, each text once."""
    seen = set()
    for paragraph in dictionaries.gcide_paragraphs():
        text = " ".join(paragraph.lower().split())
        if SHORTEST < len(text) < LONGEST and text not in seen:
            seen.add(text)
            yield words_of(text)


def words_of(text):
    return [word for word in dictionaries.WORD.findall(text.lower()) if len(word) >= LETTERS]


class Embedding:
    """Learnt from texts (lists of words); `vectors` are theirs."""

    def __init__(self, texts, dimension):
        spread = collections.Counter(word for words in texts for word in set(words))
        kept = sorted(word for word, count in spread.items() if count >= RAREST)
        self.columns = {word: column for column, word in enumerate(kept)}
        self.weights = [numpy.log(len(texts) / spread[word]) for word in kept]
        bags = self.bags(texts)
        self.directions = main_directions(bags, dimension)
        self.vectors = bags @ self.directions

    def bags(self, texts):
        """A sparse matrix, one row of length one a text: (1 + log count) * weight."""
        # Only these sets need SciPy.
        from scipy import sparse  # pylint: disable=import-outside-toplevel

        starts, indices, values = [0], [], []
        for words in texts:
            row = [(self.columns[word], count) for word, count in collections.Counter(words).items()
                   if word in self.columns]
            bag = numpy.array([(1 + numpy.log(count)) * self.weights[column]
                               for column, count in row])
            indices.extend(column for column, _ in row)
            values.extend(bag / max(numpy.linalg.norm(bag), 1e-9))
            starts.append(len(indices))
        return sparse.csr_matrix((numpy.array(values, numpy.float32), indices, starts),
                                 shape=(len(texts), len(self.columns)))

    def of(self, texts):
        return self.bags(texts) @ self.directions


def main_directions(rows, count):
    """Along which the rows of a sparse matrix are longest, the longest first; by subspace
    iteration."""
    random = numpy.random.default_rng(SEED)
    basis = random.standard_normal((rows.shape[1], count + SPARE), numpy.float32)
    for _ in range(ROUNDS):
        basis, _ = numpy.linalg.qr(rows.T @ (rows @ basis))
    along = rows @ basis
    _, turn = numpy.linalg.eigh(along.T @ along)
    return basis @ turn[:, ::-1][:, :count]


def known(vectors):
    """Without those of texts that share no word with the others."""
    return vectors[numpy.linalg.norm(vectors, axis=1) > 1e-3]


def make_texts(path, dimension):
    vectors = known(Embedding(list(paragraphs()), dimension).vectors)
    train, test = benchmark_file.split(vectors, QUERIES, SEED)
    benchmark_file.write(path, train, test, "angular")


def make_uneven_texts(path, dimension):
    """Of lengths that differ as a log-normal distribution's do, for inner products."""
    vectors = known(Embedding(list(paragraphs()), dimension).vectors)
    train, test = benchmark_file.split(vectors, QUERIES, SEED)
    lengths = numpy.random.default_rng(SEED).lognormal(0, UNEVENNESS, (len(train), 1))
    benchmark_file.write(path, train * lengths.astype(numpy.float32), test, "dot")


def make_crossed_texts(path, dimension):
    """Asked with the definitions of another dictionary, which are shorter and by others:
    queries are not spread as items are."""
    embedding = Embedding(list(paragraphs()), dimension)
    asked = [words_of(text) for text in sorted(set(dictionaries.wordnet_definitions()))]
    queries = known(embedding.of(asked))
    numpy.random.default_rng(SEED).shuffle(queries)
    train, _ = benchmark_file.split(known(embedding.vectors), 0, SEED)
    benchmark_file.write(path, train, queries[:QUERIES], "angular")
