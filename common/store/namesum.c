/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/namesum.h"

#include "common/cleanup.h"

#include <fcntl.h>
#include <linux/limits.h>
#include <string.h>

/* ---- what was seen while writing ---- */

struct note {
	ino_t ino;
	size_t order; /* the number of a removed file may be used again: the last one counts */
	struct shale_digest digest;
	bool plain;
};

struct shale_noted {
	struct note *notes;
	size_t n, room;
	bool sorted;
};

struct shale_noted *shale_noted_new(void)
{
	return calloc(1, sizeof(struct shale_noted));
}

void shale_noted_free(struct shale_noted *noted)
{
	if (noted)
		free(noted->notes);
	free(noted);
}

int shale_noted_add(void *arg, ino_t ino, const struct shale_digest *digest, bool plain)
{
	struct shale_noted *noted = arg;

	if (noted->n == noted->room) {
		size_t room = noted->room ? 2 * noted->room : 256;
		void *grown = realloc(noted->notes, room * sizeof(*noted->notes));
		if (!grown)
			return -ENOMEM;
		noted->notes = grown;
		noted->room = room;
	}
	noted->notes[noted->n] =
		(struct note){ .ino = ino, .order = noted->n, .digest = *digest, .plain = plain };
	noted->n++;
	noted->sorted = false;
	return 0;
}

static int by_ino(const void *a, const void *b)
{
	const struct note *x = a, *y = b;

	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

static const struct note *find_noted(struct shale_noted *noted, ino_t ino)
{
	if (!noted || !noted->n)
		return NULL;
	if (!noted->sorted)
		qsort(noted->notes, noted->n, sizeof(*noted->notes), by_ino);
	noted->sorted = true;
	size_t low = 0, high = noted->n; /* the first one behind those of INO is at HIGH */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (noted->notes[middle].ino <= ino)
			low = middle + 1;
		else
			high = middle;
	}
	return high && noted->notes[high - 1].ino == ino ? &noted->notes[high - 1] : NULL;
}

/* ---- the digest of one name ---- */

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
	shale_datasum_begin(sum->datasum);
	shale_datasum_add(sum->datasum, 0, target, (size_t)n);
	shale_datasum_end(sum->datasum, n, ret);
	return 0;
}

static int sum_data(struct shale_namesum *sum, const struct shale_treewalk_name *at,
	struct shale_digest *ret, bool *ret_plain)
{
	const struct note *known = find_noted(sum->noted, at->ino);

	if (known) {
		*ret = known->digest;
		*ret_plain = known->plain;
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

int shale_namesum_get(struct shale_namesum *sum, const struct shale_treewalk_name *at,
	struct shale_namesums *ret, bool *ret_plain)
{
	*ret_plain = false;
	*ret = (struct shale_namesums){ .type = at->type };
	if (at->type == DT_LNK)
		return sum_target(sum, at, &ret->data);
	return at->type == DT_REG ? sum_data(sum, at, &ret->data, ret_plain) : 0;
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
