"""Serve the process's metrics to Prometheus, on this machine alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import accumulate

from prometheus_client import CollectorRegistry, Metric, ProcessCollector, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from bot.errors import InvalidSetting
from bot.services import metrics
from bot.services.jobs.job import JobKind, JobState
from bot.services.jobs.runner import JobRunner

_ADDRESS = "127.0.0.1"
_TICK_SECONDS = 0.05  # between two looks at whether the event loop is late
_STALL_SECONDS = 0.1  # late by this much is a stall: a person begins to notice


class _BotCollector(Collector):
    """Read all numbers at each scrape. A scrape runs in a thread of its own; it copies before it goes through."""

    def __init__(self, jobs: JobRunner, is_connected: Callable[[], bool]) -> None:
        self._jobs = jobs
        self._is_connected = is_connected

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily(
            "essay_bot_active_people", "People who acted within the last hour.", metrics.active_people.count()
        )
        yield GaugeMetricFamily(
            "essay_bot_gateway_connected", "1 while the bot is connected to Discord's gateway.", self._is_connected()
        )
        counts = self._jobs.counts()
        running = GaugeMetricFamily("essay_bot_jobs", "Jobs that have not ended.", labels=("kind", "state"))
        for kind in JobKind:
            for state in (JobState.QUEUED, JobState.RUNNING):
                running.add_metric((kind.value, state.value), counts[kind, state])
        yield running
        queued = sum(count for (_, state), count in counts.items() if state is JobState.QUEUED)
        yield GaugeMetricFamily("essay_bot_queue_length", "Jobs that wait for their turn.", queued)
        for counter in metrics.COUNTERS:
            family = CounterMetricFamily(counter.name, counter.help, labels=counter.labels)
            if not counter.labels:
                family.add_metric((), counter.values.get((), 0))
            for values, number in list(counter.values.items()):
                if values:
                    family.add_metric(values, number)
            yield family
        for histogram in metrics.HISTOGRAMS:
            yield _histogram_family(histogram)


def _histogram_family(histogram: metrics.Histogram) -> HistogramMetricFamily:
    family = HistogramMetricFamily(histogram.name, histogram.help, labels=histogram.labels)
    bounds = [*map(str, histogram.bounds), "+Inf"]
    for values, buckets in list(histogram.values.items()):
        family.add_metric(values, list(zip(bounds, accumulate(list(buckets.counts)), strict=True)), buckets.sum)
    return family


@contextmanager
def metrics_server(port: int, jobs: JobRunner, is_connected: Callable[[], bool]) -> Iterator[None]:
    """Serve the metrics at http://127.0.0.1:PORT/metrics while the context lasts. Raise InvalidSetting."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_BotCollector(jobs, is_connected))
    ProcessCollector(registry=registry)
    try:
        server, thread = start_http_server(port, _ADDRESS, registry)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InvalidSetting("METRICS_PORT", f"the port cannot be used ({reason}); choose another") from error
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


async def count_loop_stalls() -> None:
    """Count for ever how often, and by how much, the event loop is late."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + _TICK_SECONDS
        await asyncio.sleep(_TICK_SECONDS)
        if (late := loop.time() - due) >= _STALL_SECONDS:
            metrics.loop_stalls.add()
            metrics.loop_stall_seconds.add(amount=late)
