"""d.5: construction, parameters and state of the estimator, row by row."""

import contextlib
import io
import os
import unittest

from annod import Annoy, AnnoyIndex, Index
from annod import estimator
from annod_server import ServerTest
from behaviour import Fits, Raises, Row, Warns, added, after, built, points, run_table

PARAMETER_NAMES = ["f", "metric", "n_neighbors", "seed", "verbose", "prefault", "schema_version", "on_disk_path"]
DEFAULTS = {"f": 0, "metric": None, "n_neighbors": 5, "seed": None, "verbose": None, "prefault": False, "schema_version": 0, "on_disk_path": None}
ALIASES = {
    "angular": ["angular", "cosine", "  CoSine\t"],
    "euclidean": ["euclidean", "l2", "lstsq", "L2 "],
    "manhattan": ["manhattan", "l1", "cityblock", "taxicab"],
    "dot": ["dot", "@", ".", "dotproduct", "inner", "innerproduct", " DOT "],
    "hamming": ["hamming", "Hamming"],
}


def set_attribute(name, value):
    """A call that assigns."""
    return lambda index: setattr(index, name, value)


class ConstructionTest(ServerTest):
    def test_constructor(self):
        run_table(
            self,
            [
                Row("defaults", lambda: Annoy().get_params(), DEFAULTS),
                Row("order of keys", lambda: list(Annoy().get_params()), PARAMETER_NAMES),
                Row("deep changes nothing", lambda: Annoy().get_params(True), DEFAULTS),
                Row("two positional", lambda: Annoy(3, "l2").metric, "euclidean"),
                Row("three positional", lambda: Annoy(3, "l2", 5), Raises(TypeError)),
                Row("unknown keyword", lambda: Annoy(3, "l2", k=5), Raises(TypeError)),
                Row("f None", lambda: Annoy(None).f, 0),
                Row("f 0", lambda: Annoy(0).f, 0),
                Row("f negative", lambda: Annoy(-1), Raises(ValueError)),
                Row("f text", lambda: Annoy("3"), Raises(TypeError)),
                Row("f a fraction", lambda: Annoy(3.5), Raises(TypeError)),
                Row("metric unknown", lambda: Annoy(3, "l3"), Raises(ValueError)),
                Row("metric empty", lambda: Annoy(3, ""), Raises(ValueError)),
                Row("metric no text", lambda: Annoy(3, 2), Raises(TypeError)),
                Row("f without metric", lambda: Annoy(3).metric, Warns(FutureWarning, "angular")),
                Row("neither", lambda: Annoy().metric, None),
                Row("metric without f", lambda: Annoy(metric="l1").metric, "manhattan"),
                Row("n_neighbors 0", lambda: Annoy(n_neighbors=0), Raises(ValueError)),
                Row("n_neighbors -1", lambda: Annoy(n_neighbors=-1), Raises(ValueError)),
                Row("n_neighbors text", lambda: Annoy(n_neighbors="5"), Raises(TypeError)),
                Row("n_neighbors None", lambda: Annoy(n_neighbors=None), Raises(TypeError)),
                Row("seed None", lambda: Annoy(seed=None).seed, None),
                Row("seed None builds with Annoy's default", lambda: _forest(built()) == _forest(built(seed=1234567890987654321)), True),
                Row("another seed, other trees", lambda: _forest(built()) == _forest(built(seed=7)), False),
                Row("seed 7", lambda: Annoy(seed=7).random_state, 7),
                Row("random_state 7", lambda: Annoy(random_state=7).seed, 7),
                Row("seed and random_state", lambda: Annoy(seed=1, random_state=1), Raises(TypeError)),
                Row("largest seed", lambda: Annoy(seed=2**64 - 1).seed, 2**64 - 1),
                Row("seed too large", lambda: Annoy(seed=2**64), Raises(ValueError)),
                Row("seed negative", lambda: Annoy(seed=-1), Raises(ValueError)),
                Row("seed text", lambda: Annoy(seed="1"), Raises(TypeError)),
                Row("seed 0", lambda: Annoy(seed=0).seed, Warns(UserWarning, None)),
                Row("verbose above", lambda: Annoy(verbose=9).verbose, 2),
                Row("verbose below", lambda: Annoy(verbose=-9).verbose, -2),
                Row("verbose within", lambda: Annoy(verbose=1).verbose, 1),
                Row("verbose 1 prints", lambda: "100 %" in _printed(verbose=1), True),
                Row("verbose 0 does not", lambda: _printed(verbose=0), ""),
                Row("verbose text", lambda: Annoy(verbose="1"), Raises(TypeError)),
                Row("schema_version None", lambda: Annoy(schema_version=None).schema_version, 0),
                Row("schema_version 7", lambda: Annoy(schema_version=7).schema_version, 7),
                Row("schema_version -1", lambda: Annoy(schema_version=-1), Raises(ValueError)),
                Row("schema_version text", lambda: Annoy(schema_version="1"), Raises(TypeError)),
                Row("prefault truthy", lambda: Annoy(prefault=1).prefault, True),
                Row("prefault None", lambda: Annoy(prefault=None).prefault, False),
                Row("names of the class", lambda: (estimator.AnnoyIndex, Index), (Annoy, Annoy)),
                Row("not Annoy's own class", lambda: AnnoyIndex is Annoy, False),
            ],
        )

    def test_metric_names(self):
        run_table(
            self, [Row(f"{alias!r}", lambda alias=alias: Annoy(2, alias).metric, name) for name, aliases in ALIASES.items() for alias in aliases]
        )

    def test_dimension_and_metric_inferred(self):
        run_table(
            self,
            [
                Row("first item fixes f", lambda: Annoy(metric="l2").add_item(0, [1, 2, 3]).f, 3),
                Row("metric unset is angular at the first item, silently", lambda: Annoy().add_item(0, [1, 2]).metric, "angular"),
                Row("metric unset is angular at the first fit, silently", lambda: Annoy().fit(points(9)).metric, "angular"),
                Row("first row of fit fixes f", lambda: Annoy().fit(points(9, 4)).f, 4),
                Row("empty vector", lambda: Annoy().add_item(0, []), Raises(ValueError)),
                Row("other length afterwards", lambda: Annoy().add_item(0, [1, 2]).add_item(1, [1]), Raises(ValueError, "1 components")),
                Row("a dict cannot fix f", lambda: Annoy().fit([{0: 1.0}]), Raises(ValueError)),
                Row(
                    "a refused first item fixes nothing",
                    lambda: after(Annoy(), lambda a: self.assertRaises(ValueError, a.add_item, 0, [float("nan")])).f,
                    0,
                ),
            ],
        )


