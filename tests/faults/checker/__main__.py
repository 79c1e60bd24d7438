"""`python -m faults.checker FOLDER`: judge a run; exit 1 when anything is violated."""

import sys
from pathlib import Path

from faults.checker import judge, read

found = judge(read(Path(sys.argv[1])))
for violation in found:
    print(violation)
print(f"{len(found)} violations")
sys.exit(1 if found else 0)
