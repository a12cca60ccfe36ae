/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/lookup/upper_marks.h"
#include "fuse/merge/descriptors/locate.h"

#include "common/base/scope.h"
#include "common/overlay/opath_xattr.h"
#include "common/overlay/origin.h"
#include "common/overlay/whiteout.h"

#include <fcntl.h>

static void add_flag(struct fs *fs, uint32_t real, enum real_flags flag)
{
	pthread_mutex_lock(&fs->table.lock);
	real_at(&fs->table, real)->flags |= (uint16_t)flag;
	pthread_mutex_unlock(&fs->table.lock);
}

int upper_marks_set_impure(struct fs *fs, uint32_t real, int fd)
{
	if (locate_real_flags(fs, real) & REAL_IMPURE || fs->lacks & LACKS_XATTRS)
		return 0;
	int r = with_loan(&fs->loans, fd, S_IWUSR,
		opath_xattr_set(fd, overlay_xattr(fs->options.class, "impure"), "y", 1, 0));
	if (r < 0 && r != -EOPNOTSUPP)
		return r;
	add_flag(fs, real, REAL_IMPURE);
	return 0;
}

int upper_marks_set_xwhiteouts(struct fs *fs, uint32_t real, int fd)
{
	if (state_whiteout_kind(fs) != WHITEOUT_MARKED ||
		locate_real_flags(fs, real) & REAL_XWHITEOUTS)
		return 0;
	int r = with_loan(&fs->loans, fd, S_IWUSR, xwhiteouts_set(fd, fs->options.class));
	if (r == 0)
		add_flag(fs, real, REAL_XWHITEOUTS);
	return r;
}

/* Removes the mark "impure" if the directory is only in the upper layer and holds no copied-up file
 * any more. The kernel does the same when it lists a directory. */
void upper_marks_clear_impure(struct fs *fs, uint32_t real, const struct listing *listing)
{
	auto_ref struct ref ref = REF_NONE;
	const char *origin = overlay_xattr(fs->options.class, "origin");

	if (!locate_real_is_upper(fs, real) || !(locate_real_flags(fs, real) & REAL_IMPURE))
		return;
	int fd = locate_real_fd(fs, real, &ref);
	for (size_t i = 0; fd >= 0 && i < listing->n; i++)
		if (opath_xattr_get_at(
			    fd, listing->names + listing->entries[i].name, origin, NULL, 0) >= 0)
			return;
	if (fd < 0 || opath_xattr_remove(fd, overlay_xattr(fs->options.class, "impure")) < 0)
		return;
	pthread_mutex_lock(&fs->table.lock);
	real_at(&fs->table, real)->flags &= (uint16_t)~REAL_IMPURE;
	pthread_mutex_unlock(&fs->table.lock);
}

/* Gives an origin to a merged upper directory without one, as the kernel does at a first lookup.
 * Such a directory was not copied up, but made over a lower one by another program. */
void upper_marks_add_origin(struct fs *fs, const char *name, struct found *found)
{
	auto_ref struct ref upper = REF_NONE;
	auto_ref struct ref lower = REF_NONE;
	const struct spot *below = &found->dirs[1];
	uint16_t number = real_at(&fs->table, below->parent)->layer;
	const struct fs_layer *layer = &fs->layers[number];
	struct origin origin;

	if (locate_real_fd(fs, found->where, &upper) < 0 ||
		locate_real_fd(fs, below->parent, &lower) < 0)
		return;
	auto_close int from = sys(openat(lower.fd, below->name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
	auto_close int to = sys(openat(upper.fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
	if (from < 0 || to < 0)
		return;
	origin_make(from, layer->has_uuid ? layer->uuid : NULL, &origin);
	int r = with_loan(&fs->loans, to, S_IWUSR, origin_set(to, fs->options.class, &origin));
	if (r == 0)
		r = upper_marks_set_impure(fs, found->where, upper.fd);
	found->origin = r == 0;
}
