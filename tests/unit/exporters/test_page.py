import re
from html.parser import HTMLParser

from collector.store import Store
from exporters.page import MAX_ROWS, STYLE, STYLE_HASH, page_html


def page(*snapshots):
    store = Store()
    for one in snapshots:
        store.publish(one)
    return "".join(page_html(store.contexts()))


class Balance(HTMLParser):
    """Follows which elements are open."""

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, _):
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_lists_the_latest_polls(snapshot):
    """Target, VRF, module, outcome, when and how long."""
    html = page(snapshot(), snapshot(vrf="vrf2", error="timed out", duration_seconds=6.0))
    rows = re.findall(r"<tr><td>(.*?)</td></tr>", html)
    assert [row.split("</td><td>") for row in rows] == [
        ["hub1", "vrf1", "ipsec", "succeeded", "2023-11-14 22:13:20 UTC", "0.500 s"],
        ["hub1", "vrf2", "ipsec", "failed: timed out", "2023-11-14 22:13:20 UTC", "6.000 s"],
    ]


def test_the_page_is_well_formed_and_links_to_the_rest():
    """Even before anything was polled; it says so."""
    html = page()
    balance = Balance()
    balance.feed(html)
    assert balance.open == []
    assert re.findall(r'href="(.*?)"', html) == [
        "/metrics",
        "/api/v1/tunnels",
        "/api/v1/targets",
        "/-/healthy",
        "/-/ready",
    ]
    assert "Nothing has been polled yet." in html


def test_what_devices_say_is_escaped(snapshot):
    """An error may quote a device."""
    assert "&lt;script&gt;" in page(snapshot(error="<script>alert(1)</script>"))


def test_nothing_comes_from_outside(snapshot):
    """No script, no image, no foreign address; the style is the one that the policy allows."""
    html = page(snapshot())
    assert not re.search(r"<script|<img|<link|https?://|@import|url\(", html)
    assert f"<style>{STYLE}</style>" in html
    assert STYLE_HASH.startswith("sha256-")


def test_a_long_list_is_cut_and_says_so(snapshot):
    """The API has all of it."""
    html = page(*(snapshot(target=f"hub{number}") for number in range(MAX_ROWS + 3)))
    assert html.count("<tr><td>") == MAX_ROWS
    assert "3 more are in" in html
