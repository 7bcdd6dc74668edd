"""As cc_library, by the compiler of one's choice."""

load(":compiler.bzl", "COMPILER_ATTRIBUTES", "chosen_compiler")

def _compiled_objects_impl(ctx):
    toolchain, features = chosen_compiler(ctx)
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
