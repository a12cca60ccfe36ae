/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/mount/mountpoint.h"

#include "common/base/scope.h"
#include "common/base/thread.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

/* Replaces "\040" and other octal escapes, in place. */
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

/* A line: ID PARENT MAJ:MIN ROOT MOUNTPOINT OPTIONS [TAG...] - TYPE SOURCE OPTIONS. */
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
	/* The last line for a mount point counts: that mount lies on top. */
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
	/* An older kernel does not report the flag, and another user's FUSE mount refuses to
	 * answer. */
	if (r < 0 || !(stx.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT))
		return state_from_mountinfo(path);
	return stx.stx_attributes & STATX_ATTR_MOUNT_ROOT ? MOUNTPOINT_YES : MOUNTPOINT_NO;
}

/* ---- questions that may never be answered ---- */

struct question {
	pthread_mutex_t lock; /* guards all fields below */
	pthread_cond_t answered;
	bool done;
	bool alone; /* one of the two threads has left: the other frees the struct */
	int answer;
	struct statx stx;
	char path[];
};

static void leave(struct question *question)
{
	bool last = question->alone;

	question->alone = true;
	pthread_mutex_unlock(&question->lock);
	if (!last)
		return;
	pthread_cond_destroy(&question->answered);
	pthread_mutex_destroy(&question->lock);
	free(question);
}

static void *ask(void *arg)
{
	struct question *question = arg;
	struct statx stx;
	int r = sys(statx(AT_FDCWD, question->path,
		AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_FORCE_SYNC, STATX_BASIC_STATS,
		&stx));

	pthread_mutex_lock(&question->lock);
	question->answer = r;
	question->stx = stx;
	question->done = true;
	pthread_cond_signal(&question->answered);
	leave(question);
	return NULL;
}

int mountpoint_stat(const char *path, int milliseconds, struct statx *ret)
{
	struct question *question = calloc(1, sizeof(*question) + strlen(path) + 1);
	pthread_t thread;
	int r = question ? 0 : -ENOMEM;

	if (r < 0)
		return r;
	strcpy(question->path, path);
	pthread_mutex_init(&question->lock, NULL);
	cond_init(&question->answered);
	pthread_mutex_lock(&question->lock);
	struct timespec until = cond_deadline((int64_t)milliseconds * 1000000);
	r = thread_start(&thread, ask, question);
	question->alone = r < 0;
	if (r == 0)
		pthread_detach(thread);
	while (r == 0 && !question->done)
		r = -pthread_cond_timedwait(&question->answered, &question->lock, &until);
	r = question->done ? question->answer : r;
	if (r == 0)
		*ret = question->stx;
	leave(question);
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
