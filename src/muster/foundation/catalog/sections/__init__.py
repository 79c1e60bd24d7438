"""The sections of the configuration file that the catalog and access hold."""

from muster.foundation.catalog.sections.organisation import OrganisationSection
from muster.foundation.catalog.sections.parts import CustomersSection, PositionsSection, ProductsSection
from muster.foundation.catalog.sections.people import PeopleSection
from muster.foundation.catalog.sections.services import ServicesSection
from muster.foundation.catalog.sections.teams import TeamsSection

SECTIONS = (
    OrganisationSection(),
    PeopleSection(),
    TeamsSection(),
    PositionsSection(),
    ProductsSection(),
    ServicesSection(),
    CustomersSection(),
)
