"""Headers that the compiler has parsed before: most of a source's compile time is reading them."""

load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "CPP_COMPILE_ACTION_NAME")
load("//tools:compiler.bzl", "COMPILER_ATTRIBUTES", "chosen_compiler")

def _precompiled_header_impl(ctx):
    toolchain, features = chosen_compiler(ctx)
    contexts = [dep[CcInfo].compilation_context for dep in ctx.attr.deps]
    merged = cc_common.merge_cc_infos(cc_infos = [dep[CcInfo] for dep in ctx.attr.deps]).compilation_context

    # gcc and clang take NAME.h.gch in place of the NAME.h beside it.
    header = ctx.actions.declare_file(ctx.label.name + ".h")
    compiled = ctx.actions.declare_file(ctx.label.name + ".h.gch")
    ctx.actions.symlink(output = header, target_file = ctx.file.header)

    # It counts only for a source that is compiled with the same options.
    # clang names the files it has read, with their times: those of a sandbox would be gone. It
    # makes what the header itself needs of templates now, instead of in every source.
    clang = toolchain.compiler == "clang"
    flags = ["-x", "c++-header"] + (["-Xclang", "-fno-pch-timestamp", "-fpch-instantiate-templates"] if clang else [])
    variables = cc_common.create_compile_variables(
        feature_configuration = features,
        cc_toolchain = toolchain,
        user_compile_flags = ctx.fragments.cpp.copts + ctx.fragments.cpp.cxxopts + ctx.attr.copts + flags,
        source_file = header.path,
        output_file = compiled.path,
        include_directories = merged.includes,
        quote_include_directories = merged.quote_includes,
        system_include_directories = merged.system_includes,
        preprocessor_defines = merged.defines,
    )
    arguments = cc_common.get_memory_inefficient_command_line(
        feature_configuration = features,
        action_name = CPP_COMPILE_ACTION_NAME,
        variables = variables,
    )
    ctx.actions.run(
        executable = cc_common.get_tool_for_action(feature_configuration = features, action_name = CPP_COMPILE_ACTION_NAME),
        arguments = arguments,
        inputs = depset([header], transitive = [merged.headers, toolchain.all_files]),
        outputs = [compiled],
        env = cc_common.get_environment_variables(
            feature_configuration = features,
            action_name = CPP_COMPILE_ACTION_NAME,
            variables = variables,
        ),
        mnemonic = "PrecompileHeader",
        execution_requirements = {"no-sandbox": "1", "no-remote-cache": "1"} if clang else {},
        progress_message = "Compiling %s" % ctx.file.header.short_path,
    )
    own = cc_common.create_compilation_context(headers = depset([header, compiled]))
    return [
        DefaultInfo(files = depset([compiled])),
        cc_common.merge_cc_infos(direct_cc_infos = [CcInfo(compilation_context = own)], cc_infos = [dep[CcInfo] for dep in ctx.attr.deps]),
    ]

precompiled_header = rule(
    implementation = _precompiled_header_impl,
    attrs = dict(
        COMPILER_ATTRIBUTES,
        header = attr.label(allow_single_file = [".h"], mandatory = True),
        copts = attr.string_list(doc = "what the sources that use it are compiled with beyond what all are"),
        deps = attr.label_list(providers = [CcInfo]),
    ),
    fragments = ["cpp"],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
)
