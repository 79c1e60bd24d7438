"""Companies as configuration: the example of design section 13, with everything in it, and a team of many."""

ACME = """\
version: 1
organisation: {name: Acme, timezone: Europe/Madrid, fallback: [person:cleo], hours: {days: [mon, tue, wed, thu, fri], from: "09:00", to: "17:00"}, holidays: ES}
people:
  - {handle: ana, name: Ana Ruiz, email: ana@example.com, role: responder, timezone: Europe/Madrid,
     contacts: [{kind: email, address: ana@example.com}, {kind: webhook, url: "http://127.0.0.1:9/p"}],
     rules: {high: [{after: 0s, use: webhook}, {after: 5m, use: email}], low: [{after: 0s, use: email}]}}
  - {handle: ben, name: Ben Okafor, email: ben@example.com, role: responder, contacts: [{kind: email, address: ben@example.com}]}
  - {handle: cleo, name: Cleo Marsh, email: cleo@example.com, role: manager, contacts: [{kind: email, address: cleo@example.com}]}
teams:     [{handle: payments, name: Payments, members: [ana, ben], manager: cleo}]
schedules:
  - {handle: payments-primary, team: payments, timezone: Europe/Madrid,
     layers: [{every: 1 week, start: "2026-01-05T09:00", people: [ana, ben], only: [{days: [mon, tue, wed, thu, fri], from: "09:00", to: "17:00"}]}],
     overrides: [{from: "2026-02-01T09:00", to: "2026-02-02T09:00", person: ben}]}
positions: [{handle: engineering-director, holders: [person:cleo]}]   # target position:engineering-director
products:  [{handle: shop, name: Shop, services: [checkout]}]
policies:
  - {handle: payments, steps: [{after: 0s, notify: [schedule:payments-primary]}, {after: 15m, notify: [person:ben, team:payments]}, {after: 15m, notify: [manager:payments]}], repeat: 1}
services:
  - {handle: orders-db, name: Orders}
  - {handle: checkout, name: Checkout, team: payments, policy: payments, depends_on: [orders-db]}
integrations: [{handle: checkout-alertmanager, service: checkout, kind: alertmanager}]
customers: [{handle: acme, name: Acme, services: [checkout]}]
status_pages: [{slug: main, name: Acme Status, visibility: public, components: [{name: Checkout, service: checkout}]}]
"""  # noqa: E501 - as it stands in the design

EXPORTED = """\
version: 1
organisation:
  name: Acme
  timezone: Europe/Madrid
  fallback: [person:cleo]
  hours: {days: [mon, tue, wed, thu, fri], from: 09:00, to: '17:00'}
  holidays: ES
people:
- handle: ana
  name: Ana Ruiz
  email: ana@example.com
  role: responder
  timezone: Europe/Madrid
  contacts: [{kind: email, address: ana@example.com}, {kind: webhook, url: 'http://127.0.0.1:9/p'}]
  rules:
    high: [{use: webhook, after: 0s}, {use: email, after: 5m}]
    low: [{use: email, after: 0s}]
- handle: ben
  name: Ben Okafor
  email: ben@example.com
  role: responder
  timezone: UTC
  contacts: [{kind: email, address: ben@example.com}]
- handle: cleo
  name: Cleo Marsh
  email: cleo@example.com
  role: manager
  timezone: UTC
  contacts: [{kind: email, address: cleo@example.com}]
teams:
- {handle: payments, name: Payments, members: [ana, ben], manager: cleo}
schedules:
- handle: payments-primary
  name: payments-primary
  team: payments
  timezone: Europe/Madrid
  layers:
  - every: 1 week
    start: 2026-01-05T09:00
    people: [ana, ben]
    only: [{days: [mon, tue, wed, thu, fri], from: 09:00, to: '17:00'}]
positions:
- {handle: engineering-director, name: engineering-director, holders: ['person:cleo']}
products:
- {handle: shop, name: Shop, services: [checkout]}
policies:
- handle: payments
  name: payments
  steps:
  - {notify: ['schedule:payments-primary'], after: 0s}
  - {notify: ['person:ben', 'team:payments'], after: 15m}
  - {notify: ['manager:payments'], after: 15m}
  repeat: 1
  then_after: 15m
services:
- {handle: checkout, name: Checkout, team: payments, policy: payments, urgency: by_severity, depends_on: [orders-db]}
- {handle: orders-db, name: Orders, urgency: by_severity}
integrations:
- {handle: checkout-alertmanager, service: checkout, kind: alertmanager}
customers:
- {handle: acme, name: Acme, services: [checkout]}
status_pages:
- {slug: main, name: Acme Status, visibility: public, components: [{name: Checkout, service: checkout}]}
"""  # noqa: E501 - a table


def ops(people: int) -> str:
    """A team of so many, each with an e-mail address, and a policy that pages all of them at once."""
    each = "".join(
        f"  - {{handle: p{n}, name: P{n}, email: p{n}@example.com, role: responder,"
        f" contacts: [{{kind: email, address: p{n}@example.com}}]}}\n"
        for n in range(people)
    )
    members = ", ".join(f"p{n}" for n in range(people))
    return (
        f"version: 1\npeople:\n{each}"
        f"teams: [{{handle: ops, name: Ops, members: [{members}]}}]\n"
        "policies: [{handle: ops, steps: [{after: 0s, notify: [team:ops]}]}]\n"
    )
