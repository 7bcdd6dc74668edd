"""Compilers of Debian beside the one that Bazel finds, and rules that take one of them."""

load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")
load("@bazel_tools//tools/cpp:unix_cc_toolchain_config.bzl", "cc_toolchain_config")

# Of a rule that uses chosen_compiler.
COMPILER_ATTRIBUTES = {
    "compiler": attr.label(
        doc = "what compiles; what compiles the rest if not given",
        providers = [cc_common.CcToolchainInfo],
    ),
    "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
}

def chosen_compiler(ctx):
    """The toolchain of a rule with the attributes COMPILER_ATTRIBUTES, and its configured features."""
    if ctx.attr.compiler:
        toolchain = ctx.attr.compiler[cc_common.CcToolchainInfo]
    else:
        toolchain = find_cpp_toolchain(ctx)
    return toolchain, cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )

def installed_compiler(name, identifier, tools, **kwargs):
    """The cc_toolchain `name` of a compiler that is installed in /usr.

    Args:
      name: of the target.
      identifier: names the compiler to Bazel.
      tools: path of each tool.
      **kwargs: to cc_toolchain_config.
    """
    native.filegroup(name = name + "_files", srcs = [])
    files = ["all", "ar", "as", "compiler", "dwp", "linker", "objcopy", "strip"]
    native.cc_toolchain(
        name = name,
        toolchain_config = ":%s_config" % name,
        toolchain_identifier = identifier,
        **{kind + "_files": ":%s_files" % name for kind in files}
    )
    cc_toolchain_config(
        name = name + "_config",
        abi_libc_version = "glibc",
        host_system_name = "local",
        target_libc = "glibc",
        tool_paths = tools,
        toolchain_identifier = identifier,
        **kwargs
    )
