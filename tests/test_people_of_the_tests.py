"""The people and clients of conftest.py have the rights their names promise."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client


@pytest.mark.parametrize(
    ("name", "permission", "may"),
    [
        ("alice", "messaging.add_account", True),
        ("marta", "campaigns.run_campaign", True),
        ("marta", "messaging.add_account", False),
        ("bob", "messaging.send_message", True),
        ("bob", "campaigns.run_campaign", False),
        ("charlie", "contacts.view_contact", True),
        ("charlie", "contacts.add_contact", False),
        ("admin", "contacts.delete_contact", True),
    ],
)
def test_it_gives_each_person_their_role(request: pytest.FixtureRequest, name: str, permission: str, may: bool) -> None:
    user: User = request.getfixturevalue(name)
    assert user.has_perm(permission) is may


def test_it_signs_the_admin_in(admin_site: Client) -> None:
    assert admin_site.get("/admin/").status_code == 200


def test_it_names_a_database_that_other_processes_can_open(database_url: str) -> None:
    assert str(connection.settings_dict["NAME"]) in database_url