class AssignmentTest(ServerTest):
    def test_structural_assignments(self):
        def dropped(index):
            return (len(index), index.y, index.on_disk_path)

        labelled = lambda: Annoy(metric="l2").fit(points(9), y=list(range(9)))
        run_table(
            self,
            [
                Row("another f", lambda: dropped(after(labelled(), set_attribute("f", 4))), Warns(UserWarning, (0, None, None))),
                Row("f None", lambda: after(labelled(), set_attribute("f", None)).f, Warns(UserWarning, 0)),
                Row("another metric", lambda: dropped(after(labelled(), set_attribute("metric", "l1"))), Warns(UserWarning, (0, None, None))),
                Row("metric None", lambda: after(labelled(), set_attribute("metric", None)).metric, Warns(UserWarning, None)),
                Row("metric by set_params", lambda: len(labelled().set_params(metric="l1")), Warns(UserWarning, 0)),
                Row("same f", lambda: len(after(labelled(), set_attribute("f", 3))), 9),
                Row("same metric by an alias", lambda: len(after(labelled(), set_attribute("metric", "L2"))), 9),
                Row("on an index that is not live", lambda: after(Annoy(), set_attribute("metric", "l1"), set_attribute("f", 3)).get_n_items(), 0),
                Row("refit afterwards", lambda: after(labelled(), set_attribute("metric", "l1")).fit(points(9)).get_n_items(), Warns(UserWarning, 9)),
                Row("n_features is f", lambda: after(Annoy(), set_attribute("n_features", 6)).f, 6),
            ],
        )

    def test_other_assignments(self):
        run_table(
            self,
            [
                Row("seed", lambda: after(Annoy(), set_attribute("seed", 5)).random_state, 5),
                Row("seed 0", lambda: after(Annoy(seed=5), set_attribute("random_state", 0)).seed, Warns(UserWarning, None)),
                Row("seed None", lambda: after(Annoy(seed=5), set_attribute("seed", None)).seed, None),
                Row("set_seed", lambda: Annoy().set_seed(8).seed, 8),
                Row("set_seed without one", lambda: Annoy(seed=3).set_seed().seed, None),
                Row("set_seed 0", lambda: Annoy(seed=3).set_seed(0).seed, Warns(UserWarning, None)),
                Row("set_verbose", lambda: Annoy().set_verbose().verbose, 1),
                Row("set_verbosity", lambda: Annoy().set_verbosity(-7).verbose, -2),
                Row("n_neighbors 0", lambda: after(Annoy(), set_attribute("n_neighbors", 0)), Raises(ValueError)),
                Row("unload keeps the seed that is shown", lambda: built(seed=42).unload().seed, 42),
                Row("and builds with it", lambda: _forest(after(built(seed=42).unload(), _fill)) == _forest(built(seed=42)), True),
            ],
        )

    def test_set_params(self):
        index = Annoy()
        run_table(
            self,
            [
                Row("returns self", lambda: index.set_params(seed=1) is index, True),
                Row("unknown name", lambda: index.set_params(k=1), Raises(ValueError, "'k'")),
                Row("nothing is set if a name is unknown", lambda: (self.assertRaises(ValueError, index.set_params, seed=9, k=1), index.seed)[1], 1),
                Row("seed and random_state", lambda: index.set_params(seed=1, random_state=1), Raises(ValueError)),
                Row("random_state", lambda: index.set_params(random_state=4).seed, 4),
                Row(
                    "applied in order",
                    lambda: (self.assertRaises(ValueError, index.set_params, verbose=2, n_neighbors=0, seed=3), (index.verbose, index.seed))[1],
                    (2, 4),
                ),
                Row(
                    "what get_params gave",
                    lambda: Annoy().set_params(**index.get_params()).get_params(),
                    Fits(lambda params: params == index.get_params()),
                ),
                Row("no names no change", lambda: index.set_params() is index, True),
            ],
        )


