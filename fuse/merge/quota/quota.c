/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/quota/quota.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/thread.h"
#include "common/base/treewalk.h"
#include "fuse/merge/quota/ledger.h"
#include "fuse/merge/table/names.h"
#include "fuse/merge/descriptors/reopen.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>

/* Nanoseconds: how long a request without room waits for the kernel to forget a removed file. */
#define PATIENCE 100000000
/* Bytes that a filesystem may allocate beyond the end of a file by itself. */
#define LOOKAHEAD 16384

/* A file that has lost its name, but may be open. */
struct nameless {
	uint32_t node;
	uint64_t ino;
};

struct quota {
	int upper;
	dev_t dev;
	uint64_t limit;
	/* LOCK guards the next fields. Held also during a stat, so that the newest stat is the one
	 * that counts. */
	pthread_mutex_t lock;
	struct ledger ledger;
	uint64_t held;
	struct nameless *nameless;
	size_t n_nameless;
	/* Do not count again before this time, because it may take long. */
	struct timespec next_count;
	pthread_mutex_t freed_lock; /* guards the fields below; taken after LOCK */
	pthread_cond_t freed_some;
	uint32_t *freed; /* nodes */
	size_t n_freed;
};

static uint64_t round_up(uint64_t bytes)
{
	return (bytes + QUOTA_BLOCK - 1) & ~(uint64_t)(QUOTA_BLOCK - 1);
}

/* ---- files that the kernel has forgotten ---- */

static void forget_nameless(struct quota *quota, uint32_t node)
{
	for (size_t i = 0; i < quota->n_nameless; i++)
		if (quota->nameless[i].node == node) {
			ledger_remove(&quota->ledger, quota->nameless[i].ino);
			quota->nameless[i] = quota->nameless[--quota->n_nameless];
			return;
		}
}

/* Call this first whenever LOCK is taken: another file may already have the inode number of a freed
 * one. */
static void count_freed(struct quota *quota)
{
	pthread_mutex_lock(&quota->freed_lock);
	while (quota->n_freed)
		forget_nameless(quota, quota->freed[--quota->n_freed]);
	pthread_mutex_unlock(&quota->freed_lock);
}

static void lock(struct quota *quota)
{
	pthread_mutex_lock(&quota->lock);
	count_freed(quota);
}

static void unlock(struct quota *quota)
{
	pthread_mutex_unlock(&quota->lock);
}

void quota_freed(struct quota *quota, uint32_t node)
{
	if (!quota)
		return;
	pthread_mutex_lock(&quota->freed_lock);
	void *grown = realloc(quota->freed, (quota->n_freed + 1) * sizeof(*quota->freed));
	if (grown) {
		quota->freed = grown;
		quota->freed[quota->n_freed++] = node;
		pthread_cond_broadcast(&quota->freed_some);
	}
	pthread_mutex_unlock(&quota->freed_lock);
}

/* ---- booking ---- */

static uint64_t without_lookahead(const struct stat *st)
{
	uint64_t bytes = (uint64_t)st->st_blocks * 512;
	uint64_t most = round_up((uint64_t)st->st_size) + LOOKAHEAD;

	return S_ISREG(st->st_mode) && bytes > most ? most : bytes;
}

/* Removes INO from the list of files without a name. Does nothing if it is not there. */
static void drop_nameless(struct quota *quota, uint64_t ino)
{
	for (size_t i = 0; i < quota->n_nameless; i++)
		if (quota->nameless[i].ino == ino) {
			quota->nameless[i] = quota->nameless[--quota->n_nameless];
			return;
		}
}

static void set_beyond(struct quota *quota, const struct stat *st)
{
	struct ledger_entry *entry = ledger_get(&quota->ledger, st->st_ino);

	if (entry)
		entry->beyond = true;
}

/* Records the blocks of ST in the ledger. Without memory the file is not counted until the next
 * mount. */
static void book(struct quota *quota, const struct stat *st)
{
	struct ledger_entry *entry = ledger_find(&quota->ledger, st->st_ino);

	if (st->st_dev != quota->dev || (!st->st_blocks && !entry))
		return;
	if (st->st_nlink)
		drop_nameless(quota, st->st_ino);
	if (!st->st_blocks) {
		ledger_remove(&quota->ledger, st->st_ino);
		return;
	}
	entry = ledger_get(&quota->ledger, st->st_ino);
	if (entry)
		ledger_set(&quota->ledger, entry,
			entry->beyond ? (uint64_t)st->st_blocks * 512 : without_lookahead(st));
}

void quota_book(struct quota *quota, int fd)
{
	struct stat st;

	if (!quota)
		return;
	lock(quota);
	if (fstat(fd, &st) == 0)
		book(quota, &st);
	unlock(quota);
}

