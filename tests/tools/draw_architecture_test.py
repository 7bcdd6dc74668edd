"""tools/draw_architecture --check: whether the drawing shows the BUILD files as they are."""

import unittest

from made_up_tree import TreeTestCase

PICTURE = "docs/images/architecture.svg"
# core/forest -> core and server -> core follow from the others.
EDGES = ["core/annoy core", "core/forest core/annoy", "server core/annoy"]


def drawing(folders, edges):
    return ('<svg xmlns="http://www.w3.org/2000/svg">' + "".join(f'<g data-folder="{f}"/>' for f in folders) +
            "".join(f'<g data-edge="{e}"/>' for e in edges) + "</svg>")


class DrawArchitectureTest(TreeTestCase):
    FOLDERS = ["core", "core/annoy", "core/forest", "server"]

    def check(self):
        return self.run_tool("tools/draw_architecture", "--check", str(self.root))

    def assert_names(self, *lines):
        status, said = self.check()
        self.assertEqual(status, 1)
        self.assertEqual(said, "".join(line + "\n" for line in lines) + "draw it anew: tools/draw_architecture\n")

    def test_passes_what_shows_the_tree(self):
        self.write(PICTURE, drawing(self.FOLDERS, EDGES))
        self.assertEqual(self.check(), (0, f"{PICTURE} shows the 4 folders as they are\n"))

    def test_names_a_new_arrow_and_a_gone_one(self):
        self.write(PICTURE, drawing(self.FOLDERS, EDGES))
        self.add_library("server", ["//core/forest"])
        self.assert_names(f"{PICTURE} does not show server -> core/forest",
                          f"{PICTURE} still shows server -> core/annoy")

    def test_names_a_new_folder_and_a_gone_one(self):
        self.write(PICTURE, drawing(["core", "core/annoy", "core/gone", "server"], EDGES))
        self.assert_names(f"{PICTURE} does not show core/forest", f"{PICTURE} still shows core/gone")

    def test_programs_that_only_name_a_target_are_no_arrow(self):
        self.write(PICTURE, drawing(self.FOLDERS, EDGES))
        with open(self.root / "core/BUILD.bazel", "a") as build:
            build.write('\ncc_binary(name = "tool", deps = ["//core/forest"])\n')
        self.assertEqual(self.check()[0], 0)

    def test_a_missing_drawing_fails(self):
        self.assert_names(f"{PICTURE} is missing")


if __name__ == "__main__":
    unittest.main()
