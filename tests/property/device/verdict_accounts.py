"""What must be true of tunnels in the end: accounts are what their sessions carried, transitions are those seen."""

from collections import Counter, defaultdict

from collector.model import COUNTED


def check_accounts(findings, exact):
    """Compare accounts with the sessions on record, and with the truth where all sessions are exact."""
    carried, cases = defaultdict(Counter), defaultdict(list)
    for case in findings.cases:
        session = case.session
        key = session.vrf, session.level, session.tunnel, session.peer
        if session.accounted:
            cases[key].append(case)
            if session.ended_at is not None:
                carried[key].update(_told(COUNTED[session.level], session.counts))
    for key, known in findings.record.tunnels.items():
        base = _told(COUNTED[key[1]], known.base)
        assert base == +carried[key], f"the account of {key} is not what its sessions carried: {base}, {carried[key]}"
        assert known.sessions == len(cases[key]), f"{key} had {len(cases[key])} sessions, not {known.sessions}"
    for key, account in findings.watch.witness.accounts.items():
        _check_shown(findings, key, account, cases[key], all(case in exact for case in cases[key]))


def _told(names, values):
    return Counter({name: value for name, value in zip(names, values, strict=False) if value})


def _check_shown(findings, key, account, cases, exact):
    """Compare what is shown in the end with what was carried until rows were last read."""
    shown, truth = dict(zip(COUNTED[key[1]], account, strict=True)), Counter()
    for case in cases:
        life = case.life
        read_at = max((at for at, *_ in findings.readings[life]), default=life.born)
        at = read_at if case.session.ended_at is None else life.died
        truth.update({**life.carried(at), "refreshes": life.refreshes(at)})
    for name, true in truth.items():
        assert (shown[name] or 0) <= true, f"{name} of {key}: {shown[name]} is more than {true}"
        assert not exact or (shown[name] or 0) == true, f"{name} of {key}: {shown[name]} is not {true}"


def check_transitions(findings):
    """Compare transitions with what polls found."""
    witness = findings.watch.witness
    for key, known in findings.record.tunnels.items():
        if key not in witness.tainted:
            assert known.downs == witness.downs[key], f"{key} went down {witness.downs[key]} times, not {known.downs}"
            first = known.ups - witness.ups[key]
            assert first in {0, 1}, f"{key} came up {witness.ups[key]} times, not {known.ups}"
