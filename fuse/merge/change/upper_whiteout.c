/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/change/upper_whiteout.h"
#include "fuse/merge/lookup/upper_marks.h"

#include "common/base/scope.h"
#include "common/overlay/aufs.h"
#include "common/overlay/layer_name.h"
#include "common/overlay/whiteout.h"

#include <fcntl.h>

int upper_whiteout_is(const struct fs *fs, int dirfd, const char *name)
{
	const struct layer_rules rules = { .class = fs->options.class, .xattr_whiteouts = true };
	int kind = layer_judge_at(&rules, dirfd, name);

	return kind < 0 ? kind : kind == LAYER_WHITEOUT;
}

int upper_whiteout_set_opaque(const struct fs *fs, int fd)
{
	return fs->lacks & LACKS_XATTRS ? aufs_make_opaque(fd) : opaque_set(fd, fs->options.class);
}

static int make_whiteout(struct fs *fs, int dirfd, const char *name)
{
	return state_whiteout_kind(fs) == WHITEOUT_DEVICE
		       ? whiteout_make(dirfd, name)
		       : whiteout_make_marked(dirfd, name, fs->options.class);
}

static int link_whiteout(struct fs *fs, int dirfd, const char *name)
{
	if (!fs->has_whiteout) {
		int r = make_whiteout(fs, fs->work, SHARED_WHITEOUT);
		if (r < 0)
			return r;
		fs->has_whiteout = true;
	}
	return sys(linkat(fs->work, SHARED_WHITEOUT, dirfd, name, 0));
}

int upper_whiteout_make(struct fs *fs, int dirfd, const char *name)
{
	if (state_whiteout_kind(fs) == WHITEOUT_BESIDE) {
		int made = aufs_hide(dirfd, name);
		return made < 0 ? made : 0;
	}
	pthread_mutex_lock(&fs->whiteout_lock);
	int r = link_whiteout(fs, dirfd, name);
	if (r == -EMLINK) {
		unlinkat(fs->work, SHARED_WHITEOUT, 0);
		fs->has_whiteout = false;
		r = link_whiteout(fs, dirfd, name);
	}
	pthread_mutex_unlock(&fs->whiteout_lock);
	/* This filesystem cannot link files, or cannot link devices: make a new whiteout. */
	return r == -EPERM || r == -EOPNOTSUPP ? make_whiteout(fs, dirfd, name) : r;
}

int upper_whiteout_make_in(struct fs *fs, const struct upper_dir *dir, const char *name)
{
	int r = upper_marks_set_xwhiteouts(fs, dir->real, dir->ref.fd);

	return r < 0 ? r : upper_whiteout_make(fs, dir->ref.fd, name);
}
