"""What went wrong at Larkspur in ninety days: each incident as plain data, told by `history`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Story:
    """One incident: how long ago, how long people needed, what was tried, and why it happened."""

    days_ago: int
    hour: int
    service: str
    title: str
    alert: str
    severity: str
    detect_min: int
    acknowledge_min: int
    mitigate_min: int
    resolve_min: int
    steps: tuple[str, ...]
    cause: str
    actions: tuple[tuple[str, str], ...] = ()
    public: bool = False


STORIES = (
    Story(
        86, 8, "checkout-api", "Checkout is slow for theatre groups", "p99 latency above 3 s", "SEV2",
        4, 3, 31, 52,
        ("Slow queries on seat locks since the nightly import.", "Stopped the import; latency falls."),
        "The nightly import took the same row locks as seat reservations, and nothing limited how "
        "many it held.",
        (("Import seats in batches of 500", "prevention"), ("Alert on lock waits above 2 s", "detection")),
        True,
    ),
    Story(
        79, 14, "search-api", "Search shows shows that are sold out", "Index older than 30 min", "SEV3",
        12, 9, 48, 95,
        ("The index job stopped at 13:40.", "Started it by hand; the queue drains."),
        "A rotated credential was read only at start, so the job ran until its token expired.",
    ),
    Story(
        71, 2, "payments-db", "Payments database ran out of connections", "Connections 198 of 200", "SEV1",
        2, 4, 22, 41,
        ("Every pool grew to its limit at once.", "Raised the limit and restarted the workers one by one."),
        "Each service had a pool limit of its own, and their sum was larger than what the database accepts.",
        (("Keep the sum of pools below the database's limit", "prevention"),
         ("Page at 80 % of connections", "detection")),
        True,
    ),
    Story(
        64, 10, "webhooks-out", "Webhooks arrive an hour late", "Queue above 8,000", "SEV2",
        9, 6, 39, 70,
        ("One receiver answers after 29 s and holds all senders.", "Gave it a queue of its own."),
        "Deliveries to all receivers shared one pool, so the slowest receiver set the pace for everybody.",
        (("One queue for each receiver", "prevention"),),
    ),
    Story(
        58, 16, "invoice-pdf", "Invoices have the wrong address line", "Support reports 3 cases", "SEV3",
        180, 20, 60, 160,
        ("The template lost a field in release 2.9.", "Rolled the template back."),
        "The template's test compares the picture at a zoom at which the line is not visible.",
    ),
    Story(
        51, 19, "storefront-web", "Storefront shows an empty page on old phones",
        "JavaScript errors above 4 %", "SEV2", 6, 5, 17, 33,
        ("Only browsers of 2022 and before.", "Rolled back release 5.12."),
        "A dependency dropped its older build, and the release check ran only in current browsers.",
        (("Run the release check in the oldest browser we promise", "detection"),),
        True,
    ),
    Story(
        45, 6, "event-bus", "Event bus lost its leader for nine minutes", "No leader elected", "SEV1",
        1, 3, 9, 38,
        ("Two of three nodes restarted together.", "The third came back by itself at 06:20."),
        "The maintenance window of two nodes was the same, and the restart order was written nowhere.",
        (("Spread maintenance windows over three days", "prevention"),
         ("Publish the restart order", "prevention")),
        True,
    ),
    Story(
        38, 11, "billing-api", "Refunds are booked twice for one customer", "Ledger difference above 0",
        "SEV2", 25, 7, 44, 120,
        ("Two workers took the same job after a restart.", "Stopped one worker; corrected 14 bookings."),
        "The job had no key of its own, so a repeat could not be told from a second refund.",
        (("Give each refund an idempotency key", "prevention"),),
    ),
    Story(
        32, 13, "mobile-gateway", "Push messages do not arrive on phones", "Push errors above 20 %", "SEV3",
        15, 11, 35, 58,
        ("The provider's certificate was renewed.", "Deployed the new chain."),
        "The certificate chain was part of the image, so a renewal needed a release.",
    ),
    Story(
        26, 9, "search-api", "Search answers with an error for accents", "5xx ratio above 2 %", "SEV2",
        5, 4, 19, 36,
        ("Only words with accents.", "Rolled back the analyser."),
        "The new analyser expects composed characters and phones send decomposed ones.",
        (("Normalise text before the analyser", "prevention"),),
    ),
    Story(
        19, 21, "checkout-api", "Checkout fails for gift cards", "Gift card errors above 10 %", "SEV2",
        7, 5, 28, 47,
        ("The gift card service was renamed.", "Put the old name back as an alias."),
        "The old name was still in one configuration that no test reads.",
        (("Read every configuration in the start-up check", "detection"),),
        True,
    ),
    Story(
        12, 3, "cdn-edge", "Images are missing in South America", "Origin errors above 5 %", "SEV3",
        10, 14, 41, 66,
        ("One edge location serves stale misses.", "Purged it; the provider confirms."),
        "A purge of the whole path expired more objects than the origin can fill in a minute.",
    ),
    Story(
        6, 15, "ledger-worker", "Ledger is two hours behind", "Lag above 30 min", "SEV2",
        8, 6, 33, 58,
        ("One partition has a message that fails for ever.", "Set the message aside."),
        "A message that cannot be read was retried without end in front of all others.",
        (("Park a message after five tries", "prevention"), ("Alert on the oldest message", "detection")),
    ),
    Story(
        2, 17, "storefront-web", "Seat maps do not load", "Seat map errors above 8 %", "SEV2",
        3, 4, 21, 40,
        ("Seat maps come from a bucket whose policy changed.", "Put the policy back."),
        "The bucket's policy is changed by hand and was not compared with what is written down.",
        (("Manage bucket policies as code", "prevention"),),
        True,
    ),
)  # fmt: skip

PRESENT = Story(
    0, 0, "checkout-api", "Checkout answers 502 after release 4.18.0", "5xx ratio above 2 %", "SEV2",
    2, 2, 0, 0,
    ("Since release 4.18.0 pods wait for payments-db; 38 % of checkouts fail.",
     "Rolling back to 4.17.2, about 4 minutes."),
    "",
    (),
    True,
)  # fmt: skip
"""What people work on while you look."""

RELEASES = (
    ("checkout-api", "Released checkout-api 4.%d.0"),
    ("storefront-web", "Released storefront-web 2.%d.0"),
    ("search-api", "Released search-api 1.%d.0"),
    ("payments-db", "Applied migration %d"),
)
"""What is changed on purpose, with the number of each."""

QUIET_ALERTS = (
    ("checkout-api", "Error ratio above 1 %", "warning"),
    ("payments-db", "Replication lag above 10 s", "warning"),
    ("search-api", "Cache hit ratio below 80 %", "warning"),
    ("event-bus", "Consumer lag above 5,000", "error"),
    ("cdn-edge", "Origin shield flaps", "info"),
    ("invoice-pdf", "PDF render slower than 5 s", "warning"),
    ("mobile-gateway", "Login latency above 2 s", "error"),
    ("webhooks-out", "Retries above 5 %", "warning"),
)
"""Alerts that came and went without an incident."""

NOISY = ("mobile-gateway", "Probe from edge-%d timed out")
"""An alert that comes far too often, with a number of each place."""
