"""One library a folder, one test program a folder."""

load(":compiled_objects.bzl", "compiled_objects")
load(":unity.bzl", "unity_sources")

# By header of tools/precompiled. Nobody measures tests: they are not optimised, which halves
# their compile time, but for those that compute, a little. So are the commands of annodctl:
# what they wait for is computed elsewhere.
_UNOPTIMISED = ["-O0", "-U_FORTIFY_SOURCE"]
COPTS = {
    "command": ["-O1"],
    "plain_core": _UNOPTIMISED,
    "plain_test": _UNOPTIMISED,
    "rpc_test": _UNOPTIMISED,
    "test": ["-O1"],
}

# By clang, which reads a precompiled header and compiles without optimising in half of gcc's time.
_BY_CLANG = ["plain_test", "rpc_test", "test"]

# Where the rest is compiled for another processor, so are these.
TEST_COMPILER = select({
    "//tools:arm64": None,
    "//conditions:default": "//tools/clang",
})

def _precompiled_copts(header):
    return COPTS.get(header, []) + ["-include", "$(BINDIR)/tools/precompiled/%s_pch.h" % header]

def with_precompiled(header, kwargs, sanitized = None):
    """Adds tools/precompiled/HEADER.h, parsed beforehand, to all sources of a target.

    Args:
      header: None: none.
      kwargs: of the target.
      sanitized: the header under the sanitizers, if it is another one. There, optimising
        takes three quarters of the compile time.
    """
    if not header:
        return kwargs
    copts = _precompiled_copts(header)
    deps = ["//tools/precompiled:%s_pch" % header]
    if sanitized:
        copts = select({"//tools:sanitized": _precompiled_copts(sanitized), "//conditions:default": copts})
        deps = select({"//tools:sanitized": ["//tools/precompiled:%s_pch" % sanitized], "//conditions:default": deps})
    out = dict(kwargs)
    out["copts"] = out.get("copts", []) + copts
    out["deps"] = out.get("deps", []) + deps
    return out

def _compiled(rule, name, precompiled, srcs, kwargs, sanitized = None, alwayslink = False):
    """A target of a cc rule whose sources are compiled behind a header of tools/precompiled."""
    if precompiled not in _BY_CLANG:
        rule(name = name, srcs = srcs, **with_precompiled(precompiled, kwargs, sanitized))
        return
    kwargs = dict(kwargs)
    deps = kwargs.pop("deps", [])
    compiled_objects(
        name = name + "_objects",
        testonly = True,
        srcs = srcs,
        hdrs = kwargs.get("hdrs", []),
        alwayslink = alwayslink or kwargs.get("alwayslink", False),
        compiler = TEST_COMPILER,
        tags = ["manual"],
        **with_precompiled(precompiled, {"deps": deps})
    )
    rule(name = name, deps = deps + [":%s_objects" % name], **kwargs)

def together(name, sources, always):
    """The sources to compile for those of a target, and the libraries that hold them.

    Args:
      name: the target's.
      sources: the target's srcs.
      always: whether they are compiled together in every build, or only in those of the
        sanitizers.
    """
    alone = [source for source in sources if not source.endswith(".cc")]
    grouped = [source for source in sources if source.endswith(".cc")]
    if len(grouped) < 2:
        return sources, []
    unity_sources(name = name + "_unity", srcs = grouped, tags = ["manual"])
    native.cc_library(name = name + "_sources", textual_hdrs = grouped, tags = ["manual"])
    unity = alone + [":%s_unity" % name]
    if always:
        return unity, [":%s_sources" % name]
    return (
        select({"//tools:sanitized": unity, "//conditions:default": sources}),
        select({"//tools:sanitized": [":%s_sources" % name], "//conditions:default": []}),
    )

def folder_library(name = None, precompiled = "core", deps = [], **kwargs):
    """The library of all sources of a folder, named like it: //core/journal.

    Since targets cannot need each other in a circle, folders cannot either.

    Args:
      name: the folder's if not given.
      precompiled: NAME of the header of tools/precompiled that is read before; None: none.
      deps: libraries of other folders, and third_party.
      **kwargs: to cc_library; name, srcs and hdrs are there. `measured = True`: what
        benchmarks measure, each source compiled as it stands but under the sanitizers, and
        optimised there, too.
        `together = False`: under these, too.
    """
    name = name or native.package_name().split("/")[-1]
    srcs = kwargs.pop("srcs", native.glob(["*.cc"]))
    sources = []
    sanitized = None
    if kwargs.pop("together", True):
        measured = kwargs.pop("measured", False)
        srcs, sources = together(name, srcs, always = not measured)
        sanitized = "plain_core" if precompiled == "core" and not measured else None
    _compiled(native.cc_library, name, precompiled, srcs, dict(
        kwargs,
        hdrs = kwargs.pop("hdrs", native.glob(["*.h"], allow_empty = True)),
        visibility = kwargs.pop("visibility", ["//visibility:public"]),
        deps = deps + sources,
    ), sanitized)

def precompiled_library(precompiled = "core", **kwargs):
    """A cc_library whose sources are compiled behind a header of tools/precompiled.

    Args:
      precompiled: as of folder_library.
      **kwargs: to cc_library.
    """
    _compiled(native.cc_library, kwargs.pop("name"), precompiled, kwargs.pop("srcs"), kwargs)

def precompiled_binary(precompiled, **kwargs):
    """A cc_binary whose source is compiled behind a header of tools/precompiled.

    Args:
      precompiled: as of folder_library. With "command" it is compiled at -O1: what is
        measured lies in libraries then.
      **kwargs: to cc_binary.
    """
    _compiled(native.cc_binary, kwargs.pop("name"), precompiled, kwargs.pop("srcs"), kwargs)

def folder_test(name = None, srcs = None, precompiled = "test", computes = False, deps = [], **kwargs):
    """One test program of all *_test.cc of a folder, or of `srcs`.

    Args:
      name: FOLDER_test if not given.
      srcs: all *_test.cc but those of `exclude`.
      precompiled: as of folder_library.
      computes: whether it computes so much that optimising it pays.
      deps: what is tested.
      **kwargs: to cc_test.
    """
    name = name or native.package_name().split("/")[-1] + "_test"
    srcs = srcs or native.glob(["*_test.cc"], exclude = kwargs.pop("exclude", []))
    srcs, sources = together(name, srcs, always = True)
    if precompiled == "test" and not computes:
        precompiled = "plain_test"
    kwargs["deps"] = deps + sources + ["//third_party/debian:gtest_main"]
    _compiled(native.cc_test, name, precompiled, srcs, kwargs, alwayslink = True)
