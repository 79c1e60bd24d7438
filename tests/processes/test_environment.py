"""Each environment variable of design section 13: read, checked, and named when wrong."""

import ipaddress

import pytest

from muster.config.environment import Misconfigured, read_environment


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MUSTER_DATABASE_URL", "mysql://db/muster"),
        ("MUSTER_DATABASE_URL", "postgresql://db:http/muster"),
        ("MUSTER_DATABASE_URL", "postgresql:///muster"),
        ("MUSTER_BASE_URL", "muster.example.com"),
        ("MUSTER_SECRET_KEY", "short"),
        ("MUSTER_EMAIL_URL", "mail.example.com"),
        ("MUSTER_HEARTBEAT_URL", "ftp://switch.example.com"),
        ("MUSTER_ALLOW_PRIVATE_TARGETS", "10.0.0.0/8,10.0.0.0/40"),
        ("MUSTER_LOG_FORMAT", "xml"),
        ("MUSTER_KEEP_SIGNALS_DAYS", "0"),
        ("MUSTER_KEEP_SIGNALS_DAYS", "for ever"),
    ],
)
def test_a_wrong_value_is_told_in_one_line_that_names_the_variable(name: str, value: str) -> None:
    with pytest.raises(Misconfigured, match=name) as told:
        read_environment({name: value})
    assert "\n" not in str(told.value)


def test_a_secret_is_never_in_the_message_or_in_the_representation() -> None:
    with pytest.raises(Misconfigured) as told:
        read_environment({"MUSTER_SECRET_KEY": "hush-hush"})
    assert "hush" not in str(told.value)
    kept = read_environment(
        {"MUSTER_SECRET_KEY": "hush" * 10, "MUSTER_EMAIL_URL": "smtp://u:hush@m.example.com"}
    )
    assert "hush" not in repr(kept)


@pytest.mark.parametrize("name", ["MUSTER_DATABASE_URL", "MUSTER_EMAIL_URL", "MUSTER_MAIL_IN"])
@pytest.mark.parametrize(
    "netloc", ["u:hush#@m.example.com", "u:hush\u2100@m.example.com", "u:hush[@m.example.com"]
)
def test_the_password_of_a_badly_escaped_url_is_not_told(name: str, netloc: str) -> None:
    """The library's own words quote what stands before the @."""
    scheme = {"MUSTER_DATABASE_URL": "postgresql", "MUSTER_EMAIL_URL": "smtps", "MUSTER_MAIL_IN": "imaps"}[
        name
    ]
    with pytest.raises(Misconfigured, match=f"{name} is not a URL") as told:
        read_environment({name: f"{scheme}://{netloc}/"})
    assert "hush" not in str(told.value)


def test_private_targets_are_networks() -> None:
    env = read_environment({"MUSTER_ALLOW_PRIVATE_TARGETS": "10.0.0.0/8, fd00::/8"})
    assert env.allow_private_targets == (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8"))


def test_a_database_url_with_a_socket_folder_becomes_djangos_settings() -> None:
    env = read_environment({"MUSTER_DATABASE_URL": "postgresql://muster_app@/muster?host=%2Fdata%2Frun"})
    settings = env.django_database()
    assert (settings["HOST"], settings["USER"], settings["NAME"]) == ("/data/run", "muster_app", "muster")
