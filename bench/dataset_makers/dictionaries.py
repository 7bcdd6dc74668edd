"""Words and definitions of two dictionaries: WordNet and the Collaborative International
Dictionary of English."""

import collections
import gzip
import pathlib
import re
import subprocess
import tempfile

import numpy

from . import benchmark_file

WORDNET = pathlib.Path("/usr/share/wordnet")
GCIDE = pathlib.Path("/usr/share/dictd/gcide.dict.dz")
SEED = 20240517
QUERIES = 5000
SHORTEST_DEFINITION = 6  # words
WORD = re.compile(r"[a-z]+")

WORD_DIMENSION = 100
GLOSS_DIMENSION = 256
RAREST = 2  # definitions that a word must occur in to count
MOST_FREQUENT = 0.2  # share of the definitions that it may occur in


def wordnet_definitions():
    """The part behind the bar of every synset's line."""
    for part in ("noun", "verb", "adj", "adv"):
        text = (WORDNET / f"data.{part}").read_text(encoding="latin-1")
        for line in text.splitlines():
            _, bar, definition = line.partition(" | ")
            if bar:
                yield definition


def gcide_paragraphs():
    """Blocks of lines between empty ones."""
    with gzip.open(GCIDE, "rt", encoding="utf-8", errors="replace") as file:
        text = re.sub(r"[ \t]+\n", "\n", file.read())
    yield from re.split(r"\n{2,}", text)


def definitions():
    """Lists of lower-case words, each text once."""
    seen = set()
    for source in (wordnet_definitions(), gcide_paragraphs()):
        for definition in source:
            words = WORD.findall(definition.lower())
            text = " ".join(words)
            if len(words) >= SHORTEST_DEFINITION and text not in seen:
                seen.add(text)
                yield words


def learn_word_vectors(threads, directory):
    """Runs fastText (skip-gram) over the definitions; its vectors, one row a word."""
    corpus, model = pathlib.Path(directory, "corpus.txt"), pathlib.Path(directory, "words")
    with open(corpus, "w", encoding="ascii") as out:
        out.writelines(" ".join(words) + "\n" for words in definitions())
    command = ["fasttext", "skipgram", "-input", corpus, "-output", model,
               "-dim", WORD_DIMENSION, "-minCount", 1, "-epoch", 5, "-maxn", 0,
               "-thread", threads, "-verbose", 1]
    subprocess.run([str(word) for word in command], check=True)
    with open(f"{model}.vec", encoding="utf-8") as file:
        count, dimension = (int(number) for number in next(file).split())
        vectors = numpy.empty((count, dimension), numpy.float32)
        for row, line in enumerate(file):
            vectors[row] = line.split()[-dimension:]
    return vectors


def make_words(paths, threads):
    """Word vectors under each metric of `paths` ({metric: path}), learnt once for all."""
    with tempfile.TemporaryDirectory(dir=next(iter(paths.values())).parent) as directory:
        vectors = learn_word_vectors(threads, directory)
    train, test = benchmark_file.split(vectors, QUERIES, SEED)
    for metric, path in paths.items():
        benchmark_file.write(path, train, test, metric)


def weigh_words():
    """A sparse matrix, one row a definition: (1 + log count) * log(inverse frequency)."""
    # Only these sets need SciPy.
    from scipy import sparse  # pylint: disable=import-outside-toplevel

    counts = [collections.Counter(words) for words in definitions()]
    spread = collections.Counter(word for words in counts for word in words)
    columns = {}
    weights = []
    for word in sorted(spread):
        if RAREST <= spread[word] <= MOST_FREQUENT * len(counts):
            columns[word] = len(columns)
            weights.append(numpy.log(len(counts) / spread[word]))
    starts, indices, values = [0], [], []
    for words in counts:
        for word, count in words.items():
            column = columns.get(word)
            if column is not None:
                indices.append(column)
                values.append((1 + numpy.log(count)) * weights[column])
        starts.append(len(indices))
    return sparse.csr_matrix((numpy.array(values, numpy.float32), indices, starts),
                             shape=(len(counts), len(columns)))


def make_glosses(path):
    """Definitions as weighted bags of words, projected to few dimensions at random: as
    the public nytimes-256 was made of news. Hard: neighbours are hardly nearer than
    anything else."""
    weighted = weigh_words()
    random = numpy.random.default_rng(SEED)
    vectors = weighted @ random.standard_normal((weighted.shape[1], GLOSS_DIMENSION),
                                                dtype=numpy.float32)
    vectors = vectors[numpy.any(vectors != 0, axis=1)]
    train, test = benchmark_file.split(vectors, QUERIES, SEED)
    benchmark_file.write(path, train, test, "angular")
