"""The pictures of the documents: described, readable on every page, one colour an engine."""

import pathlib
import re
import unittest

COLOURS = dict(re.findall(
    r'^\{"(.*)", "(#[0-9a-f]{6})"\},$',
    pathlib.Path("client/ctl/charts/engine_colours.inc").read_text(encoding="utf-8"),
    re.MULTILINE))
PICTURES = sorted(pathlib.Path("docs/images").glob("*.svg"))


class PicturesTest(unittest.TestCase):
    def test_there_are_some_and_colours_are_told_apart(self):
        self.assertTrue(PICTURES)
        self.assertIn("graph", COLOURS)
        self.assertEqual(len(set(COLOURS.values())), len(COLOURS))

    def test_each_says_in_words_what_it_shows(self):
        for picture in PICTURES:
            svg = picture.read_text(encoding="utf-8")
            with self.subTest(picture.name):
                self.assertRegex(svg, r"<title[^>]*>[^<]{10,}</title>")
                self.assertRegex(svg, r"<desc[^>]*>[^<]{40,}</desc>")

    def test_each_brings_its_background_or_follows_the_page(self):
        for picture in PICTURES:
            svg = picture.read_text(encoding="utf-8")
            with self.subTest(picture.name):
                self.assertRegex(svg, r"fill(: |=\")#fff|prefers-color-scheme: *dark")

    def test_recall_pictures_have_the_tick_1_and_name_their_scales(self):
        for picture in PICTURES:
            if not picture.name.endswith("-recall-qps.svg"):
                continue
            texts = re.findall(r"<text[^>]*>([^<]*)</text>", picture.read_text(encoding="utf-8"))
            with self.subTest(picture.name):
                self.assertIn("1", texts)
                self.assertEqual(sum("log scale" in text for text in texts), 2)

    def test_engines_have_the_colours_of_the_table(self):
        for picture in PICTURES:
            if picture.name == "architecture.svg":  # its words are folders
                continue
            svg = picture.read_text(encoding="utf-8")
            texts = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
            for engine, colour in COLOURS.items():
                if engine in texts:
                    with self.subTest(f"{picture.name}: {engine}"):
                        self.assertIn(colour, svg)


if __name__ == "__main__":
    unittest.main()
