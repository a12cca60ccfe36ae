/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/namesum.h"

#include "common/cleanup.h"

#include <fcntl.h>
#include <linux/limits.h>
#include <stdbool.h>
#include <string.h>

struct shale_namesum {
	struct shale_datasum *datasum;
	struct shale_noted *noted; /* may be NULL */
};

static int sum_target(
	struct shale_namesum *sum, const struct shale_treewalk_name *at, struct shale_digest *ret)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(at->dirfd, at->name, target, sizeof(target));

	if (n < 0)
		return -errno;
	shale_datasum_of_data(sum->datasum, target, (size_t)n, ret);
	return 0;
}

static const struct shale_note *find_note(
	const struct shale_namesum *sum, const struct shale_treewalk_name *at)
{
	bool known = sum->noted && at->type == DT_REG;

	return known ? shale_noted_find(sum->noted, at->ino) : NULL;
}

static int sum_data(
	struct shale_namesum *sum, const struct shale_treewalk_name *at, struct shale_digest *ret)
{
	const struct shale_note *known = find_note(sum, at);

	if (known) {
		*ret = known->digest;
		return 0;
	}
	auto_close int fd = sys(
		openat(at->dirfd, at->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
	return fd < 0 ? fd : shale_datasum_of_file(sum->datasum, fd, ret);
}

void shale_namesum_free(struct shale_namesum *sum)
{
	if (sum)
		shale_datasum_free(sum->datasum);
	free(sum);
}

int shale_namesum_get(
	struct shale_namesum *sum, const struct shale_treewalk_name *at, struct shale_namesums *ret)
{
	*ret = (struct shale_namesums){ .type = at->type };
	if (at->type == DT_LNK)
		return sum_target(sum, at, &ret->data);
	return at->type == DT_REG ? sum_data(sum, at, &ret->data) : 0;
}

int shale_namesum_stat(
	struct shale_namesum *sum, const struct shale_treewalk_name *at, struct shale_namestat *ret)
{
	const struct shale_note *known = find_note(sum, at);

	if (!known || !known->plain)
		return shale_namestat_get(at, ret);
	*ret = known->stat;
	return 0;
}

struct shale_namesum *shale_namesum_new(struct shale_noted *noted)
{
	struct shale_namesum *sum = calloc(1, sizeof(*sum));

	if (!sum)
		return NULL;
	sum->noted = noted;
	sum->datasum = shale_datasum_new();
	if (sum->datasum)
		return sum;
	free(sum);
	return NULL;
}
