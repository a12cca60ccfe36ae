/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/base/scope.h"
#include "tools/shale-snapshotter/metrics/mounted.h"
#include "tools/shale-snapshotter/metrics/metrics.h"
#include "tools/shale-snapshotter/snapshots/change_snapshot.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#define NS_PER_S 1e9

static void head(FILE *to, const char *name, const char *type, const char *help)
{
	fprintf(to, "# HELP shale_%s %s\n# TYPE shale_%s %s\n", name, help, name, type);
}

/* Writes a label's value, with backslashes, quotes and line ends escaped. */
static void put_value(FILE *to, const char *text)
{
	for (; *text; text++)
		if (*text == '\n')
			fputs("\\n", to);
		else
			fprintf(to, *text == '\\' || *text == '"' ? "\\%c" : "%c", *text);
}

/* ---- calls ---- */

static const char *method_name(const struct wire_method *method)
{
	const char *service = strrchr(method->path, '.');

	return service ? service + 1 : method->path;
}

typedef void put_fn(FILE *to, const char *name, const struct wire_tally *tally);

static void put_codes(FILE *to, const char *name, const struct wire_tally *tally)
{
	static const char *const codes[WIRE_STATUSES] = { "OK", "Canceled", "Unknown",
		"InvalidArgument", "DeadlineExceeded", "NotFound", "AlreadyExists",
		"PermissionDenied", "ResourceExhausted", "FailedPrecondition", "Aborted",
		"OutOfRange", "Unimplemented", "Internal", "Unavailable", "DataLoss",
		"Unauthenticated" };

	for (size_t code = 0; code < WIRE_STATUSES; code++) {
		uint64_t n = atomic_load(&tally->calls[code]);

		if (n || code == WIRE_OK)
			fprintf(to, "shale_calls_total{method=\"%s\",code=\"%s\"} %" PRIu64 "\n",
				name, codes[code], n);
	}
}

static void put_seconds(FILE *to, const char *name, const struct wire_tally *tally)
{
	fprintf(to, "shale_call_seconds_total{method=\"%s\"} %.9f\n", name,
		(double)atomic_load(&tally->nanoseconds) / NS_PER_S);
}

static void put_methods(FILE *to, const struct metrics_sources *sources, put_fn *put)
{
	const struct wire_service *service = sources->services;

	for (; service->methods; service++)
		for (const struct wire_method *method = service->methods; method->path; method++)
			put(to, method_name(method), wire_server_tally(sources->server, method));
}

static void put_calls(FILE *to, const struct metrics_sources *sources)
{
	head(to, "calls_total", "counter", "Calls that were run, by the status of their answers.");
	put_methods(to, sources, put_codes);
	head(to, "call_seconds_total", "counter", "The time that calls ran.");
	put_methods(to, sources, put_seconds);
}

/* ---- snapshots ---- */

struct sums {
	size_t n[SNAPSHOT_COMMITTED + 1];
	int64_t bytes;
	char **uncounted; /* keys of committed snapshots whose bytes must be counted now */
	size_t n_uncounted;
};

static void sum_up(struct catalog *catalog, struct sums *ret)
{
	*ret = (struct sums){ 0 };
	pthread_mutex_lock(&catalog->lock);
	ret->uncounted = calloc(catalog->n + 1, sizeof(*ret->uncounted));
	for (size_t i = 0; i < catalog->n; i++) {
		const struct snapshot *snapshot = catalog->snapshots[i];

		if (snapshot->state == SNAPSHOT_IN_THE_MAKING)
			continue;
		ret->n[snapshot->kind]++;
		if (snapshot->kind != SNAPSHOT_COMMITTED)
			continue;
		if (snapshot->bytes >= 0)
			ret->bytes += snapshot->bytes;
		else if (ret->uncounted)
			ret->uncounted[ret->n_uncounted++] = strdup(snapshot->key);
	}
	pthread_mutex_unlock(&catalog->lock);
}

/* Counts the bytes of committed layers. Each is counted once, and the result is remembered. */
static void count_bytes(struct catalog *catalog, struct sums *sums)
{
	struct shale_error err = { 0 };
	int64_t bytes, inodes;

	for (size_t i = 0; i < sums->n_uncounted; i++) {
		char *key = sums->uncounted[i];

		if (key && snapshot_usage(catalog, key, &bytes, &inodes, &err) == WIRE_OK)
			sums->bytes += bytes;
		free(key);
	}
	free(sums->uncounted);
}

static void put_snapshots(FILE *to, struct catalog *catalog)
{
	struct sums sums;
	struct statvfs fs;

	sum_up(catalog, &sums);
	count_bytes(catalog, &sums);
	head(to, "snapshots", "gauge", "Snapshots, by kind.");
	for (int kind = SNAPSHOT_VIEW; kind <= SNAPSHOT_COMMITTED; kind++)
		fprintf(to, "shale_snapshots{kind=\"%s\"} %zu\n",
			snapshot_kind_name((enum snapshot_kind)kind), sums.n[kind]);
	head(to, "committed_bytes", "gauge", "Bytes on the disk of all committed snapshots.");
	fprintf(to, "shale_committed_bytes %" PRId64 "\n", sums.bytes);
	if (statvfs(catalog->home, &fs) < 0)
		return;
	head(to, "filesystem_size_bytes", "gauge", "Size of the filesystem of the store.");
	fprintf(to, "shale_filesystem_size_bytes %" PRIu64 "\n",
		(uint64_t)fs.f_blocks * fs.f_frsize);
	head(to, "filesystem_free_bytes", "gauge", "Free bytes there, for others than root.");
	fprintf(to, "shale_filesystem_free_bytes %" PRIu64 "\n",
		(uint64_t)fs.f_bavail * fs.f_frsize);
}

/* ---- mounts ---- */

struct figures {
	FILE *to;
	const struct mounted *mounted;
};

static int put_figure(const char *name, const char *value, void *arg)
{
	const struct figures *figures = arg;
	static const char request[] = "request_";
	bool asked = !strncmp(name, request, sizeof(request) - 1);

	fprintf(figures->to, "shale_fuse_%s{layer=\"%s\",mount=\"", asked ? "requests" : name,
		figures->mounted->layer);
	put_value(figures->to, figures->mounted->path);
	if (asked)
		fprintf(figures->to, "\",operation=\"%s", name + sizeof(request) - 1);
	fprintf(figures->to, "\"} %s\n", value);
	return 0;
}

static void put_mounts(FILE *to, struct catalog *catalog)
{
	struct mounts mounts;

	if (mounts_find(catalog->home, &mounts) < 0)
		return;
	head(to, "mounts", "gauge", "Mounts of snapshots on this host, by backend.");
	fprintf(to, "shale_mounts{backend=\"kernel\"} %zu\nshale_mounts{backend=\"fuse\"} %zu\n",
		mounts.n_kernel, mounts.n);
	for (size_t i = 0; i < mounts.n; i++) {
		struct figures figures = { to, &mounts.list[i] };

		(void)shale_layer_stats(
			catalog->store, mounts.list[i].path, put_figure, &figures, NULL);
	}
	mounts_free(&mounts);
}

char *metrics_text(const struct metrics_sources *sources)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		return NULL;
	put_calls(to, sources);
	put_snapshots(to, sources->catalog);
	put_mounts(to, sources->catalog);
	if (fclose(to) == 0)
		return text;
	free(text);
	return NULL;
}
