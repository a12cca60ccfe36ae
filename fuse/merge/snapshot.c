/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/snapshot.h"
#include "fuse/merge/change/change.h"
#include "fuse/merge/lookup/aliases.h"

#include "common/base/scope.h"
#include "common/base/worklock.h"
#include "common/overlay/opath_xattr.h"

#include <fcntl.h>

#define SNAPSHOT  "snapshot"
#define INTENT    "intent"
#define COMMITTED "committed"
#define NEEDED    (LACKS_XATTRS | LACKS_LINKS | LACKS_STABLE_INO | LACKS_UNLINKED)

static bool has(int dir, const char *name)
{
	return faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Whether this mount can have a snapshot. Not with an index, which the new lower layer could not
 * have. */
static int check_mount(const struct fs *fs)
{
	if (!fs->has_upper)
		return -EROFS;
	if (fs->index || fs->lacks & NEEDED)
		return -EOPNOTSUPP;
	return fs->top == 0 ? -EMFILE : 0;
}

static int open_intent(const struct fs *fs)
{
	auto_close int dir = sys(
		openat(fs->work_lock, SNAPSHOT, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));

	if (dir < 0)
		return dir;
	if (has(dir, COMMITTED))
		return -EEXIST;
	return has(dir, INTENT) ? steal_fd(&dir) : -ENOENT;
}

/* Removes the directory's ACLs: files made in it would inherit its default ACL. */
static void remove_acls(int dir)
{
	(void)opath_xattr_remove(dir, ACL_DEFAULT);
	(void)opath_xattr_remove(dir, ACL_ACCESS);
}

static int make_work(const struct fs *fs, struct snapshot *snapshot)
{
	work_remove(snapshot->dir, "upper");
	work_remove(snapshot->dir, "work");
	if (mkdirat(snapshot->dir, "work", 0700) < 0 ||
		mkdirat(snapshot->dir, "work/work", 0700) < 0)
		return -errno;
	auto_close int dir = sys(
		openat(snapshot->dir, "work", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	if (dir < 0)
		return dir;
	snapshot->work = sys(openat(dir, "work", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	if (snapshot->work < 0)
		return snapshot->work;
	remove_acls(snapshot->work);
	snapshot->work_lock = worklock_take(dir);
	if (snapshot->work_lock < 0)
		return snapshot->work_lock;
	worklock_note(snapshot->work_lock, worklock_noted(fs->work_lock));
	return 0;
}

int snapshot_prepare(struct fs *fs, struct snapshot *snapshot)
{
	int r = check_mount(fs);

	if (r == 0)
		r = snapshot->dir = open_intent(fs);
	if (r >= 0)
		r = make_work(fs, snapshot);
	/* Resolve aliases now. It is done again when requests are stopped, but then little is left
	 * to do. */
	return r < 0 ? r : aliases_resolve(fs);
}

/* ---- while no request is served ---- */

/* Makes the root of the new upper layer: a copy of the old root, without marks. */
static int make_upper(struct fs *fs, const struct snapshot *snapshot)
{
	int old = fs->layers[fs->top].fd;
	struct stat st;

	if (fstat(old, &st) < 0)
		return -errno;
	const struct copyup_run what = { .source = old,
		.data = old,
		.st = &st,
		.work = snapshot->work,
		.dir = snapshot->dir,
		.name = "upper",
		.class = fs->options.class,
		.squashes_uid = idmap_squashes(fs->options.ids.uids),
		.squashes_gid = idmap_squashes(fs->options.ids.gids),
		.overrides = fs->options.ownership == OWNERSHIP_OVERRIDE,
		.lacks = fs->lacks,
		.sync_mode = fs->sync_mode };
	return copyup_run(&what, NULL);
}

/* Adds the directory UPPER as a layer above the topmost one. It is not used yet. */
static int add_layer(struct fs *fs, int upper)
{
	struct fs_layer *layer = &fs->layers[fs->top - 1];
	auto_close int fd = upper;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	pthread_mutex_lock(&fs->table.lock);
	uint32_t below = node_at(&fs->table, ROOT_NODE)->dirs;
	uint32_t real = real_add(&fs->table, (uint16_t)(fs->top - 1), 0, "", below);
	pthread_mutex_unlock(&fs->table.lock);
	if (!real)
		return -ENOMEM;
	*layer = fs->layers[fs->top];
	layer->fd = steal_fd(&fd);
	layer->real = real;
	return 0;
}

static void remove_layer(struct fs *fs)
{
	struct fs_layer *layer = &fs->layers[fs->top - 1];

	pthread_mutex_lock(&fs->table.lock);
	real_unref(&fs->table, layer->real);
	pthread_mutex_unlock(&fs->table.lock);
	cleanup_close(&layer->fd);
}

static void note_prepared(const struct fs *fs, const struct snapshot *snapshot, uint64_t unique)
{
	const struct fs_layer *layer = &fs->layers[fs->top - 1];
	struct kept_state *kept = fs->kept;
	uint32_t top = fs->top - 1u;

	kept->layers[top] = layer->fd;
	kept->private[top] = layer->private;
	kept->layer_reals[top] = layer->real;
	kept->snapshot = (struct kept_snapshot){ .top = top,
		.n_frozen = fs->n_frozen + 1u,
		.dir = snapshot->dir,
		.work = snapshot->work,
		.work_lock = snapshot->work_lock,
		.unique = unique };
	kept_barrier();
	kept->snapshot.prepared = 1;
	kept_barrier();
}

/* Writes the result to the kept state. If this worker dies here, the next one does it again from
 * the start, with the same result. */
static void note_taken(struct kept_state *kept)
{
	struct kept_snapshot *taken = &kept->snapshot;

	if (kept->top != taken->top)
		kept->old_lock = kept->work_lock;
	kept_barrier();
	kept->top = taken->top;
	kept->n_frozen = taken->n_frozen;
	kept->work = taken->work;
	kept->work_lock = taken->work_lock;
	kept->snapshot_taken = taken->unique;
	kept_barrier();
	taken->prepared = 0;
	kept_barrier();
}

void snapshot_complete(struct kept_state *kept)
{
	if (!kept->snapshot.prepared)
		return;
	if (has(kept->snapshot.dir, COMMITTED))
		note_taken(kept);
	kept->snapshot.prepared = 0;
}

static int add_root(struct fs *fs, int dir)
{
	struct stat st;

	return fstat(dir, &st) < 0 ? -errno : roots_add(&fs->roots, st.st_dev, st.st_ino);
}

/* Call it while DIR is open: nobody else has its inode number then. */
static void remove_root(struct fs *fs, int dir)
{
	struct stat st;

	if (dir >= 0 && fstat(dir, &st) == 0)
		roots_remove(&fs->roots, st.st_dev, st.st_ino);
}

static void freeze_nodes(struct fs *fs)
{
	struct table *table = &fs->table;

	pthread_mutex_lock(&table->lock);
	uint32_t *dirs = &node_at(table, ROOT_NODE)->dirs, below = *dirs;
	/* The list of the root directory gets the new layer's root at its beginning. */
	*dirs = fs->layers[fs->top].real;
	real_ref(table, *dirs);
	real_unref(table, below);
	for (uint32_t id = ROOT_NODE + 1; id < table->nodes.used; id++)
		if (node_at(table, id)->type)
			node_freeze(table, id);
	pthread_mutex_unlock(&table->lock);
}

/* Makes the new layer the upper one. Closes descriptors of the frozen layer: nothing in it may be
 * written to, or get a new access time, any more. */
static void use_layer(struct fs *fs, struct snapshot *snapshot)
{
	struct quota *quota = fs->quota;

	fs->top--;
	fs->n_frozen++;
	remove_root(fs, fs->old_lock);
	snapshot->old_lock = fs->old_lock;
	snapshot->old_work = fs->work;
	fs->old_lock = fs->work_lock;
	fs->work = snapshot->work;
	fs->work_lock = snapshot->work_lock;
	snapshot->work = snapshot->work_lock = -1;
	fs->has_whiteout = false;
	freeze_nodes(fs);
	writers_close_unused(fs->writers);
	fdcache_close_readers(&fs->fds);
	listings_drop_all(fs);
	if (quota) {
		fs->quota = snapshot->quota;
		snapshot->quota = quota;
		unlinked_book_all(fs);
	}
}

static int add_roots(struct fs *fs, const struct snapshot *snapshot)
{
	int upper = fs->layers[fs->top - 1].fd;
	int r = add_root(fs, upper);

	if (r < 0)
		return r;
	r = add_root(fs, snapshot->work_lock);
	if (r < 0)
		remove_root(fs, upper);
	return r;
}

static int make_layer(struct fs *fs, struct snapshot *snapshot)
{
	int upper = make_upper(fs, snapshot);
	int r = upper < 0 ? upper : add_layer(fs, upper);

	if (r < 0)
		return r;
	if (fs->options.size)
		r = quota_open(
			fs->layers[fs->top - 1].fd, fs->options.size, &snapshot->quota, NULL);
	if (r == 0)
		r = add_roots(fs, snapshot);
	if (r < 0)
		remove_layer(fs);
	return r;
}

/* Decides the snapshot. On a filesystem that does not write changes to the disk in their order,
 * syncs it before any later change. */
static int commit(const struct fs *fs, const struct snapshot *snapshot)
{
	int r = sys(renameat(snapshot->dir, INTENT, snapshot->dir, COMMITTED));
	bool ordered = fs->sync_mode == SYNC_MODE_NOT || fs->sync_mode == SYNC_MODE_WRITE_OUT;

	if (r == 0 && !ordered)
		(void)fsync(snapshot->dir);
	return r;
}

int snapshot_take(struct fs *fs, struct snapshot *snapshot, uint64_t unique)
{
	int r = atomic_load(&fs->named_pins) ? -EBUSY : aliases_resolve(fs);

	if (r == 0)
		r = make_layer(fs, snapshot);
	if (r < 0)
		return r;
	note_prepared(fs, snapshot, unique);
	r = commit(fs, snapshot);
	if (r < 0) {
		fs->kept->snapshot.prepared = 0;
		remove_root(fs, fs->layers[fs->top - 1].fd);
		remove_root(fs, snapshot->work_lock);
		remove_layer(fs);
		return r;
	}
	use_layer(fs, snapshot);
	note_taken(fs->kept);
	return 0;
}

int snapshot_sync(const struct snapshot *snapshot)
{
	return sys(fsync(snapshot->dir));
}

void snapshot_close(struct snapshot *snapshot)
{
	cleanup_close(&snapshot->dir);
	cleanup_close(&snapshot->work);
	cleanup_close(&snapshot->work_lock);
	cleanup_close(&snapshot->old_work);
	cleanup_close(&snapshot->old_lock);
	quota_close(snapshot->quota);
	*snapshot = SNAPSHOT_NONE;
}
