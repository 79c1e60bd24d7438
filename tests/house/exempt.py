"""What a house rule does not hold for, each with its reason. What is gone must go here too."""

ACCESS = "src/muster/foundation/access/queries.py"

# The engine's own reads: they answer no person, or decide who the person is.
ENGINE_QUERIES = {
    f"{ACCESS}:_ACTOR": "finds out who the actor is: there is no actor yet",
    f"{ACCESS}:arrival_of_token": "finds out who the actor is: there is no actor yet",
    f"{ACCESS}:open_invitation": "whoever holds the secret may use it; there is no actor yet",
    f"{ACCESS}:person_by_handle": "names are read by everyone who is signed in, and by the engine",
    f"{ACCESS}:active_people": "names are read by everyone who is signed in, and by the engine",
    f"{ACCESS}:admins": "the engine's fallback: ids only",
    f"{ACCESS}:contacts_of": "the engine pages through them; screens show a person's own or an admin's view",
    f"{ACCESS}:holders": "the engine's targets: ids and roles",
    f"{ACCESS}:organisation": "one row that everyone may read",
}

# Process clocks: time-outs, logs, certificates. Never product time.
PROCESS_CLOCKS = {
    "src/muster/adapters/contacts/webhook/channel.py": "a signature bears the sender's time",
    "src/muster/adapters/publishers/folder/publisher.py": "how old a killed writer's leftover is",
    "src/muster/processes/logs.py": "log lines bear the process's time",
}

# Network clients outside adapters.
NETWORK_CLIENTS = {
    "src/muster/processes/": "the supervisor asks its own children on loopback whether they are well",
}
