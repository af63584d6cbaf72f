"""The most that one core can do: fused products and sums that never leave the registers.

Twelve independent chains of x ← x·a + b on the widest registers that there are; and
products of matrices that fit the cache, by NumPy's BLAS. The larger counts.
"""

import ctypes
from time import perf_counter

import numpy as np

CHAINS = 12
TRIAL = 1e9  # operations
TRIALS = 6
SIDES = (128, 192, 256, 384)


def chains(dtype):
    """A function that does `turns` rounds of all chains, and the operations of a round."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    name, features = llvm.get_host_cpu_name(), llvm.get_host_cpu_features()
    width = next((w for f, w in (("avx512f", 64), ("avx", 32)) if features.get(f)), 16)
    lanes = width // np.dtype(dtype).itemsize
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=name, features=features.flatten(), opt=3
    )
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(_code(dtype, lanes)), machine)
    engine.finalize_object()
    code = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_void_p)(
        engine.get_function_address("chains")
    )
    place = np.zeros(CHAINS * lanes, dtype)

    def run(turns, engine=engine):  # the engine owns the code
        code(turns, place.ctypes.data)

    return run, 2 * CHAINS * lanes


def _code(dtype, lanes):
    kind = f"<{lanes} x {'double' if dtype == 'float64' else 'float'}>"
    suffix = "f64" if dtype == "float64" else "f32"
    one = "double" if dtype == "float64" else "float"
    near, little = (_all(one, lanes, number) for number in ("0.5", "0.25"))
    chains = range(CHAINS)
    first = "\n".join(f"  %x{k} = phi {kind} [{near}, %entry], [%y{k}, %loop]" for k in chains)
    step = "\n".join(
        f"  %y{k} = call {kind} @llvm.fma.v{lanes}{suffix}({kind} %x{k}, {kind} {near},"
        f" {kind} {little})"
        for k in chains
    )
    store = "\n".join(
        f"  %p{k} = getelementptr {kind}, ptr %out, i64 {k}\n"
        f"  store {kind} %y{k}, ptr %p{k}, align 8"
        for k in chains
    )
    return f"""
declare {kind} @llvm.fma.v{lanes}{suffix}({kind}, {kind}, {kind})
define void @chains(i64 %n, ptr %out) {{
entry:
  br label %loop
loop:
  %i = phi i64 [0, %entry], [%j, %loop]
{first}
{step}
  %j = add i64 %i, 1
  %more = icmp slt i64 %j, %n
  br i1 %more, label %loop, label %end
end:
{store}
  ret void
}}
"""


def _all(one, lanes, number):
    return "<" + ", ".join(f"{one} {float(number):.6e}" for _ in range(lanes)) + ">"


def products(dtype, side):
    """A function that multiplies `turns` times, and the operations of a time."""
    A, B = np.ones((2, side, side), dtype)
    out = np.empty_like(A)

    def run(turns):
        for _ in range(turns):
            np.matmul(A, B, out=out)

    return run, 2 * side**3


def spent(run, turns):
    """Seconds."""
    began = perf_counter()
    run(turns)
    return perf_counter() - began


def fastest(dtype):
    """What does most in a second: a function, the operations of a turn, and its name."""
    tried = {"chains": chains(dtype)}
    tried |= {f"products of {side} × {side}": products(dtype, side) for side in SIDES}
    rates = {}
    for name, (run, each) in tried.items():
        turns = max(1, int(TRIAL / each))
        rates[name] = each * turns / min(spent(run, turns) for _ in range(TRIALS))
    best = max(rates, key=rates.get)
    return *tried[best], best
