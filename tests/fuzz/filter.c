/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Filters of the snapshots service: each line is a filter, which is matched with a snapshot. */
#include "tests/fuzz/target.h"

#include "common/base/scope.h"
#include "tools/shale-snapshotter/snapshots/filter.h"

#include <stdlib.h>
#include <string.h>

static struct snapshot *make_snapshot(void)
{
	struct snapshot *snapshot = snapshot_new("default/1/a key", SNAPSHOT_ACTIVE);

	if (!snapshot || labels_set(&snapshot->labels, "io.x/y", "a b,c") < 0 ||
		labels_set(&snapshot->labels, "n", "12") < 0)
		abort();
	return snapshot;
}

/* A refused filter gives a reason, and an accepted one can be matched. */
static void try_filter(const char *text, const struct snapshot *snapshot)
{
	struct filter *filter;
	const char *why = NULL;

	if (filter_new(text, &filter, &why) < 0) {
		if (!why)
			abort();
		return;
	}
	(void)filter_matches(filter, snapshot);
	filter_free(filter);
}

void fuzz_filter(const uint8_t *data, size_t size)
{
	auto_free char *text = malloc(size + 1);
	struct snapshot *snapshot = make_snapshot();
	char *next = text;

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = 0;
	for (char *line; (line = strsep(&next, "\n"));)
		try_filter(line, snapshot);
	snapshot_free(snapshot);
}
