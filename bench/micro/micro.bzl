"""A micro benchmark: a binary to measure with, and a test that runs each of its cases once."""

def micro_benchmark(name, deps, smoke_filter = ".*"):
    """`smoke_filter`: the cases of the test, at least one; what begins with "-" leaves cases out, at least one."""
    native.cc_library(
        name = name + "_cases",
        testonly = 1,
        srcs = [name + ".cc"],
        deps = deps,
        alwayslink = 1,
    )
    native.cc_binary(
        name = name,
        testonly = 1,
        deps = [name + "_cases", "//tools/bazel/third_party:benchmark_main"],
    )
    native.cc_test(
        name = name + "_smoke_test",
        args = ["--benchmark_min_time=0.0001", "--benchmark_filter=" + smoke_filter],
        deps = [name + "_cases", "//bench/micro:smoke_main"],
    )