def _printed(**params):
    text = io.StringIO()
    with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
        built(**params)
    return text.getvalue()


def _fill(index):
    for item, row in enumerate(points(20)):
        index.add_item(item, row)
    index.build(5)


def _forest(index):
    return index.serialize("native")


class StateTest(ServerTest):
    def test_on_disk_path(self):
        path = self.new_path("forest.ann")
        other = self.new_path("other.ann")
        run_table(
            self,
            [
                Row("NUL byte", lambda: Annoy(on_disk_path="a\0b"), Raises(ValueError)),
                Row("number", lambda: Annoy(on_disk_path=3), Raises(TypeError)),
                Row("bytes", lambda: Annoy(on_disk_path=b"x"), Raises(TypeError)),
                Row("object", lambda: Annoy(on_disk_path=object()), Raises(TypeError)),
                Row("empty text is none", lambda: Annoy(on_disk_path="").on_disk_path, None),
                Row("kept until live", lambda: Annoy(on_disk_path=path).on_disk_path, path),
                Row("no such directory, once live", lambda: Annoy(2, "l2", on_disk_path="/nowhere/x.ann"), Raises(OSError)),
                Row("written by the build", lambda: (built(on_disk_path=path), os.path.getsize(path) > 0)[1], True),
                Row(
                    "changing it while active",
                    lambda: after(added(on_disk_path=path), set_attribute("on_disk_path", other)),
                    Raises(AttributeError, "unload"),
                ),
                Row(
                    "clearing it while active",
                    lambda: after(added(on_disk_path=path), set_attribute("on_disk_path", None)),
                    Raises(AttributeError, "unload"),
                ),
                Row("the same again", lambda: after(added(on_disk_path=path), set_attribute("on_disk_path", path)).on_disk_path, path),
                Row(
                    "changing it after unload",
                    lambda: after(added(on_disk_path=path).unload(), set_attribute("on_disk_path", other)).on_disk_path,
                    other,
                ),
            ],
        )

    def test_info(self):
        built_index = built(seed=7)
        base = ["f", "metric", "n_neighbors", "on_disk_path", "prefault", "seed", "verbose"]
        base.append("schema_version")
        memory = ["memory_usage_byte", "memory_usage_mib"]
        run_table(
            self,
            [
                Row("keys, built", lambda: list(built_index.info()), base + ["n_items", "n_trees"] + memory),
                Row("keys, not built", lambda: list(added().info()), base + ["n_items", "n_trees"]),
                Row("memory never when not built", lambda: list(added().info(include_memory=True)), base + ["n_items", "n_trees"]),
                Row("without memory", lambda: list(built_index.info(include_memory=False)), base + ["n_items", "n_trees"]),
                Row("flags", lambda: list(built_index.info(include_n_items=False, include_n_trees=False, include_memory=True)), base + memory),
                Row("unset values are None", lambda: [Annoy().info()[k] for k in ("metric", "on_disk_path", "seed", "verbose")], [None] * 4),
                Row("values", lambda: [built_index.info()[k] for k in ("f", "seed", "n_items", "n_trees")], [3, 7, 20, 5]),
                Row("text", lambda: built_index.repr_info() == str(built_index.info()), True),
                Row("memory is the native blob's length", lambda: built_index.memory_usage() - len(built_index.serialize("native")), 0),
                Row(
                    "memory of hamming too",
                    lambda: after(built(f=70, metric="hamming")).memory_usage() - len(built(f=70, metric="hamming").serialize("native")),
                    0,
                ),
                Row("memory when not built", lambda: added().memory_usage(), None),
                Row("len", lambda: len(built_index), 20),
                Row("len of nothing", lambda: len(Annoy()), 0),
                Row("holes count", lambda: len(Annoy(2, "l2").add_item(6, [1, 2])), 7),
            ],
        )

    def test_fitted_attributes(self):
        fitted = Annoy(metric="l2", n_neighbors=4).fit(points(9), feature_names=["a", "b", "c"])
        run_table(
            self,
            [
                Row("n_features_in_ before", lambda: added().n_features_in_, Raises(AttributeError)),
                Row("n_features_out_ before", lambda: added().n_features_out_, Raises(AttributeError)),
                Row("n_features_in_", lambda: (fitted.n_features_in_, fitted.n_features_), (3, 3)),
                Row("n_features_out_", lambda: fitted.n_features_out_, 4),
                Row("feature_names_in_", lambda: list(fitted.feature_names_in_), ["a", "b", "c"]),
                Row("feature_names_in_ not given", lambda: Annoy().fit(points(9)).feature_names_in_, Raises(AttributeError)),
                Row("not set by assignment", lambda: after(Annoy(), set_attribute("n_features_in_", 3)), Raises(AttributeError)),
            ],
        )


if __name__ == "__main__":
    unittest.main()
