"""Event kinds of the catalog, worded when they are read."""

from django.utils.translation import gettext as _

from muster.foundation.timeline.kinds import Kind

KINDS = (
    Kind("team.added", lambda p: _("added the team %(name)s") % p, "users"),
    Kind("team.changed", lambda p: _("changed the team %(handle)s") % p, "users"),
    Kind("team.renamed", lambda p: _("renamed the team %(before)s to %(after)s") % p, "users"),
    Kind("team.retired", lambda p: _("retired the team %(handle)s") % p, "archive"),
    Kind("team.restored", lambda p: _("brought the team %(handle)s back") % p, "rotate-ccw"),
    Kind("service.added", lambda p: _("added the service %(name)s") % p, "server"),
    Kind("service.changed", lambda p: _("changed the service %(handle)s") % p, "server"),
    Kind("service.renamed", lambda p: _("renamed the service %(before)s to %(after)s") % p, "server"),
    Kind("service.retired", lambda p: _("retired the service %(handle)s") % p, "archive"),
    Kind("service.restored", lambda p: _("brought the service %(handle)s back") % p, "rotate-ccw"),
    Kind("product.added", lambda p: _("added the product %(name)s") % p, "boxes"),
    Kind("product.changed", lambda p: _("changed the product %(handle)s") % p, "boxes"),
    Kind("product.renamed", lambda p: _("renamed the product %(before)s to %(after)s") % p, "boxes"),
    Kind("product.retired", lambda p: _("retired the product %(handle)s") % p, "archive"),
    Kind("product.restored", lambda p: _("brought the product %(handle)s back") % p, "rotate-ccw"),
    Kind("customer.added", lambda p: _("added the customer %(name)s") % p, "flag"),
    Kind("customer.changed", lambda p: _("changed the customer %(handle)s") % p, "flag"),
    Kind("customer.renamed", lambda p: _("renamed the customer %(before)s to %(after)s") % p, "flag"),
    Kind("customer.retired", lambda p: _("retired the customer %(handle)s") % p, "archive"),
    Kind("customer.restored", lambda p: _("brought the customer %(handle)s back") % p, "rotate-ccw"),
    Kind("position.added", lambda p: _("added the position %(name)s") % p, "shield"),
    Kind("position.changed", lambda p: _("changed the position %(handle)s") % p, "shield"),
    Kind("position.renamed", lambda p: _("renamed the position %(before)s to %(after)s") % p, "shield"),
    Kind("position.retired", lambda p: _("retired the position %(handle)s") % p, "archive"),
    Kind("position.restored", lambda p: _("brought the position %(handle)s back") % p, "rotate-ccw"),
)