void quota_book_at(struct quota *quota, int dirfd, const char *name)
{
	struct stat st;

	if (!quota)
		return;
	lock(quota);
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		book(quota, &st);
	unlock(quota);
}

void quota_book_beyond(struct quota *quota, int fd)
{
	struct stat st;

	if (!quota)
		return;
	lock(quota);
	if (fstat(fd, &st) == 0 && st.st_dev == quota->dev) {
		set_beyond(quota, &st);
		book(quota, &st);
	}
	unlock(quota);
}

static void add_nameless(struct quota *quota, uint32_t node, uint64_t ino)
{
	drop_nameless(quota, ino);
	void *grown = realloc(quota->nameless, (quota->n_nameless + 1) * sizeof(*quota->nameless));

	if (!grown) {
		ledger_remove(&quota->ledger, ino);
		return;
	}
	quota->nameless = grown;
	quota->nameless[quota->n_nameless++] = (struct nameless){ .node = node, .ino = ino };
}

void quota_unlinked(struct quota *quota, uint32_t node, int fd)
{
	struct stat st;

	if (!quota)
		return;
	lock(quota);
	if (fstat(fd, &st) == 0 && st.st_dev == quota->dev) {
		book(quota, &st);
		/* A removed directory can never get a name again: forget it now. */
		if (st.st_nlink == 0 && (!node || S_ISDIR(st.st_mode)))
			ledger_remove(&quota->ledger, st.st_ino);
		else if (st.st_nlink == 0)
			add_nameless(quota, node, st.st_ino);
	}
	unlock(quota);
}

/* ---- counting ---- */

struct count {
	struct quota *quota;
	/* This is the first count. No program has written through the mount yet, so blocks beyond
	 * the end of a file were allocated on purpose. */
	bool first;
};

static int count_one(void *arg, const struct treewalk_name *at)
{
	struct count *count = arg;
	struct quota *quota = count->quota;
	struct stat st;

	lock(quota);
	if (fstatat(at->dirfd, at->name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		st.st_dev == quota->dev) {
		if (count->first && (uint64_t)st.st_blocks * 512 > without_lookahead(&st))
			set_beyond(quota, &st);
		book(quota, &st);
	}
	unlock(quota);
	return 0;
}

static int count_all(struct quota *quota, bool first)
{
	struct count count = { .quota = quota, .first = first };
	const struct treewalk walk = { .fn = count_one, .arg = &count, .open_dir = own_open };
	struct timespec began, ended;

	clock_gettime(CLOCK_MONOTONIC, &began);
	quota_book(quota, quota->upper);
	int r = treewalk_run(&walk, quota->upper);
	clock_gettime(CLOCK_MONOTONIC, &ended);
	lock(quota);
	quota->next_count = ended;
	quota->next_count.tv_sec += 1 + 20 * (ended.tv_sec - began.tv_sec);
	unlock(quota);
	return r;
}

/* Counts all blocks again before a caller gets ENOSPC: the filesystem may have changed their number
 * by itself, when it freed reserved blocks or compressed data. */
static bool count_again(struct quota *quota)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	lock(quota);
	bool due = now.tv_sec > quota->next_count.tv_sec;
	/* other threads must not count at the same time */
	if (due)
		quota->next_count.tv_sec = now.tv_sec + 3600;
	unlock(quota);
	if (due)
		count_all(quota, false);
	return due;
}

/* ---- holding room ---- */

static uint64_t room_of(const struct quota *quota)
{
	uint64_t taken = quota->ledger.sum + quota->held;

	return taken < quota->limit ? quota->limit - taken : 0;
}

static bool try_hold(struct quota *quota, uint64_t bytes, struct hold *ret)
{
	lock(quota);
	bool fits = bytes <= room_of(quota);
	if (fits)
		quota->held += bytes;
	unlock(quota);
	if (fits)
		*ret = (struct hold){ .quota = quota, .bytes = bytes };
	return fits;
}

/* Waits until the kernel forgets a removed file. Returns whether another try makes sense. */
static bool wait_for_freed(struct quota *quota, const struct timespec *until)
{
	lock(quota);
	bool waits = quota->n_nameless || quota->held;
	pthread_mutex_lock(&quota->freed_lock);
	unlock(quota);
	int r = waits ? 0 : ETIMEDOUT;
	while (r == 0 && !quota->n_freed)
		r = pthread_cond_timedwait(&quota->freed_some, &quota->freed_lock, until);
	pthread_mutex_unlock(&quota->freed_lock);
	return r == 0;
}

int quota_hold(struct quota *quota, uint64_t bytes, struct hold *ret)
{
	if (!quota || try_hold(quota, bytes, ret))
		return 0;
	const struct timespec until = cond_deadline(PATIENCE);
	while (wait_for_freed(quota, &until))
		if (try_hold(quota, bytes, ret))
			return 0;
	count_again(quota);
	return try_hold(quota, bytes, ret) ? 0 : -ENOSPC;
}

