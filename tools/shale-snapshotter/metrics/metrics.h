/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers GET /metrics on a socket of its own with the statistics of the service and of the mounts
 * that it has made, in Prometheus' text form. shale-snapshotter(8) lists the names. */
#pragma once

#include "tools/shale-snapshotter/snapshots/catalog.h"
#include "tools/shale-snapshotter/wire/wire.h"

struct metrics;

/* Where the statistics come from. These objects must live longer than the metrics. */
struct metrics_sources {
	struct catalog *catalog;
	const struct wire_service *services;
	const struct wire_server *server;
};

/* Listens at PATH as listener_open does, and answers in a thread. */
int metrics_start(const char *path, const struct metrics_sources *sources, struct metrics **ret,
	struct shale_error *err);
/* Stops the thread. METRICS may be NULL. */
void metrics_stop(struct metrics *metrics);

/* Returns the text of the metrics, which the caller frees; NULL without memory. */
char *metrics_text(const struct metrics_sources *sources);
