/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/diff/differs.h"

#include "common/archive/diff/diff_xattrs.h"
#include "common/base/scope.h"
#include "common/base/error.h"

#include <string.h>

#define CAPABILITY_MAX 64

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec &&
	       (a->tv_nsec == b->tv_nsec || a->tv_nsec == 0 || b->tv_nsec == 0);
}

static bool same_stat(const struct stat *a, const struct stat *b)
{
	if (a->st_mode != b->st_mode || a->st_uid != b->st_uid || a->st_gid != b->st_gid ||
		a->st_rdev != b->st_rdev)
		return false;
	return S_ISDIR(a->st_mode) ||
	       (a->st_size == b->st_size && same_time(&a->st_mtim, &b->st_mtim));
}

static ssize_t capability_of(const struct diff_spec *spec, struct stack_dir *dir,
	const struct stack_entry *entry, char value[CAPABILITY_MAX])
{
	auto_close int fd = stack_open(dir, entry);

	return fd < 0 ? fd : diff_capability(spec, fd, value, CAPABILITY_MAX);
}

int diff_differs(struct walk_dir *dir, const struct stack_entry *above,
	const struct stack_entry *below, struct shale_error *err)
{
	const struct diff_spec *spec = dir->walk->spec;
	char ours[CAPABILITY_MAX], theirs[CAPABILITY_MAX];

	if (!same_stat(&above->st, &below->st))
		return 1;
	if (!S_ISREG(above->st.st_mode))
		return 0;
	ssize_t n = capability_of(spec, &dir->above, above, ours);
	ssize_t m = n < 0 ? n : capability_of(spec, &dir->below, below, theirs);
	if (m < 0)
		return error_fail(err, (int)m, "read the capabilities of '%s'", above->name);
	return n != m || memcmp(ours, theirs, (size_t)n) != 0;
}
