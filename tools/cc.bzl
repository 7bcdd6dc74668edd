"""One library a folder, one test program a folder."""

# By header of tools/precompiled. Nobody measures tests: those that only call a server are
# not optimised at all, which halves their compile time; those that compute are, a little.
# So are the commands of annodctl: what they wait for is computed elsewhere.
COPTS = {
    "command": ["-O1"],
    "test": ["-O1"],
    "rpc_test": ["-O0", "-U_FORTIFY_SOURCE"],
}

def _with_precompiled(header, kwargs):
    """Adds tools/precompiled/HEADER.h, parsed beforehand, to all sources of a target."""
    if not header:
        return kwargs
    out = dict(kwargs)
    out["copts"] = out.get("copts", []) + COPTS.get(header, []) + ["-include", "$(BINDIR)/tools/precompiled/%s_pch.h" % header]
    out["deps"] = out.get("deps", []) + ["//tools/precompiled:%s_pch" % header]
    return out

def folder_library(name = None, precompiled = "core", deps = [], **kwargs):
    """The library of all sources of a folder, named like it: //core/journal.

    Since targets cannot need each other in a circle, folders cannot either.

    Args:
      name: the folder's if not given.
      precompiled: NAME of the header of tools/precompiled that is read before; None: none.
      deps: libraries of other folders, and third_party.
      **kwargs: to cc_library; name, srcs and hdrs are there.
    """
    native.cc_library(
        name = name or native.package_name().split("/")[-1],
        srcs = kwargs.pop("srcs", native.glob(["*.cc"])),
        hdrs = kwargs.pop("hdrs", native.glob(["*.h"], allow_empty = True)),
        visibility = kwargs.pop("visibility", ["//visibility:public"]),
        **_with_precompiled(precompiled, dict(kwargs, deps = deps))
    )

def folder_test(name = None, srcs = None, precompiled = "test", deps = [], **kwargs):
    """One test program of all *_test.cc of a folder, or of `srcs`.

    Args:
      name: FOLDER_test if not given.
      srcs: all *_test.cc but those of `exclude`.
      precompiled: as of folder_library.
      deps: what is tested.
      **kwargs: to cc_test.
    """
    native.cc_test(
        name = name or native.package_name().split("/")[-1] + "_test",
        srcs = srcs or native.glob(["*_test.cc"], exclude = kwargs.pop("exclude", [])),
        **_with_precompiled(precompiled, dict(kwargs, deps = deps + ["//third_party/debian:gtest_main"]))
    )
