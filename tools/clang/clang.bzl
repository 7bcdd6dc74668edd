"""Sources compiled by clang, whatever compiles the rest."""

load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")

def chosen_compiler(ctx):
    """The toolchain of a rule with the attributes COMPILER_ATTRIBUTES."""
    if ctx.attr.compiler:
        return ctx.attr.compiler[cc_common.CcToolchainInfo]
    return find_cpp_toolchain(ctx)

COMPILER_ATTRIBUTES = {
    "compiler": attr.label(
        doc = "what compiles; what compiles the rest if not given",
        providers = [cc_common.CcToolchainInfo],
    ),
    "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
}

def _compiled_objects_impl(ctx):
    toolchain = chosen_compiler(ctx)
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )
    infos = [dep[CcInfo] for dep in ctx.attr.deps]
    context, objects = cc_common.compile(
        name = ctx.label.name,
        actions = ctx.actions,
        feature_configuration = features,
        cc_toolchain = toolchain,
        srcs = ctx.files.srcs,
        public_hdrs = ctx.files.hdrs,
        user_compile_flags = [ctx.expand_make_variables("copts", copt, {}) for copt in ctx.attr.copts],
        compilation_contexts = [info.compilation_context for info in infos],
    )
    linking, _ = cc_common.create_linking_context_from_compilation_outputs(
        name = ctx.label.name,
        actions = ctx.actions,
        feature_configuration = features,
        cc_toolchain = toolchain,
        compilation_outputs = objects,
        linking_contexts = [info.linking_context for info in infos],
        alwayslink = ctx.attr.alwayslink,
        disallow_dynamic_library = True,
    )
    runfiles = ctx.runfiles(files = ctx.files.data)
    for dep in ctx.attr.deps + ctx.attr.data:
        runfiles = runfiles.merge(dep[DefaultInfo].default_runfiles)
    return [
        DefaultInfo(runfiles = runfiles),
        CcInfo(compilation_context = context, linking_context = linking),
    ]

compiled_objects = rule(
    implementation = _compiled_objects_impl,
    attrs = dict(
        COMPILER_ATTRIBUTES,
        alwayslink = attr.bool(),
        copts = attr.string_list(),
        data = attr.label_list(allow_files = True),
        deps = attr.label_list(providers = [CcInfo]),
        hdrs = attr.label_list(allow_files = True),
        srcs = attr.label_list(allow_files = True),
    ),
    doc = "As cc_library, by the compiler of one's choice.",
    fragments = ["cpp"],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
)
