"""The one error that start-up shows to a person."""


class CannotStart(Exception):
    """Something outside Muster stops a process. The message is one line: what is wrong, and what to do about
    it.
    """
