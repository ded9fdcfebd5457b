"""What follows for leads when accounts were put by themselves."""

from __future__ import annotations

from tasuki.server.accounts.consequences import AccountsPut
from tasuki.server.people import duplicates
from tasuki.server.people.profiles import follow_accounts


def accounts_were_put(put: AccountsPut) -> None:
    """New versions of the profiles of their leads, which are folded again; and questions which accounts are the same."""
    follow_accounts(put.changed, source=put.source, now=put.now, job=put.job)
    duplicates.compare_accounts(duplicates.companies([*put.created, *put.changed]), put.now)
