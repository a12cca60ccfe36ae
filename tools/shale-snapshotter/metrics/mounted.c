/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale-snapshotter/metrics/mounted.h"

#include "common/base/scope.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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
	char *device, *path, *type, *source, *options;
};

static bool parse(char *text, struct line *ret)
{
	char *save, *field = strtok_r(text, " ", &save);

	for (int i = 0; i < 2 && field; i++)
		field = strtok_r(NULL, " ", &save);
	ret->device = field;
	for (int i = 0; i < 2 && field; i++)
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

/* Tells whether NAME, the name of a layer in an overlay mount's options, is in HOME. A client with
 * many layers may name them relative to HOME, or to its directory l/. */
static bool layer_is_in(const char *name, size_t length, const char *home)
{
	static const char *const from[] = { "", "l/" };
	const size_t n = strlen(home);

	if (*name == '/')
		return length > n && !strncmp(name, home, n) && name[n] == '/';
	for (size_t i = 0; i < sizeof(from) / sizeof(*from); i++) {
		auto_free char *path = NULL;

		if (asprintf(&path, "%s/%s%.*s", home, from[i], (int)length, name) < 0)
			return false;
		if (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			return true;
	}
	return false;
}

/* Tells whether the topmost layer of an overlay mount is in HOME. For layers that were named one by
 * one, the kernel shows an option "lowerdir+" for each. */
static bool is_in(const char *options, const char *home)
{
	static const char *const keys[] = { "upperdir=", "lowerdir=", "lowerdir+=" };

	for (const char *option = options; *option;
		option += strcspn(option, ","), option += *option == ',')
		for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
			const char *name = option + strlen(keys[i]);

			if (!strncmp(option, keys[i], strlen(keys[i])))
				return layer_is_in(name, strcspn(name, ":,"), home);
		}
	return false;
}

/* Devices (st_dev) of the mounts that were counted already. */
struct devices {
	char **list;
	size_t n;
};

/* Adds DEVICE and returns 1. Returns 0 if it is known already: then this line of mountinfo is a
 * bind mount of the same filesystem. */
static int devices_add(struct devices *devices, const char *device)
{
	for (size_t i = 0; i < devices->n; i++)
		if (!strcmp(devices->list[i], device))
			return 0;
	char **list = reallocarray(devices->list, devices->n + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	devices->list = list;
	list[devices->n] = strdup(device);
	return list[devices->n++] ? 1 : -ENOMEM;
}

static void devices_free(struct devices *devices)
{
	for (size_t i = 0; i < devices->n; i++)
		free(devices->list[i]);
	free(devices->list);
}

static int count(
	struct mounts *mounts, struct devices *devices, struct line *line, const char *home)
{
	const bool fuse = !strcmp(line->type, FUSE_TYPE) &&
			  !strncmp(line->source, LAYER, strlen(LAYER));

	if (!fuse && (strcmp(line->type, "overlay") != 0 || !is_in(unescape(line->options), home)))
		return 0;
	int r = devices_add(devices, line->device);
	if (r <= 0)
		return r;
	if (fuse)
		return add(mounts, line);
	mounts->n_kernel++;
	return 0;
}

int mounts_find(const char *home, struct mounts *ret)
{
	auto_fclose FILE *file = fopen("/proc/self/mountinfo", "re");
	auto_free char *text = NULL;
	struct devices devices = { 0 };
	struct mounts mounts = { 0 };
	size_t size = 0;
	int r = 0;

	if (!file)
		return -errno;
	while (r == 0 && getline(&text, &size, file) > 0) {
		struct line line;

		if (parse(text, &line))
			r = count(&mounts, &devices, &line, home);
	}
	devices_free(&devices);
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
