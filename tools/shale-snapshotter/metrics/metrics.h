/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GET /metrics on a socket of its own: what the service has done, and the mounts that it serves, in
 * Prometheus' text form. shale-snapshotter(8) lists the names. */
#pragma once

#include "tools/shale-snapshotter/snapshots/catalog.h"
#include "tools/shale-snapshotter/wire/wire.h"

struct metrics;

/* The sources of the figures; they must outlive the metrics. */
struct metrics_sources {
	struct catalog *catalog;
	const struct wire_service *services;
	const struct wire_server *server;
};

/* Listens at PATH as listener_open does, and answers in a thread. */
int metrics_start(const char *path, const struct metrics_sources *sources, struct metrics **ret,
	struct shale_error *err);
/* NULL is allowed. */
void metrics_stop(struct metrics *metrics);

/* The text, for the caller to free; NULL without memory. */
char *metrics_text(const struct metrics_sources *sources);
