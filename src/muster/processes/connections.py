"""How processes connect to the database, and as which of its two roles (design section 4)."""

from dataclasses import dataclass

OWNER = "muster_owner"
APP = "muster_app"


@dataclass(frozen=True, slots=True)
class Access:
    """How to connect: a URL, and the role to take once connected ("" = stay who the URL says)."""

    url: str
    role: str = ""

    def environment(self) -> dict[str, str]:
        """The environment variables that make a child of ours connect so."""
        return {"MUSTER_DATABASE_URL": self.url, "MUSTER_DATABASE_ROLE": self.role}


@dataclass(frozen=True, slots=True)
class Database:
    """The provisioned database: `url` as it was given, `owner` for migrations, `app` for everything else."""

    url: str
    owner: Access
    app: Access
