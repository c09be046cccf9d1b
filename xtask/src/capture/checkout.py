"""A small service as the official Python client instruments it; it answers in OpenMetrics when asked.

Nothing is bought here: a loop observes made-up checkouts on a fixed schedule, so that the exposition has what
the recorded servers do not show: exemplars, created timestamps, units, an info and a state set.
"""

import math
import sys
import time

from prometheus_client import Counter, Enum, Gauge, Histogram, Info, Summary, start_http_server

orders = Counter("checkout_orders", "Orders by how they ended.", ["status"])
duration = Histogram(
    "checkout_duration", "How long a step of the checkout took.", ["step"], unit="seconds",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5),
)
basket = Summary("checkout_basket_value", "What a basket was worth.", unit="euros")
queue = Gauge("checkout_queue_length", "Orders that wait for the warehouse.\nZero at night; a \\ is only a \\.")
state = Enum("checkout_state", "Whether the service keeps up.", states=["keeping_up", "behind", "closed"])
Info("checkout_build", "What runs here.").info({"version": "3.1.4", "note": 'a "quoted" word'})

start_http_server(int(sys.argv[1]), addr="127.0.0.1")
for order in range(10**9):
    wave = 1.0 + math.sin(order / 300.0)
    for place, step in enumerate(("basket", "payment", "confirmation")):
        seconds = 0.004 * (1 + place * 4) * (1 + order * 7 % 11) * (0.5 + wave)
        duration.labels(step).observe(seconds, exemplar={"trace_id": f"{order * 0x9E3779B97F4A7C15 % 2**64:016x}"})
    orders.labels("refused" if order % 23 == 7 else "paid").inc()
    basket.observe(5.0 + order * 13 % 97)
    queue.set(round(10 * wave))
    state.state("behind" if wave > 1.5 else "keeping_up")
    time.sleep(0.25)
