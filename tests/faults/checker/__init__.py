"""The offline checker: judges a run by what was seen from outside and what the database holds in the end.

It knows nothing of the product: it is given the clients' history, the providers' receive log and a dump, each
a file of JSON lines, and names the invariants of reliability section 4 that do not hold. `python -m
faults.checker FOLDER` judges the three files of a folder.
"""

from faults.checker.evidence import Evidence, Violation, read
from faults.checker.judge import judge

__all__ = ["Evidence", "Violation", "judge", "read"]
