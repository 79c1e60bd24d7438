"""Keys that senders write into the `Authorization` header."""


def key_after(scheme: str, header: str) -> str:
    """The key of `Authorization: <scheme> <key>`, or nothing when the header says something else.

    Ours are 32 letters and digits. A sender that insists on the form of a UUID may write one with its dashes:
    they are left out.
    """
    given, _, key = header.strip().partition(" ")
    return key.strip().replace("-", "") if given.lower() == scheme.lower() else ""
