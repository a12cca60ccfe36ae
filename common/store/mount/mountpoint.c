/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/mount/mountpoint.h"

#include "common/base/bounded.h"
#include "common/base/scope.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

/* Replaces octal escapes such as "\040" in TEXT. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *p = text; *p; to++) {
		unsigned int byte;

		if (p[0] == '\\' && sscanf(p + 1, "%3o", &byte) == 1 && strlen(p) >= 4) {
			*to = (char)byte;
			p += 4;
		} else {
			*to = *p++;
		}
	}
	*to = 0;
}

/* Parses a line: ID PARENT MAJ:MIN ROOT MOUNTPOINT OPTIONS [TAG...] - TYPE SOURCE OPTIONS. */
static bool parse_line(char *line, char **ret_point, char **ret_type)
{
	char *save, *field = strtok_r(line, " ", &save);

	for (int i = 0; i < 4 && field; i++)
		field = strtok_r(NULL, " ", &save);
	*ret_point = field;
	while (field && strcmp(field, "-") != 0)
		field = strtok_r(NULL, " ", &save);
	*ret_type = field ? strtok_r(NULL, " ", &save) : NULL;
	if (!*ret_type)
		return false;
	unescape(*ret_point);
	return true;
}

int mountpoint_type(const char *path, char **ret)
{
	auto_fclose FILE *file = fopen("/proc/self/mountinfo", "re");
	auto_free char *line = NULL;
	auto_free char *found = NULL;
	size_t size = 0;
	char *point, *type;

	if (!file)
		return -errno;
	/* If several lines have the same mount point, the last one counts: that mount lies on
	 * top. */
	while (getline(&line, &size, file) > 0) {
		if (!parse_line(line, &point, &type) || strcmp(point, path) != 0)
			continue;
		free(found);
		found = strdup(type);
		if (!found)
			return -ENOMEM;
	}
	if (ferror(file))
		return -EIO;
	*ret = steal_ptr(&found);
	return 0;
}

static int state_from_mountinfo(const char *path)
{
	auto_free char *type = NULL;
	int r = mountpoint_type(path, &type);

	if (r < 0)
		return r;
	return type ? MOUNTPOINT_YES : MOUNTPOINT_NO;
}

int mountpoint_state(const char *path)
{
	struct statx stx;
	int r = sys(statx(AT_FDCWD, path,
		AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC, STATX_INO, &stx));

	if (r == -ENOENT || r == -ENOTDIR)
		return MOUNTPOINT_NO;
	/* Older kernels do not report this flag, and a FUSE mount of another user refuses to
	 * answer. */
	if (r < 0 || !(stx.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT))
		return state_from_mountinfo(path);
	return stx.stx_attributes & STATX_ATTR_MOUNT_ROOT ? MOUNTPOINT_YES : MOUNTPOINT_NO;
}

/* ---- calls that may hang ---- */

struct question {
	struct statx stx;
	char path[];
};

static int ask(void *data)
{
	struct question *question = data;

	return sys(statx(AT_FDCWD, question->path,
		AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_FORCE_SYNC, STATX_BASIC_STATS,
		&question->stx));
}

int mountpoint_stat(const char *path, int milliseconds, struct statx *ret)
{
	size_t size = sizeof(struct question) + strlen(path) + 1;
	auto_free struct question *question = calloc(1, size);

	if (!question)
		return -ENOMEM;
	strcpy(question->path, path);
	int r = bounded_call(ask, question, size, milliseconds);
	if (r == 0)
		*ret = question->stx;
	return r;
}

int mountpoint_answer(const char *path, int milliseconds)
{
	struct statx stx;
	int r = mountpoint_stat(path, milliseconds, &stx);

	if (r == -ENOTCONN || r == -ECONNABORTED)
		return MOUNTPOINT_DEAD;
	if (r == -ETIMEDOUT)
		return MOUNTPOINT_HUNG;
	return MOUNTPOINT_YES;
}
