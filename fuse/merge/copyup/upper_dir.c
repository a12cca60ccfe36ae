/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/copyup/upper_dir.h"
#include "fuse/merge/descriptors/locate.h"

int upper_dir_get(struct fs *fs, uint32_t node, struct upper_dir *ret)
{
	struct upper_dir dir = { .node = node, .ref = REF_NONE };

	dir.real = locate_upper_real(fs, node);
	dir.merged = locate_is_merged(fs, node);
	pthread_rwlock_rdlock(&fs->tree);
	int r = locate_real_fd(fs, dir.real, &dir.ref);
	pthread_rwlock_unlock(&fs->tree);
	if (r < 0)
		return r;
	loan_take_dir(&fs->loans, dir.ref.fd, &dir.loan);
	*ret = dir;
	return 0;
}

void upper_dir_lend(struct fs *fs, uint32_t node, struct loan *ret)
{
	auto_ref struct ref ref = REF_NONE;
	uint32_t real = node && fs->loans.likely ? locate_upper_real(fs, node) : 0;

	if (real && locate_real_fd(fs, real, &ref) >= 0)
		loan_take_dir(&fs->loans, ref.fd, ret);
}

void upper_dir_close(struct upper_dir *dir)
{
	loan_return(&dir->loan);
	ref_release(&dir->ref);
}
