"""The address of a database of parcels."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re
from dataclasses import dataclass, field

from backend.errors import ParcelsInDatabase

_POSTGIS = re.compile(r"(PG|postgis):(?!//)|(postgres|postgresql|postgis)://", re.IGNORECASE)
_OTHER_DATABASE = re.compile(r"(MYSQL|MSSQL|OCI):", re.IGNORECASE)


@dataclass(frozen=True)
class Database:
    """A PostGIS database. As text it is without users and passwords."""

    conninfo: str = field(repr=False)  # as PostgreSQL's own programs take it

    @classmethod
    def at(cls, address: str) -> Database | None:
        """By an address such as `postgresql://USER@HOST/DATABASE` or `PG:host=HOST dbname=DATABASE`; None for others.

        Raises ParcelsInDatabase for those of other databases.
        """
        if _OTHER_DATABASE.match(address):
            raise ParcelsInDatabase
        found = _POSTGIS.match(address)
        if found is None:
            return None
        return cls(address[found.end() :] if found[1] else f"postgresql://{address[found.end() :]}")

    def __str__(self) -> str:
        if self.conninfo.startswith("postgresql://"):
            rest = self.conninfo.rpartition("@")[2].removeprefix("postgresql://").partition("?")[0]
            return f"postgresql://{rest}"
        parts = re.findall(r"\b(?:host|port|dbname|service)\s*=\s*(?:'[^']*'|\S+)", self.conninfo)
        return f"PG:{' '.join(parts)}"

    @property
    def name(self) -> str:
        return str(self)
