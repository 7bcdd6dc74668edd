"""Compares JSON with types of TypeScript: fields that do not exist, lack or hold something else."""

import json
import pathlib
import shutil
import subprocess
import tempfile

# What is an enum in the types is text in JSON.
_PLAIN = """
type Plain<T> = T extends string ? `${T}` : T extends (infer U)[] ? Plain<U>[] : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
"""


def complaints(literals):
    """What the compiler says of (module, type, object) as literals of their types: "" if nothing."""
    compiler = shutil.which("tsc")
    modules = pathlib.Path(compiler).resolve().parents[2] if compiler else pathlib.Path()
    if not (modules / "kubernetes-models").is_dir():
        raise AssertionError("no kubernetes-models beside tsc in PATH: tools/install_packages test, then ./test or its PATH")
    lines = [_PLAIN]
    for number, (module, name, value) in enumerate(literals):
        lines.append(f'import type {{ {name} as T{number} }} from "{module}";')
        lines.append(f"export const o{number}: Plain<T{number}> = {json.dumps(value)};")
    options = {"strict": True, "noEmit": True, "skipLibCheck": True, "module": "commonjs", "target": "es2020", "types": []}
    with tempfile.TemporaryDirectory() as directory:
        pathlib.Path(directory, "literals.ts").write_text("\n".join(lines) + "\n")
        pathlib.Path(directory, "tsconfig.json").write_text(json.dumps({"compilerOptions": options}))
        pathlib.Path(directory, "node_modules").symlink_to(modules)
        done = subprocess.run([compiler, "-p", directory], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return "" if done.returncode == 0 else done.stdout or "tsc failed"
