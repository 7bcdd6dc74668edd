"""Several sources compiled as one: what they all include is then read, and what they all
instantiate is made, once."""

# A change of one compiles as many again, so not too many. But every compilation first makes
# what the precompiled headers leave to be made: two seconds with those of gRPC.
SOURCES_TOGETHER = 16

def _unity_sources_impl(ctx):
    sources = [f for f in ctx.files.srcs if f.extension == "cc"]
    count = (len(sources) + SOURCES_TOGETHER - 1) // SOURCES_TOGETHER
    outputs = []
    for i in range(count):
        # Evenly: 9 are 5 and 4.
        part = sources[len(sources) * i // count:len(sources) * (i + 1) // count]
        out = ctx.actions.declare_file("%s_%d.cc" % (ctx.label.name, i))
        ctx.actions.write(out, "".join(["#include \"%s\"\n" % f.short_path for f in part]))
        outputs.append(out)
    return [DefaultInfo(files = depset(outputs))]

unity_sources = rule(
    implementation = _unity_sources_impl,
    attrs = {"srcs": attr.label_list(allow_files = [".cc"])},
    doc = "NAME_0.cc, NAME_1.cc, ..., which include `srcs`: to be compiled in their place.",
)
