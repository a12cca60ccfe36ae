/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/copyup/upper_dir.h"
#include "fuse/merge/descriptors/locate.h"

int upper_dir_get(struct fs *fs, uint32_t node, struct upper_dir *ret)
{
	struct upper_dir dir = { .node = node, .ref = REF_NONE };

	dir.real = fs_upper_real(fs, node);
	dir.merged = fs_is_merged(fs, node);
	pthread_rwlock_rdlock(&fs->tree);
	int r = fs_real_fd(fs, dir.real, &dir.ref);
	pthread_rwlock_unlock(&fs->tree);
	if (r < 0)
		return r;
	*ret = dir;
	return 0;
}

void upper_dir_close(struct upper_dir *dir)
{
	ref_release(&dir->ref);
}
