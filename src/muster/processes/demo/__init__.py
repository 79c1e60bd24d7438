"""The company of `muster up --demo`: a file that is applied, and ninety days of history from a fixed seed."""

from muster.processes.demo.fill import fill

__all__ = ["fill"]
