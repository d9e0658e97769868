from collector.interpret.contexts import vrfs_by_context
from collector.model import Context, System


def test_the_mapping_says_which_vrf_a_context_shows():
    """CISCO-CONTEXT-MAPPING-MIB's VRF counts; the default context is no news, nor is what is no context."""
    entities = [
        Context(name="ctx2", vrf="vrf2"),
        Context(name="ctx1", vrf="vrf1"),
        Context(name="ctx1"),
        Context(name=None, vrf="default"),
        System(name="hub1"),
    ]
    assert vrfs_by_context(entities) == (("ctx1", "vrf1"), ("ctx2", "vrf2"))


def test_contexts_of_something_else_are_left_out():
    """A context that is mapped to a topology, or that nothing is mapped to, shows no VRF."""
    entities = [Context(name="ctx1", vrf="vrf1"), Context(name="ospf-1", topology="base"), Context(name="bridge-1")]
    assert vrfs_by_context(entities) == (("ctx1", "vrf1"),)


def test_without_a_mapping_a_context_has_its_own_name():
    """A device that only has vacmContextTable tells names and nothing else."""
    assert vrfs_by_context([Context(name="vrf-b"), Context(name="vrf-a"), Context()]) == (
        ("vrf-a", "vrf-a"),
        ("vrf-b", "vrf-b"),
    )


def test_a_device_without_contexts_has_none():
    """Nothing said, nothing found."""
    assert vrfs_by_context([]) == ()
