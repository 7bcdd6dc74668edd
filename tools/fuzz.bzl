"""Fuzz targets (tests/fuzz): replayed as plain tests, run by libFuzzer."""

load("//tools:cc.bzl", "folder_library", "folder_test")

def fuzz_targets(deps = [], precompiled = "test", **kwargs):
    """All *_fuzz.cc of a folder: NAME_fuzz_test gives each its corpus once, under whatever
    configuration; `fuzzer`, under --config=fuzz alone, is libFuzzer's program of them all.

    Args:
      deps: what is fuzzed, and //tests/fuzz:support.
      precompiled: as of folder_library.
      **kwargs: to the test.
    """
    folder_library(
        name = "targets",
        testonly = True,
        # Each has its own Run() and Seeds().
        together = False,
        alwayslink = True,
        precompiled = precompiled,
        deps = deps,
    )
    folder_test(
        name = native.package_name().split("/")[-1] + "_fuzz_test",
        srcs = ["//tests/fuzz:replay_test.cc"],
        data = ["//tests/fuzz/corpus"],
        deps = [
            ":targets",
            "//tests/fuzz:support",
            "//third_party/debian:absl",
        ],
        **kwargs
    )
    native.cc_binary(
        name = "fuzzer",
        testonly = True,
        srcs = ["//tests/fuzz:fuzzer_main.cc"],
        linkopts = ["-fsanitize=fuzzer"],
        tags = ["manual"],
        deps = [
            ":targets",
            "//tests/fuzz:support",
        ],
    )
