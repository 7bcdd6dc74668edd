"""Build, save, load and ask, as with Annoy:

    ./quickstart --keep
    tools/python_client examples/first_query.py localhost:7077
"""

import os
import random
import sys
import tempfile

from annod import Annoy, AnnoyIndex

server = sys.argv[1] if len(sys.argv) > 1 else None  # else ANNOD_SERVER
random.seed(0)
f = 40

# Annoy's class.
t = AnnoyIndex(f, "angular", server=server)
for i in range(1000):
    t.add_item(i, [random.gauss(0, 1) for _ in range(f)])
t.build(10)  # trees

with tempfile.TemporaryDirectory() as directory:
    path = os.path.join(directory, "test.ann")
    t.save(path)
    u = AnnoyIndex(f, "angular", server=server)
    u.load(path)
print("neighbours of item 0:", u.get_nns_by_item(0, 5))

# The estimator: rows and labels in, neighbours and labels out.
X = [[0, 0], [0, 1], [1, 0], [5, 5], [5, 6]]
y = ["near", "near", "near", "far", "far"]
index = Annoy(metric="euclidean", n_neighbors=2, server=server).fit(X, y)
ids, distances, labels = index.transform(
    [[0.1, 0.2], [5, 5.4]],
    output_type="item",
    include_distances=True,
    return_labels=True,
)
for row in zip(ids, distances, labels):
    print(*row)
