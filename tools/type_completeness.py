"""How much of the package's public names has a known type, and which names lack an annotation: type_completeness.py MOST.

Fails above MOST names without one. The score counts also what follows from them: one attribute of a base class without a type
makes every name unknown that mentions the class. To be run by the interpreter of .venv-types (make types), over the package
of build/dev.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

_DIRECT = re.compile(r"error: (Type annotation|Return type annotation|Type is missing|Type unknown|Ambiguous base class)")


def main(most):
    root = Path(__file__).parents[1]
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(root / "build/dev/python"),
    }
    with tempfile.TemporaryDirectory() as elsewhere:  # a package is judged as an installed one, not as a project
        command = ["basedpyright", "--verifytypes", "rustybt", "--ignoreexternal"]
        report = subprocess.run(command, env=environment, cwd=elsewhere, capture_output=True, text=True).stdout
    name, without = "", {}
    for line in report.partition("Symbols used in public interface:")[2].splitlines():
        if line and not line.startswith(" "):
            name = line
        elif _DIRECT.search(line):
            without.setdefault(name, line.strip())
    print("\n".join(f"{name}\n  {complaint}" for name, complaint in without.items()))
    score = re.search(r"completeness score: \S+", report)
    if score is None:
        sys.exit(report or "basedpyright said nothing")
    print(f"{score[0]}, {len(without)} names without an annotation (at most {most})")
    sys.exit(len(without) > most)


if __name__ == "__main__":
    main(int(sys.argv[1]))
