/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/take_snapshot.h"

#include "fuse/daemon/protocol.h"
#include "fuse/merge/snapshot.h"
#include "fuse/merge/state.h"

#include <errno.h>
#include <time.h>

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int take(struct fs *fs, struct snapshot *snapshot, uint64_t unique, uint64_t *ret_pause)
{
	int64_t since;
	int r = snapshot_prepare(fs, snapshot);

	if (r == 0)
		r = gate_close(&fs->gate, &since);
	if (r < 0)
		return r;
	r = snapshot_take(fs, snapshot, unique);
	gate_open(&fs->gate);
	*ret_pause = (uint64_t)(now() - since);
	return r < 0 ? r : snapshot_sync(snapshot);
}

int take_snapshot(struct fs *fs, uint64_t unique, struct mount_snapshot *ret)
{
	static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
	struct snapshot snapshot = SNAPSHOT_NONE;
	uint64_t number = unique & ~UNIQUE_RESEND;
	int r = 0;

	*ret = (struct mount_snapshot){ .lowers_most = MOST_LAYERS - 1 };
	if (pthread_mutex_trylock(&one) != 0)
		return -EBUSY;
	/* The kernel may have sent this request once more: if an earlier worker has taken the
	 * snapshot and died before it answered, only answer. */
	if (!(unique & UNIQUE_RESEND) || fs->kept->snapshot_taken != number)
		r = take(fs, &snapshot, number, &ret->pause);
	ret->lowers = (uint32_t)(fs->end - fs->top) - fs->has_upper;
	pthread_mutex_unlock(&one);
	snapshot_close(&snapshot);
	return r;
}
