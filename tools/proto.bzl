"""C++ code for .proto files with Debian's protoc and gRPC plugin."""

load(":cc.bzl", "together", "with_precompiled")

def cc_grpc_library(name, srcs, deps = [], services = [], visibility = None):
    """Generates and compiles protobuf messages and gRPC stubs.

    Args:
      name: the cc_library to make; its headers are included as the protos import each other.
      srcs: .proto files, below this package, whose import root is this package.
      deps: other cc_grpc_library targets of this package.
      services: those of srcs that define services, for which stubs are generated too.
      visibility: as usual.
    """
    package = native.package_name()
    messages = [s.replace(".proto", ".pb") for s in srcs]
    stubs = [s.replace(".proto", ".grpc.pb") for s in services]
    hdrs = [s + ".h" for s in messages + stubs]
    impls = [s + ".cc" for s in messages + stubs]
    native.filegroup(
        name = name + "_protos",
        srcs = srcs + [d + "_protos" for d in deps],
    )
    native.genrule(
        name = name + "_gen",
        srcs = [name + "_protos"],
        outs = hdrs + impls,
        cmd = " && ".join([
            "protoc -I%s --cpp_out=$(RULEDIR) %s" % (package, " ".join([package + "/" + s for s in srcs])),
        ] + ([
            "protoc -I%s --grpc_out=$(RULEDIR) --plugin=protoc-gen-grpc=/usr/bin/grpc_cpp_plugin %s" %
            (package, " ".join([package + "/" + s for s in services])),
        ] if services else [])),
        message = "protoc " + name,
    )
    # What tools/precompiled reads; the sources are compiled behind it.
    native.cc_library(
        name = name + "_headers",
        hdrs = hdrs,
        includes = ["."],
        visibility = ["//tools/precompiled:__pkg__"],
        deps = [d + "_headers" for d in deps] + ["//third_party/debian:grpc"],
    )
    # Sources of messages use the same names and cannot be joined.
    joined, sources = together(name, [s + ".cc" for s in stubs], always = True)
    native.cc_library(
        name = name,
        visibility = visibility,
        **with_precompiled("rpc", {
            "srcs": [s + ".cc" for s in messages] + joined,
            "deps": deps + sources + [":%s_headers" % name],
        })
    )
