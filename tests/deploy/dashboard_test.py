"""The dashboard of deploy/grafana has the fields that Grafana knows."""

import copy
import json
import unittest

import rules
import typed

_RAW = "@grafana/schema/dist/types/raw/"
_OPTIONS = {panel: _RAW + f"composable/{panel}/panelcfg/x/types.gen" for panel in ("stat", "table", "timeseries")}


def complaints(dashboard):
    """Of the dashboard, and of what each kind of panel has to itself."""
    literals = [(_RAW + "dashboard/x/types.gen", "Dashboard", dashboard)]
    for panel in dashboard["panels"]:
        if panel["type"] in _OPTIONS:
            literals.append((_OPTIONS[panel["type"]], "Options", panel["options"]))
        if panel["type"] in ("table", "timeseries"):
            literals.append((_OPTIONS[panel["type"]], "FieldConfig", panel["fieldConfig"]["defaults"]["custom"]))
    return typed.complaints(literals)


class DashboardTest(unittest.TestCase):
    def setUp(self):
        self.dashboard = json.loads(rules.DASHBOARD.read_text())

    def test_has_the_fields_of_its_schema_and_no_others(self):
        self.assertEqual(complaints(self.dashboard), "")

    def test_a_wrong_field_would_be_found(self):
        wrong = copy.deepcopy(self.dashboard)
        wrong["panels"][1]["titel"] = "Serving"
        next(panel for panel in wrong["panels"] if panel["type"] == "timeseries")["options"]["legend"]["displayMode"] = "lst"
        found = complaints(wrong)
        self.assertIn("titel", found)
        self.assertIn("lst", found)

    def test_panels_have_numbers_of_their_own_and_do_not_overlap(self):
        panels = rules.panels()
        self.assertEqual(len({panel["id"] for panel in panels}), len(panels))
        taken = set()
        for panel in panels:
            place = panel["gridPos"]
            self.assertLessEqual(place["x"] + place["w"], 24, panel["title"])
            cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
            self.assertFalse(taken & cells, panel["title"])
            taken |= cells

    def test_every_panel_asks_the_chosen_data_source(self):
        for panel in rules.panels():
            for target in panel["targets"]:
                self.assertEqual(target["datasource"], {"type": "prometheus", "uid": "${datasource}"}, panel["title"])


if __name__ == "__main__":
    unittest.main()
