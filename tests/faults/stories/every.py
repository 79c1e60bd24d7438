"""Every story that is told without a fault; `SLOW` in the long form only."""

from faults.stories import Story, live, oncall, outside, paging, peers

QUICK: dict[str, Story] = {
    "nobody-first": paging.NOBODY_FIRST,
    "all-providers-fail": paging.ALL_FAIL,
    "folds": oncall.FOLDS,
    "live-stream": live.WATCHED,
    "rebinding": outside.REBINDING,
    "twins": peers.TWINS,
    "waits-for-hours": peers.WAITS,
}
SLOW: dict[str, Story] = {
    "backlog": paging.BACKLOGGED,
    "hanging-provider": paging.HANGING,
    "clock-ahead": paging.clock_ahead(),
    "handoffs": oncall.HANDOFFS,
    "no-worker": peers.NO_WORKER,
}
