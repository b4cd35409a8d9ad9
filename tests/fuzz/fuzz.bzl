"""A fuzz target: as a test over its corpus with every compiler, and as a libFuzzer program (tools/fuzz)."""

def fuzz_target(name, deps, runs = 100000):
    """NAME.cc defines LLVMFuzzerTestOneInput; its corpus lies in corpus/NAME.

    Args:
      name: of the target.
      deps: of its source.
      runs: changed inputs that the test runs, always the same ones; so many that it takes one to three seconds.
    """
    corpus = native.glob(["corpus/" + name + "/*"], allow_empty = True)
    deps = deps + [":fuzz_input", ":heap_meter"]
    native.cc_test(
        name = name + "_test",
        size = "small",
        srcs = [name + ".cc", "replay_main.cc"],
        args = ["--runs", str(runs)] + ["$(location %s)" % file for file in corpus],
        data = corpus,
        deps = deps + ["//engine/base:prng"],
    )
    native.cc_binary(
        name = name + "_fuzzer",
        testonly = 1,
        srcs = [name + ".cc"],
        linkopts = ["-fsanitize=fuzzer"],
        tags = ["manual"],
        deps = deps,
    )
