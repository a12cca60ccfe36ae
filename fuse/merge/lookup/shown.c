/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/lookup/shown.h"

uint64_t fs_shown_ino(const struct fs *fs, uint64_t ino)
{
	uint64_t shown = xino_show(&fs->xino, ino);
	uint32_t low = (uint32_t)shown ^ (uint32_t)(shown >> 32);

	if (!fs->options.ino32)
		return shown;
	return low ? low : UINT32_MAX;
}

void shown_stat(struct fs *fs, struct stat *st, bool merged, uint64_t ino)
{
	st->st_ino = fs_shown_ino(fs, ino);
	st->st_uid = idmap_show(fs->options.ids.uids, st->st_uid);
	st->st_gid = idmap_show(fs->options.ids.gids, st->st_gid);
	if (merged || (fs->options.static_nlink && S_ISDIR(st->st_mode)))
		st->st_nlink = 1;
}