void hold_end(struct hold *hold)
{
	if (!hold->quota)
		return;
	lock(hold->quota);
	hold->quota->held -= hold->bytes;
	unlock(hold->quota);
	*hold = HOLD_NONE;
}

struct range {
	off_t from, to;
};

/* Rounds OFFSET up to the end of its block, but not beyond the last possible offset. */
static off_t end_of_block(uint64_t offset)
{
	const uint64_t end = round_up(offset);

	return end > INT64_MAX ? INT64_MAX : (off_t)end;
}

/* Finds the next part of RANGE without blocks on the disk. The block at the file's end counts as
 * existing. */

static bool next_hole(int fd, const struct range *range, struct range *ret)
{
	off_t from = lseek(fd, range->from, SEEK_HOLE);

	if (from < 0)
		from = range->from;
	if (from >= range->to)
		return false;
	off_t to = lseek(fd, from, SEEK_DATA);
	if (to < 0 || to > range->to)
		to = range->to;
	*ret = (struct range){ .from = end_of_block((uint64_t)from),
		.to = end_of_block((uint64_t)to) };
	if (ret->to < ret->from)
		ret->to = ret->from;
	return true;
}

/* Returns the offset up to which a write at RANGE needs at most MOST bytes of new blocks; RET_TAKES
 * is how many it needs. */
static off_t reach(int fd, const struct range *range, uint64_t most, uint64_t *ret_takes)
{
	struct range left = *range, hole;

	*ret_takes = 0;
	while (left.from < left.to && next_hole(fd, &left, &hole)) {
		uint64_t bytes = (uint64_t)(hole.to - hole.from);
		if (*ret_takes + bytes > most) {
			off_t part = (off_t)((most - *ret_takes) & ~(uint64_t)(QUOTA_BLOCK - 1));
			*ret_takes += (uint64_t)part;
			return hole.from + part;
		}
		*ret_takes += bytes;
		left.from = hole.to;
	}
	return range->to;
}

ssize_t quota_hold_range(struct quota *quota, int fd, off_t offset, size_t size, struct hold *ret)
{
	struct range range = { .from = offset & ~(off_t)(QUOTA_BLOCK - 1),
		.to = end_of_block((uint64_t)offset + size) };
	uint64_t takes;

	if (!quota || !size || try_hold(quota, (uint64_t)(range.to - range.from), ret))
		return (ssize_t)size;
	reach(fd, &range, UINT64_MAX, &takes);
	if (quota_hold(quota, takes, ret) == 0)
		return (ssize_t)size;
	lock(quota);
	uint64_t room = room_of(quota);
	unlock(quota);
	off_t end = reach(fd, &range, room, &takes);
	if (end <= offset || !try_hold(quota, takes, ret))
		return -ENOSPC;
	return end - offset < (off_t)size ? (ssize_t)(end - offset) : (ssize_t)size;
}

void quota_statfs(struct quota *quota, struct statvfs *ret)
{
	if (!quota || !ret->f_frsize)
		return;
	lock(quota);
	uint64_t left = room_of(quota) / ret->f_frsize;
	unlock(quota);
	if (quota->limit / ret->f_frsize < ret->f_blocks)
		ret->f_blocks = quota->limit / ret->f_frsize;
	if (left < ret->f_bfree)
		ret->f_bfree = left;
	if (left < ret->f_bavail)
		ret->f_bavail = left;
}

void quota_close(struct quota *quota)
{
	if (!quota)
		return;
	ledger_clear(&quota->ledger);
	free(quota->nameless);
	free(quota->freed);
	pthread_mutex_destroy(&quota->lock);
	pthread_mutex_destroy(&quota->freed_lock);
	pthread_cond_destroy(&quota->freed_some);
	free(quota);
}

int quota_open(int upper, uint64_t limit, struct quota **ret, struct shale_error *err)
{
	struct quota *quota = calloc(1, sizeof(*quota));
	struct stat st;

	if (!quota)
		return error_fail(err, -ENOMEM, "count what the upper layer holds");
	quota->upper = upper;
	quota->limit = limit;
	pthread_mutex_init(&quota->lock, NULL);
	pthread_mutex_init(&quota->freed_lock, NULL);
	cond_init(&quota->freed_some);
	int r = sys(fstat(upper, &st));
	quota->dev = st.st_dev;
	if (r == 0)
		r = count_all(quota, true);
	if (r < 0) {
		quota_close(quota);
		return error_fail(err, r, "count what the upper layer holds");
	}
	*ret = quota;
	return 0;
}
