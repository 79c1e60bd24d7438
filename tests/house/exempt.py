"""What a house rule does not hold for, each with its reason. What is gone must go here too."""

_SRC = "src/muster"


def _all(path: str, reason: str, *names: str) -> dict[str, str]:
    return {f"{_SRC}/{path}:{name}": reason for name in names}


# The engine's own reads: they answer no person, decide who the person is, or follow a row that the caller was
# shown. `path:function` (or `path:CONSTANT` for SQL): reason.
ENGINE_QUERIES: dict[str, str] = {
    **_all(
        "foundation/access/queries.py",
        "finds out who the actor is: there is none yet",
        "_ACTOR",
        "arrival_of_token",
        "open_invitation",
    ),
    **_all(
        "foundation/access/queries.py",
        "the engine reads roles and pages through contacts; screens show a person's own, or an admin's view",
        "contacts_of",
        "targets_of",
        "holders",
    ),
    **_all(
        "foundation/catalog/queries.py",
        "whom a target reaches and what hangs on a service: asked by the engine, or of a row already shown",
        "_granted",
        "holders",
        "dependents",
    ),
    **_all(
        "foundation/standard/queries.py",
        "the Standard is everyone's to read, and the engine's law",
        "version_of",
        "current",
        "in_force",
    ),
    **_all("detect/queries.py", "an integration asks for its own service", "home_of"),
    **_all("detect/queries.py", "handles are unique for ever, whoever may see the thing", "free_handle"),
    **_all("detect/queries.py", "a door asks whose key this is: there is no actor yet", "_KEYS", "_CALLER"),
    **_all("detect/queries.py", "for the doctor, who runs beside the database", "_SEALED"),
    **_all("detect/queries.py", "of an integration that the caller was shown", "_RECENT"),
    **_all(
        "evaluate/rulebook.py",
        "evaluation decides about all alerts by all rules",
        "rulebook",
        "read_rulebook",
        "_active_silences",
        "_down",
        "_STAMP",
    ),
    **_all(
        "evaluate/queries.py",
        "what is paged is what its members are, whoever may see them",
        "member_facts",
        "_OF_GROUPS",
        "first_alerts",
        "_FIRST",
        "_OPEN",
        "open_members_of",
    ),
    **_all("evaluate/queries.py", "of an alert that the caller was shown", "decision_of"),
    **_all(
        "mobilize/escalation/queries.py",
        "an escalation finds its people whoever may see them",
        "running",
    ),
    **_all("mobilize/escalation/queries.py", "of a group or call that the caller was shown", "latest"),
    **_all("mobilize/paging/queries.py", "whoever is paged is reached by all contacts they have", "load"),
    **_all("mobilize/paging/queries.py", "the engine sends whatever is due", "_DUE_KINDS", "_POSTS_DUE"),
    **_all(
        "mobilize/reach/queries.py",
        "of a person's own contacts, or of people whom the caller was shown",
        "open_proof",
        "asked_within_hour",
        "_contacts",
        "_NEWEST",
        "_proved_at",
        "_tests",
    ),
    **_all("mobilize/reach/queries.py", "when tests are due is everyone's to know", "test_plan"),
    **_all("mobilize/watch/queries.py", "that something is wrong is everyone's to know", "is_anything_wrong"),
    **_all(
        "mobilize/oncall/queries.py", "the engine asks who is on call, whatever the schedule", "history_of"
    ),
}

# Models whose rows are never restricted.
EVERYONES: dict[str, str] = {
    "Person": "who works here is everyone's to know; addresses are contacts, which are not",
    "Organisation": "its name and hours",
}

# Commands that take no actor or no time, and why.
ODD_COMMANDS: dict[str, str] = {
    "begin_first_run": "nobody is there yet: the system acts",
    "ensure_reserved": "part of the first run: the system acts",
    "note_changes": "part of the intake: senders act, each signal's own",
    "receive_pings": "jobs act, each for its heartbeat; the time is read with the keys in the same statement",
    "_receive": "senders act, each signal's own; the time is read with the keys in the same statement",
}

# Files whose name is the field's own term.
FIELD_NAMES: dict[str, str] = {
    f"{_SRC}/foundation/catalog/commands/services.py": "services are what the catalog holds",
    f"{_SRC}/foundation/catalog/sections/services.py": "services are what the catalog holds",
}

# Process clocks: time-outs, logs, certificates. Never product time.
PROCESS_CLOCKS: dict[str, str] = {
    f"{_SRC}/processes/logs.py": "log lines bear the process's time",
    f"{_SRC}/processes/doctor.py": "holds the clock of the machine beside that of the database",
    f"{_SRC}/adapters/contacts/webhook/channel.py": "the protocol's own timestamp",
    f"{_SRC}/adapters/contacts/webpush/vapid.py": "a token's end, by the protocol",
    f"{_SRC}/adapters/posting.py": "how far away a provider's Retry-After date is",
    f"{_SRC}/adapters/publishers/folder/publisher.py": "how old a leftover file is, by the file system",
    f"{_SRC}/web/porter.py": "how old a signature is, by the protocol",
    f"{_SRC}/web/live.py": "a ticket's 60 s are a time-out",
    f"{_SRC}/web/live_topics.py": "a ticket's 60 s are a time-out",
}

# Network clients outside adapters.
NETWORK_CLIENTS: dict[str, str] = {
    f"{_SRC}/processes/": "the supervisor asks its own children on loopback whether they are well",
}
