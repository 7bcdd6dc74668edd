"""deploy/grafana/draw_panels: amounts, axes, legends, which panels."""

import importlib.machinery
import importlib.util
import json
import re
import sys
import unittest

sys.path.insert(0, "deploy/grafana")
import panel_svg  # noqa: E402


def load_script(path):
    loader = importlib.machinery.SourceFileLoader("draw_panels", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("draw_panels", loader))
    loader.exec_module(module)
    return module


draw_panels = load_script("deploy/grafana/draw_panels")


def fields(unit, scale="linear", stacking="none"):
    return {"unit": unit, "custom": {"scaleDistribution": {"type": scale}, "stacking": {"mode": stacking}}}


def heights(svg):
    """The y of the last point of each line."""
    return [float(path.split(" ")[-1]) for path in re.findall(r'd="M([^"]*L[^"]*)"', svg)]


class AmountTest(unittest.TestCase):
    def test_takes_the_unit_that_fits(self):
        for value, unit, text in (
            (0.000413, "s", "413 µs"), (0.5, "s", "500 ms"), (90, "s", "1.5 min"), (172800, "s", "2 days"), (0.996, "percentunit", "99.6%"),
            (0, "percentunit", "0%"), (2**20, "bytes", "1 MiB"), (9446, "reqps", "9.45 K req/s"), (2, "none", "2"), (0, "reqps", "0"),
        ):
            self.assertEqual(panel_svg.amount(value, unit), text)


class ChartTest(unittest.TestCase):
    def test_higher_is_further_up(self):
        lines = [("low", [(0, 1), (10, 1)]), ("high", [(0, 3), (10, 3)])]
        for scale in ("linear", "log"):
            low, high = heights(panel_svg.chart(lines, fields("none", scale), 400, 200, 0, 10))
            self.assertGreater(low, high)

    def test_stacks(self):
        lines = [("a", [(0, 2), (10, 2)]), ("b", [(0, 0), (10, 0)])]
        a, b = heights(panel_svg.chart(lines, fields("none", stacking="normal"), 400, 200, 0, 10))
        self.assertEqual(a, b)

    def test_says_that_there_is_nothing(self):
        self.assertIn("No data", panel_svg.chart([], fields("none"), 400, 200, 0, 10))
        self.assertIn("No data", panel_svg.chart([("zero", [(0, 0)])], fields("none", "log"), 400, 200, 0, 10))

    def test_draws_what_does_not_change(self):
        self.assertEqual(len(heights(panel_svg.chart([("one", [(0, 0), (10, 0)])], fields("none"), 400, 200, 0, 10))), 1)


class PageTest(unittest.TestCase):
    class Source:
        """Three series, one of which is unnamed, for whatever is asked."""

        start, end = 0, 10

        def ask(self, expression, over_time):
            found = [{"metric": {"index": "<words>"}}, {"metric": {"index": "b"}}, {"metric": {}}]
            return [{**one, "values": [[0, "1"], [5, "NaN"], [10, "2"]]} if over_time else {**one, "value": [0, "1"]} for one in found]

    def test_draws_every_kind_of_panel_of_the_dashboard(self):
        panels = json.loads(draw_panels.DASHBOARD.read_text())["panels"]
        text = draw_panels.page(panels, self.Source())
        for panel in panels:
            self.assertIn(panel["title"], text)
        self.assertIn("&lt;words&gt;", text)
        self.assertNotIn("<words>", text)

    def test_takes_the_rows_that_are_named(self):
        panels = json.loads(draw_panels.DASHBOARD.read_text())["panels"]
        self.assertEqual(draw_panels.of_rows(panels, []), panels)
        chosen = [panel["title"] for panel in draw_panels.of_rows(panels, ["Recall"])]
        self.assertEqual(chosen[0], "Recall")
        self.assertNotIn("Items", chosen)


if __name__ == "__main__":
    unittest.main()
