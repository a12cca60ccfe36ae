/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale-snapshotter/metrics/mounted.h"

#include "common/base/scope.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define FUSE_TYPE "fuse.shale-fuse"
/* The prefix of the ids of snapshots' layers: see snapshots/make_snapshot.c. */
#define LAYER "ctr-"

/* Replaces octal escapes such as "\040" in TEXT. */
static char *unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; to++) {
		unsigned int byte;

		if (from[0] == '\\' && strlen(from) >= 4 && sscanf(from + 1, "%3o", &byte) == 1) {
			*to = (char)byte;
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = 0;
	return text;
}

/* The fields of a line: ID PARENT MAJ:MIN ROOT PATH OPTIONS [TAG...] - TYPE SOURCE SUPER-OPTIONS.
 */
struct line {
	char *path, *type, *source, *options;
};

static bool parse(char *text, struct line *ret)
{
	char *save, *field = strtok_r(text, " ", &save);

	for (int i = 0; i < 4 && field; i++)
		field = strtok_r(NULL, " ", &save);
	ret->path = field;
	while (field && strcmp(field, "-") != 0)
		field = strtok_r(NULL, " ", &save);
	ret->type = field ? strtok_r(NULL, " ", &save) : NULL;
	ret->source = ret->type ? strtok_r(NULL, " ", &save) : NULL;
	ret->options = ret->source ? strtok_r(NULL, "\n", &save) : NULL;
	return ret->options;
}

static int add(struct mounts *mounts, struct line *line)
{
	struct mounted *list = reallocarray(mounts->list, mounts->n + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	mounts->list = list;
	struct mounted *mounted = &list[mounts->n++];
	mounted->path = strdup(unescape(line->path));
	mounted->layer = strdup(unescape(line->source));
	return mounted->path && mounted->layer ? 0 : -ENOMEM;
}

/* Tells whether an overlay's topmost layer is in HOME. */
static bool is_in(const char *options, const char *home)
{
	const char *lower = strstr(options, "lowerdir=");

	return lower && !strncmp(lower + strlen("lowerdir="), home, strlen(home));
}

int mounts_find(const char *home, struct mounts *ret)
{
	auto_fclose FILE *file = fopen("/proc/self/mountinfo", "re");
	auto_free char *text = NULL;
	struct mounts mounts = { 0 };
	size_t size = 0;
	int r = 0;

	if (!file)
		return -errno;
	while (r == 0 && getline(&text, &size, file) > 0) {
		struct line line;

		if (!parse(text, &line))
			continue;
		if (!strcmp(line.type, FUSE_TYPE) && !strncmp(line.source, LAYER, strlen(LAYER)))
			r = add(&mounts, &line);
		else if (!strcmp(line.type, "overlay"))
			mounts.n_kernel += is_in(unescape(line.options), home);
	}
	if (r < 0)
		mounts_free(&mounts);
	else
		*ret = mounts;
	return r;
}

void mounts_free(struct mounts *mounts)
{
	for (size_t i = 0; i < mounts->n; i++) {
		free(mounts->list[i].path);
		free(mounts->list[i].layer);
	}
	free(mounts->list);
	*mounts = (struct mounts){ 0 };
}
