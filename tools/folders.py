"""The folders of the source tree: what they hold, and what their BUILD.bazel files say.

BUILD files are read as the Python that they look like, never run.
"""

import ast
import pathlib
import re

TREES = ("bench", "client", "core", "server", "tests")
SOURCES = {".cc", ".h", ".py"}
# What is made beside the sources, of the Python package above all.
_MADE = re.compile(r"\..*|__pycache__|build|dist|.*\.egg-info|.*_pb2(_grpc)?\.py")
_LABEL = re.compile(r"//([^:]*)(:.*)?")


def sources(root):
    """folder -> its sources (paths from `root`), by name; without folders that have none."""
    found = {}
    waiting = [root / tree for tree in TREES if (root / tree).is_dir()]
    while waiting:
        for entry in waiting.pop().iterdir():
            if _MADE.fullmatch(entry.name):
                continue
            if entry.is_dir():
                waiting.append(entry)
            elif entry.suffix in SOURCES:
                path = entry.relative_to(root)
                found.setdefault(str(path.parent), []).append(path)
    return {folder: sorted(paths) for folder, paths in sorted(found.items())}


def _strings(node):
    return [n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)]


def dependencies(root, folder, libraries_only=False):
    """The folders that the targets of `folder` name as deps, all of them together.

    None if it has no BUILD.bazel. With `libraries_only` those of tests and of programs
    without sources of their own (mere names of a target elsewhere) do not count.
    """
    path = root / folder / "BUILD.bazel"
    if not path.is_file():
        return None
    found = set()
    for call in ast.walk(ast.parse(path.read_text(), str(path))):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            continue
        arguments = {k.arg: k.value for k in call.keywords}
        if libraries_only and not (
            call.func.id == "folder_library" or call.func.id in ("cc_binary", "precompiled_binary") and "srcs" in arguments
        ):
            continue
        for label in _strings(arguments.get("deps", ast.List([]))):
            other = _LABEL.fullmatch(label)
            if other:
                found.add(other[1])
    return found - {folder}


def without_detours(graph):
    """The fewest edges that lead from each folder to all that it leads to now.

    graph: folder -> set of folders, without circles.
    """
    reached = {}

    def reach(node):
        if node not in reached:
            reached[node] = set(graph[node]).union(*(reach(n) for n in graph[node]))
        return reached[node]

    return {
        node: {n for n in following if not any(n in reach(m) for m in following - {n})}
        for node, following in graph.items()
    }
