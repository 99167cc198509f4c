"""Many invites at once: each is an action of its own, with a result and an entry."""

from __future__ import annotations

import threading

from making import audit_rows, make_operator, make_pool
from rmtui.services import pools, pools_many
from rmtui.services.bulk import Target
from rmtui.services.pools import PoolQuery


def test_each_has_a_result_and_an_entry(env):
    boss = make_operator()
    made = [make_pool(boss.pk, f"INVITE2{sign}") for sign in "ABC"]
    targets = [Target(row.pk, row.invitecode) for row in made]
    pools.disable(boss, made[1].pk)
    report = pools_many.change(boss, "disable", targets)
    assert [result.sentence for result in report.results] == ["Disabled.", "Was disabled already.", "Disabled."]
    assert [result.sentence for result in pools_many.change(boss, "enable", targets[:1]).results] == ["Enabled."]
    pools.delete(boss, made[2].pk)
    report = pools_many.change(boss, "delete", targets)
    assert [result.outcome for result in report.results] == ["done", "done", "refused"]
    assert {row.pk for row in pools.present(PoolQuery(), [row.pk for row in made])} == set()
    assert {row.pk for row in pools.present(PoolQuery(deleted=True), [made[0].pk])} == {made[0].pk}
    assert [(action, outcome) for _by, action, outcome, *_rest in audit_rows()].count(("delete-pool", "done")) == 3
    stop = threading.Event()
    stop.set()
    assert [result.outcome for result in pools_many.change(boss, "enable", targets, stop=stop).results] == ["left"] * 3
