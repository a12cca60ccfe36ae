/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/sums/namestat.h"

#include "common/base/scope.h"
#include "common/overlay/opath_xattr.h"
#include "common/overlay/overlay_xattr.h"

#include <fcntl.h>
#include <linux/limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>

/* Tells whether NAME is a host's label that no version of shale has ever put into digests. Older
 * versions did put in the other labels of xattr_is_host_label. */
static bool is_label(const char *name)
{
	static const char *const labels[] = { "security.selinux", "security.SMACK64",
		"security.ima", "security.evm" };

	for (size_t i = 0; i < sizeof(labels) / sizeof(*labels); i++)
		if (!strcmp(name, labels[i]))
			return true;
	return false;
}

/* Adds the hash of one xattr to *SUM. A sum of hashes does not depend on the order in which the
 * filesystem lists xattrs. */
static int add_xattr(const struct treewalk_name *at, const char *name, uint32_t *sum)
{
	char value[XATTR_SIZE_MAX];
	ssize_t n = opath_xattr_get_at(at->dirfd, at->name, name, value, sizeof(value));

	if (n < 0)
		return n == -ENODATA ? 0 : (int)n;
	*sum += (uint32_t)XXH3_64bits_withSeed(
		value, (size_t)n, XXH3_64bits(name, strlen(name) + 1));
	return 0;
}

static int sum_xattrs(const struct treewalk_name *at, uint32_t *ret, uint32_t *ret_counted)
{
	char names[XATTR_LIST_MAX];
	ssize_t n = opath_xattr_list_at(at->dirfd, at->name, names, sizeof(names));
	int r = 0;

	*ret = *ret_counted = 0;
	if (n < 0)
		return n == -EOPNOTSUPP ? 0 : (int)n;
	for (const char *name = names; r == 0 && name < names + n; name += strlen(name) + 1)
		if (!is_label(name))
			r = add_xattr(at, name, xattr_is_host_label(name) ? ret_counted : ret);
	*ret_counted += *ret;
	return r;
}

void namestat_of(const struct stat *st, struct namestat *ret)
{
	bool dir = S_ISDIR(st->st_mode), device = S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode);
	/* Leave out a directory's times: making and removing a name changes them, but is no
	 * damage. */
	const int64_t rest[] = { dir ? 0 : st->st_mtim.tv_sec, dir ? 0 : st->st_mtim.tv_nsec,
		device ? (int64_t)st->st_rdev : 0 };

	*ret = (struct namestat){ .mode = st->st_mode,
		.uid = st->st_uid,
		.gid = st->st_gid,
		.rest = (uint32_t)XXH3_64bits(rest, sizeof(rest)) };
}

int namestat_get(const struct treewalk_name *at, struct namestat *ret, uint32_t *ret_counted)
{
	struct stat st;

	if (fstatat(at->dirfd, at->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	namestat_of(&st, ret);
	return sum_xattrs(at, &ret->xattrs, ret_counted);
}

const char *namestat_differs(const struct namestat *a, const struct namestat *b, uint32_t counted)
{
	if (a->mode != b->mode)
		return "mode";
	if (a->uid != b->uid || a->gid != b->gid)
		return "owner";
	if (a->rest != b->rest)
		return "time or device number";
	return a->xattrs != b->xattrs && a->xattrs != counted ? "set of xattrs" : NULL;
}
