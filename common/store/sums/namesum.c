/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/sums/namesum.h"

#include "common/base/scope.h"

#include <fcntl.h>
#include <linux/limits.h>
#include <stdbool.h>
#include <string.h>

struct namesum {
	struct datasum *datasum;
	struct noted *noted; /* digests computed while the files were written; may be NULL */
};

static int sum_target(struct namesum *sum, const struct treewalk_name *at, struct digest *ret)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(at->dirfd, at->name, target, sizeof(target));

	if (n < 0)
		return -errno;
	datasum_of_data(sum->datasum, target, (size_t)n, ret);
	return 0;
}

static const struct note *find_note(const struct namesum *sum, const struct treewalk_name *at)
{
	bool known = sum->noted && at->type == DT_REG;

	return known ? noted_find(sum->noted, at->ino) : NULL;
}

static int sum_data(struct namesum *sum, const struct treewalk_name *at, struct digest *ret)
{
	const struct note *known = find_note(sum, at);

	if (known) {
		*ret = known->digest;
		return 0;
	}
	auto_close int fd = sys(
		openat(at->dirfd, at->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
	return fd < 0 ? fd : datasum_of_file(sum->datasum, fd, ret);
}

void namesum_free(struct namesum *sum)
{
	if (sum)
		datasum_free(sum->datasum);
	free(sum);
}

int namesum_get(struct namesum *sum, const struct treewalk_name *at, struct namesums *ret)
{
	*ret = (struct namesums){ .type = at->type };
	if (at->type == DT_LNK)
		return sum_target(sum, at, &ret->data);
	return at->type == DT_REG ? sum_data(sum, at, &ret->data) : 0;
}

int namesum_stat(struct namesum *sum, const struct treewalk_name *at, struct namestat *ret)
{
	const struct note *known = find_note(sum, at);

	if (!known || !known->plain) {
		uint32_t counted;
		return namestat_get(at, ret, &counted);
	}
	*ret = known->stat;
	return 0;
}

struct namesum *namesum_new(struct noted *noted)
{
	struct namesum *sum = calloc(1, sizeof(*sum));

	if (!sum)
		return NULL;
	sum->noted = noted;
	sum->datasum = datasum_new();
	if (sum->datasum)
		return sum;
	free(sum);
	return NULL;
}
