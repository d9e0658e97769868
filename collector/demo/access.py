"""How the hub's agent is asked: its communities and its SNMPv3 user.

They guard nothing: the hub is simulated, and on loopback.
"""

from collections.abc import Mapping

from collector.demo.cast import PLANS

ADDRESS = "127.0.0.1"

GLOBAL_COMMUNITY = "global1"
COMMUNITIES: Mapping[str, str] = {
    GLOBAL_COMMUNITY: "",
    **{plan.community: plan.context for plan in PLANS},
    **{f"{GLOBAL_COMMUNITY}@{plan.context}": plan.context for plan in PLANS},
}
"""The context of each community, as the recorded router maps them; and one by the context's name, for discovery."""

USER = "demo"
AUTH_SECRET = "authenticate-demo"  # noqa: S105 - see above
PRIV_SECRET = "encrypt-demo"  # noqa: S105 - see above
"""SHA-256 and AES-128."""
