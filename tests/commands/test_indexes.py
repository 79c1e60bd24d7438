"""What PostgreSQL has to keep beside each row."""

from django.db import connection

_TWICE = """
    SELECT one.indexrelid::regclass::text, other.indexrelid::regclass::text
    FROM pg_index one
    JOIN pg_index other ON other.indrelid = one.indrelid AND other.indexrelid <> one.indexrelid
        AND other.indkey::text = one.indkey::text AND other.indoption::text = one.indoption::text
        AND other.indclass::text = one.indclass::text AND other.indexprs IS NOT DISTINCT FROM one.indexprs
        AND other.indpred IS NOT DISTINCT FROM one.indpred
    JOIN pg_class c ON c.oid = one.indrelid AND c.relnamespace = 'public'::regnamespace
    WHERE NOT one.indisunique ORDER BY 1
"""


def test_no_index_says_what_another_says_already(cast: object) -> None:
    """Each is written with every row: Django adds one to a foreign key that has its own already."""
    with connection.cursor() as cursor:
        cursor.execute(_TWICE)
        assert cursor.fetchall() == []
