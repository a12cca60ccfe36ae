/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/descriptors/unlinked.h"

#include "common/base/scope.h"
#include "common/base/thread.h"
#include "common/overlay/opath.h"
#include "fuse/merge/descriptors/limits.h"
#include "fuse/merge/descriptors/locate.h"
#include "fuse/merge/descriptors/pins.h"

#include <fcntl.h>

/* Ns: must be shorter than the time that running requests have at the end. */
#define LONG_WAIT 1000000000
/* Nanoseconds: how long to wait after a long wait was in vain, until more files lose their
 * names. */
#define SHORT_WAIT   20000000
#define MOST_WAITING 2 /* how many threads may wait: others must be free to serve the FORGET */

/* Opens an O_PATH descriptor for the pin. It may stay for long, and while a file is open for
 * writing it cannot be executed (ETXTBSY). */

static int take_own(struct fs *fs, struct ref *ref, bool regular)
{
	if (ref->cached && regular)
		return with_room(fs, opath_reopen(ref->fd, O_PATH));
	if (ref->cached || ref->borrowed)
		return with_room(fs, sys(fcntl(ref->fd, F_DUPFD_CLOEXEC, 3)));
	return steal_fd(&ref->fd);
}

/* Pins NODE by a name. First drops all descriptors of NODE: filesystems that need this rename an
 * open file instead of removing it. */
static int pin_by_name(struct fs *fs, uint32_t node, const struct place *place)
{
	auto_ref struct ref ref = REF_NONE;

	fdcache_drop(&fs->fds, fd_key(FD_READ, node));
	writers_drop(fs->writers, node);
	int dir = locate_real_fd(fs, place->where, &ref);
	return dir < 0 ? dir : pin_take_name(fs, node, dir, place->name, place->dirs);
}

static int pin_by_descriptor(struct fs *fs, uint32_t node, const struct place *place)
{
	auto_ref struct ref ref = REF_NONE;
	int fd = locate_node_fd(fs, node, &ref);

	if (fd < 0)
		return fd;
	if (!fdcache_may_pin(&fs->fds))
		return place->dirs ? 0 : pin_keep_name(fs, node, fd);
	int own = take_own(fs, &ref, S_ISREG(place->type));
	if (own < 0)
		return own;
	return pin_keep_fd(
		fs, place->dirs ? fd_key(FD_REAL, place->dirs) : fd_key(FD_PIN, node), own);
}

int unlinked_pin(struct fs *fs, uint32_t node)
{
	struct place place;

	if (!node)
		return 0;
	locate_place(fs, node, &place);
	/* A lower file needs no pin: it keeps its name in its layer. */
	if (!(place.flags & NODE_UPPER))
		return 0;
	if (!(fs->lacks & LACKS_UNLINKED))
		return pin_by_descriptor(fs, node, &place);
	/* A directory's descriptor stays valid when the directory is moved, so try a descriptor
	 * first. */
	int r = place.dirs ? pin_by_descriptor(fs, node, &place) : 0;
	return r < 0 ? r : pin_by_name(fs, node, &place);
}

static void move_back(struct fs *fs, uint32_t node)
{
	auto_ref struct ref ref = REF_NONE;
	struct place place;

	locate_place(fs, node, &place);
	int dir = locate_real_fd(fs, place.where, &ref);
	if (dir >= 0 && renameat(fs->work, pin_name_of(node).text, dir, place.name) == 0)
		atomic_fetch_sub(&fs->named_pins, 1);
}

void unlinked_unpin(struct fs *fs, uint32_t node, int pinned)
{
	if (node && pinned > 0)
		move_back(fs, node);
	else if (node)
		pin_drop_name(fs, node);
}

static void book_unlinked(struct fs *fs, uint32_t id, uint32_t dirs)
{
	struct fd *pin = fdcache_get(&fs->fds, dirs ? fd_key(FD_REAL, dirs) : fd_key(FD_PIN, id));

	if (pin)
		quota_unlinked(fs->quota, id, pin->fd);
	fd_release(pin);
}

void unlinked_note(struct fs *fs, uint32_t id)
{
	if (!id)
		return;
	pthread_mutex_lock(&fs->table.lock);
	struct node *node = node_at(&fs->table, id);
	node->flags |= NODE_UNLINKED;
	/* The hash table finds some nodes by name: take this node out, so that a new file of the
	 * same name is not taken for it. Other nodes are found by inode number, and the pin keeps
	 * this number from being used again. */
	if (node->flags & NODE_BY_NAME || node->dirs)
		node_unhash(&fs->table, id);
	uint32_t dirs = node->dirs;
	bool upper = node->flags & NODE_UPPER;
	if (dirs && upper)
		real_at(&fs->table, dirs)->flags |= REAL_GONE;
	pthread_mutex_unlock(&fs->table.lock);
	if (fs->quota && upper)
		book_unlinked(fs, id, dirs);
}

void unlinked_book_all(struct fs *fs)
{
	for (uint32_t id = 1; fs->quota && id < fs->table.nodes.used; id++) {
		const struct node *node = node_at(&fs->table, id);
		if (node->type && node->flags & NODE_UNLINKED && node->flags & NODE_UPPER)
			book_unlinked(fs, id, node->dirs);
	}
}

uint32_t unlinked_count_freed(struct fs *fs)
{
	return atomic_load_explicit(&fs->nameless.freed, memory_order_relaxed);
}

void unlinked_freed(struct fs *fs)
{
	atomic_fetch_add(&fs->nameless.freed, 1);
	if (fs->nameless.waiting)
		pthread_cond_broadcast(&fs->nameless.changed);
}

static uint32_t count_left(struct fs *fs)
{
	return fdcache_count_pinned(&fs->fds) + atomic_load(&fs->named_pins);
}

/* Waits until a node without a name is freed. A file that is still open keeps its space for long:
 * so after one wait in vain all further ones are short. */
static void wait_for_freed(struct fs *fs, uint32_t freed, uint32_t left)
{
	struct nameless *nameless = &fs->nameless;
	bool vain = left <= nameless->left_in_vain;
	const struct timespec until = cond_deadline(vain ? SHORT_WAIT : LONG_WAIT);
	int r = 0;

	nameless->waiting++;
	while (nameless->freed == freed && r == 0)
		r = pthread_cond_timedwait(&nameless->changed, &fs->table.lock, &until);
	nameless->waiting--;
	if (nameless->freed == freed)
		nameless->left_in_vain = left;
}

bool unlinked_await(struct fs *fs, uint32_t freed)
{
	pthread_mutex_lock(&fs->table.lock);
	uint32_t left = count_left(fs);
	if (fs->nameless.freed == freed && left && fs->nameless.waiting < MOST_WAITING)
		wait_for_freed(fs, freed, left);
	bool come = fs->nameless.freed != freed;
	pthread_mutex_unlock(&fs->table.lock);
	return come;
}
