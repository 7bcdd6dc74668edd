"""Recall curves, from the lines that recall_qps --json writes."""

import json
import math

SETTINGS = ("beam", "search_k", "ef", "efSearch", "nprobe", "k_factor")


def read_lines(path):
    """The objects of a file, one a line."""
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def label(line):
    """What made the index: faiss has variants, the others are known by their names."""
    index = line["params"].get("index")
    if index is None:
        return line["engine"]
    # "HNSW32" and "IVF4000,PQ64x4fs,RFlat", whatever the numbers.
    kind = "HNSW" if index.startswith("HNSW") else "IVF-PQ"
    return f"{line['engine']} {kind}"


def by_label(lines):
    """{label: lines}, in order of first appearance."""
    groups = {}
    for line in lines:
        groups.setdefault(label(line), []).append(line)
    return groups


def frontier(lines):
    """[(recall, QPS)] that no other point beats in both, by rising recall."""
    best = []
    for line in sorted(lines, key=lambda line: (-line["recall"], -line["qps"])):
        if not best or line["qps"] > best[-1][1]:
            best.append((line["recall"], line["qps"]))
    return best[::-1]


def qps_at(lines, recall):
    """The most QPS with this recall or a better one, log QPS linear in recall between two
    points; None if it is not reached. As recall_qps itself has it."""
    below = None
    for point_recall, qps in frontier(lines):
        if point_recall >= recall:
            if below is None:
                return qps
            share = (recall - below[0]) / (point_recall - below[0])
            return math.exp((1 - share) * math.log(below[1]) + share * math.log(qps))
        below = (point_recall, qps)
    return None
