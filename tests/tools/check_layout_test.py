"""tools/check_layout: each rule, broken once in a tree that is otherwise right."""

import unittest

from made_up_tree import TreeTestCase


class CheckLayoutTest(TreeTestCase):
    def check(self):
        return self.run_tool("tools/check_layout", str(self.root))

    def assert_names(self, *lines):
        self.assertEqual(self.check(), (1, "".join(line + "\n" for line in lines)))

    def test_passes_a_tree_that_is_right(self):
        self.assertEqual(self.check(), (0, "5 sources in 4 folders are where they belong\n"))

    def test_a_folder_holds_twenty_modules(self):
        self.name("core/simd")
        for i in range(20):
            self.write(f"core/simd/kernel_{i}.h", "")
            self.write(f"core/simd/kernel_{i}.cc", "")
        self.assertEqual(self.check()[0], 0)
        self.write("core/simd/one_more.h", "")
        self.assert_names("core/simd: 21 modules, at most 20; divide it by what its modules are about")

    def test_what_is_made_beside_the_python_package_is_not_counted(self):
        self.name("client/python/annod")
        for i in range(20):
            self.write(f"client/python/annod/module_{i}.py", "")
            self.write(f"client/python/build/lib/module_{i}.py", "")
            self.write(f"client/python/annod/v1/module_{i}_pb2.py", "")
            self.write(f"client/python/annod/v1/module_{i}_pb2_grpc.py", "")
        self.assertEqual(self.check()[0], 0)

    def test_a_source_has_400_lines(self):
        self.write("core/annoy/node.cc", "\n" * 400)
        self.assertEqual(self.check()[0], 0)
        self.write("core/annoy/node.cc", "\n" * 401)
        self.assert_names("core/annoy/node.cc: 401 lines, at most 400")

    def test_an_include_needs_a_dep(self):
        self.add_library("core/forest", ["//core"])
        self.assert_names("core/forest/grower.cc: includes core/annoy/node.h, "
                          "but core/forest/BUILD.bazel lists no dep of //core/annoy")

    def test_an_include_of_a_made_header_needs_a_dep(self):
        self.add_library("server", ["//core/annoy"])
        self.assert_names("server/call.cc: includes annod/v1/types.pb.h, "
                          "but server/BUILD.bazel lists no dep of //proto")

    def test_the_deps_of_all_targets_of_a_folder_count(self):
        self.name("bench")
        self.write("bench/BUILD.bazel", 'PEERS = ["//core"]\n\ncc_library(name = "a", deps = [":b"] + PEERS)\n\n'
                   'cc_binary(name = "b", deps = ["//core/annoy:support"])\n')
        self.write("bench/b.cc", '#include "core/annoy/node.h"\n')
        self.assertEqual(self.check()[0], 0)

    def test_sources_need_a_build_file(self):
        self.name("bench")
        self.write("bench/a.cc", '#include "core/metric.h"\n')
        self.assert_names("bench: sources without a BUILD.bazel")

    def test_no_two_folders_include_each_other(self):
        self.add_library("core", ["//core/annoy"])
        self.write("core/metric.h", '#include "core/annoy/node.h"\n')
        self.assert_names("folders that include each other: core (core/metric.h includes core/annoy/node.h), "
                          "core/annoy (core/annoy/node.h includes core/metric.h)")

    def test_nor_around_a_corner(self):
        self.add_library("core", ["//core/forest"])
        self.write("core/forest/grower.h", "")
        self.write("core/forest/grower.cc", '#include "core/annoy/node.h"\n')
        self.write("core/metric.h", '#include "core/forest/grower.h"\n')
        self.assert_names("folders that include each other: core (core/metric.h includes core/forest/grower.h), "
                          "core/forest (core/forest/grower.cc includes core/annoy/node.h), "
                          "core/annoy (core/annoy/node.h includes core/metric.h)")

    def test_core_knows_no_grpc(self):
        for header in ["grpcpp/grpcpp.h", "grpc/grpc.h", "google/protobuf/message.h", "spdlog/spdlog.h",
                       "prometheus/registry.h", "annod/v1/types.pb.h"]:
            with self.subTest(header):
                self.write("core/metric.h", f"  #  include <{header}>\n")
                self.assert_names(f"core/metric.h: core does not know {header}")

    def test_the_server_does_not_include_the_client(self):
        self.name("client")
        self.add_library("client", [])
        self.write("client/client.h", "")
        self.add_library("server", ["//client"])
        self.write("server/call.cc", '#include "client/client.h"\n')
        self.assert_names("server/call.cc: server does not include client/client.h")

    def test_every_folder_has_its_place_in_the_docs(self):
        self.write("tests/core/metric_test.py", "")
        self.name("core/gone")
        self.assert_names("tests/core: docs/architecture.md does not say what belongs there",
                          "docs/architecture.md: there is no folder core/gone")

    def test_a_type_is_defined_once_in_a_namespace(self):
        for kind in ("struct Point {\n  int x;\n}", "class Point final : public Base {\n}", "enum class Point {\n}", "class Point\n    : public Base {\n}"):
            with self.subTest(kind):
                self.write("core/annoy/node.cc", f"namespace annod {{\n\n{kind};\n\n}}  // namespace annod\n")
                self.write("server/call.cc", "namespace annod {\n\nstruct Point {\n  double y;\n};\n\n}  // namespace annod\n")
                self.assert_names("core/annoy/node.cc and server/call.cc both define annod::Point; call one of them otherwise")
        for other in ("namespace annod {\nnamespace {\n\nstruct Point {\n};\n\n}  // namespace\n}  // namespace annod\n",
                      "namespace annod::ctl {\n\nstruct Point {\n};\n\n}  // namespace annod::ctl\n",
                      "namespace annod {\n\nstruct Point;\nstruct Line {\n  struct Point {\n  };\n};\n\n}  // namespace annod\n"):
            with self.subTest(other):
                self.write("server/call.cc", other)
                self.assertEqual(self.check()[0], 0)

    def test_sources_that_are_compiled_together_define_nothing_twice(self):
        definitions = {
            "kMost": "constexpr int kMost = 3;",
            "kNames": "constexpr const char* kNames[] = {};",
            "Row": "struct Row {\n};",
            "Sum(int a, int b)": "int Sum(int a,\n        int b) {\n}",
        }
        for name, text in definitions.items():
            with self.subTest(name):
                for source in ("call", "called"):
                    self.write(f"server/{source}.cc", f"namespace {{\n\n{text}\n\n}}  // namespace\n")
                self.assert_names(f"server/call.cc and server/called.cc both define {name}; call one of them otherwise")

    def test_they_may_define_what_only_looks_alike(self):
        texts = {
            "call": "struct Row;\nint Sum(int a) {\n  constexpr int kMost = 3;\n}\nclass Call {\n  int Size() {\n  }\n};",
            "called": "struct Row {\n};\nint Sum(float a) {\n  constexpr int kMost = 3;\n}\nclass Called {\n  int Size() {\n  }\n};",
        }
        for source, text in texts.items():
            self.write(f"server/{source}.cc", f"namespace {{\n\n{text}\n\n}}  // namespace\n")
        self.assertEqual(self.check()[0], 0)

    def test_a_tree_without_sources_is_no_success(self):
        status, said = self.run_tool("tools/check_layout", str(self.root / "proto"))
        self.assertEqual(status, 1)
        self.assertIn("no sources", said)


if __name__ == "__main__":
    unittest.main()
