"""Markdown that people write becomes safe HTML: every untrusted byte is inert (design 10)."""

import pytest

from muster.review.postmortem.markdown import html_of


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "![x](https://evil.example/beacon.png)",
        '<https://a.example/"onmouseover=alert(1)>',
        "```\n</code></pre><script>alert(1)</script>\n```",
        "| <b onclick=x> |\n|-|\n| <svg onload=x> |",
    ],
)
def test_nothing_runs_and_nothing_is_fetched(text: str) -> None:
    html = str(html_of(text)).lower()
    for danger in ("<script", "<img", "<svg", "<b ", 'javascript:alert(1)"', 'href="data:', " onmouseover="):
        assert danger not in html, html


def test_people_get_lists_links_tables_and_emphasis() -> None:
    html = html_of("- **one**\n- [two](https://a.example)\n\n|a|\n|-|\n|b|")
    assert "<li><strong>one</strong></li>" in html
    assert 'href="https://a.example" rel="noopener noreferrer nofollow"' in html
    assert "<td>b</td>" in html


def test_headings_stay_below_those_of_the_sections() -> None:
    assert html_of("# Big\n\n###### Small").count("<h3>") == 2
