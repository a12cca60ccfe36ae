/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/change/change.h"
#include "fuse/merge/clones.h"
#include "fuse/merge/descriptors/limits.h"
#include "fuse/merge/handover.h"
#include "fuse/merge/snapshot.h"
#include "fuse/merge/lookup/aliases.h"
#include "fuse/merge/lookup/index.h"
#include "fuse/merge/lookup/namecache.h"
#include "fuse/merge/lookup/xino_setup.h"
#include "fuse/merge/descriptors/pins.h"
#include "fuse/merge/descriptors/unlinked.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/thread.h"
#include "common/overlay/engine_marks.h"
#include "common/overlay/marks.h"
#include "common/overlay/opath_xattr.h"
#include "common/overlay/origin.h"
#include "common/overlay/override.h"
#include "common/overlay/whiteout.h"
#include "common/base/worklock.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

static void node_freed(void *arg, uint32_t node)
{
	struct fs *fs = arg;

	/* Before the pin's descriptor is closed: then another file may get this inode number. */
	if (node_at(&fs->table, node)->flags & NODE_UNLINKED) {
		quota_freed(fs->quota, node);
		pin_drop(fs, node);
	}
	if (node_at(&fs->table, node)->aliased)
		aliases_drop(fs, node);
	fdcache_drop(&fs->fds, fd_key(FD_READ, node));
	writers_drop(fs->writers, node);
	if (node_at(&fs->table, node)->flags & NODE_UNLINKED)
		unlinked_freed(fs);
	if (node_at(&fs->table, node)->type == S_IFDIR)
		listing_drop(fs, node);
}

static void real_freed(void *arg, uint32_t real)
{
	struct fs *fs = arg;

	fdcache_drop(&fs->fds, fd_key(FD_REAL, real));
}

/* Finds the properties of the layer's filesystem. Asks each filesystem once: there are many layers,
 * but few filesystems. */
static void look_at_filesystem(const struct fs *fs, struct fs_layer *layer)
{
	struct statfs st;

	for (const struct fs_layer *other = fs->layers + fs->top; other < layer; other++)
		if (other->dev == layer->dev) {
			layer->has_uuid = other->has_uuid;
			layer->fickle = other->fickle;
			memcpy(layer->uuid, other->uuid, sizeof(layer->uuid));
			return;
		}
	layer->fickle = fstatfs(layer->fd, &st) < 0 || st.f_type == FUSE_SUPER_MAGIC;
	layer->has_uuid = origin_uuid(layer->fd, layer->uuid) == 0;
}

static int add_root(
	struct fs *fs, const char *path, const struct held_dir *dir, struct shale_error *err)
{
	if (roots_add(&fs->roots, dir->dev, dir->ino) == 0)
		return 0;
	error_remedy(err, 0, "Name each directory once in 'lowerdir', 'upperdir' and 'workdir'.");
	return error_fail_plain(err, -ELOOP, "directory '%s' is given twice", path);
}

/* Adds a layer, and takes over the descriptors of HELD. */
static int open_layer(
	struct fs *fs, const char *path, struct held_dir *held, struct shale_error *err)
{
	struct fs_layer *layer = &fs->layers[fs->end];

	if (held->fd < 0)
		return error_fail(err, held->fd, "open layer '%s'", path);
	layer->fd = steal_fd(&held->fd);
	layer->private = held->private;
	fs->end++;
	layer->dev = held->dev;
	look_at_filesystem(fs, layer);
	table_filesystem(&fs->table, layer->dev);
	return add_root(fs, path, held, err);
}

static void look_at_override_name(const struct fs *fs)
{
	int upper = fs->layers[fs->top].fd;

	if (fs->has_upper && fs->options.ownership == OWNERSHIP_OVERRIDE &&
		opath_xattr_get(upper, ENGINE_OVERRIDE_XATTR, NULL, 0) >= 0 &&
		opath_xattr_get(upper, OVERRIDE_XATTR, NULL, 0) < 0)
		override_keep_engine_name();
}

/* The layers are put at the end of the array, because each snapshot adds one more in front of
 * them. */
static int make_room_for_layers(struct fs *fs, size_t n)
{
	fs->layers = calloc(MOST_LAYERS, sizeof(*fs->layers));
	if (!fs->layers || roots_open(&fs->roots, MOST_ROOTS) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < MOST_LAYERS; i++)
		fs->layers[i].fd = -1;
	fs->top = fs->end = (uint16_t)(MOST_LAYERS - n);
	return 0;
}

/* Adds the layers. HELD has the upper layer, if there is one, then the lower ones. */
static int open_layers(struct fs *fs, struct held_dir *held, struct shale_error *err)
{
	const struct fs_options *options = &fs->options;
	int r = 0;

	r = make_room_for_layers(fs, options->n_lowers + (options->upper ? 1 : 0));
	if (r < 0)
		return error_fail(err, r, "open layers");
	if (options->upper) {
		fs->has_upper = true;
		r = open_layer(fs, options->upper, held++, err);
	}
	for (size_t i = 0; r == 0 && i < options->n_lowers; i++)
		r = open_layer(fs, options->lowers[i], held++, err);
	if (r == 0)
		look_at_override_name(fs);
	return r;
}

static int lock_work(struct fs *fs, int dir, struct shale_error *err)
{
	const char *path = fs->options.work;
	char holder[PATH_MAX + 64];

	fs->work_lock = worklock_take(dir);
	if (fs->work_lock >= 0)
		return 0;
	if (fs->work_lock != -EBUSY)
		return error_fail(err, fs->work_lock, "lock work directory '%s'", path);
	worklock_describe(dir, holder, sizeof(holder));
	return error_fail_plain(
		err, -EBUSY, "work directory '%s' is in use by another mount%s", path, holder);
}

/* Finds out which features the upper filesystem lacks. Without xattrs no redirect and no metacopy
 * can be made, as in the kernel. */
static int ask_upper(struct fs *fs, struct shale_error *err)
{
	int lacks = upper_lacks_find(fs->work, fs->options.class);

	/* On a full filesystem the trial fails. A mount is possible all the same, and calls fail
	 * one by one. */
	fs->lacks = lacks < 0 ? 0 : (unsigned int)lacks;
	if (!(fs->lacks & LACKS_XATTRS))
		return 0;
	if (fs->options.ownership == OWNERSHIP_OVERRIDE) {
		error_remedy(err, 0, "Use an upper directory on another filesystem.");
		return error_fail_plain(err, -EOPNOTSUPP,
			"the filesystem of '%s' keeps no xattrs, which xattr_permissions= needs",
			fs->options.upper);
	}
	if (fs->lacks & LACKS_MARK_FILES) {
		error_remedy(
			err, 0, "Use an upper directory on another filesystem: a volume, a tmpfs.");
		return error_fail_plain(err, -EOPNOTSUPP,
			"the filesystem of '%s' takes no marks for what is removed: no xattrs, and "
			"no files "
			"called '.wh.NAME' (it may be an overlay itself)",
			fs->options.upper);
	}
	fs->upper_aufs = fs->options.aufs = true;
	if (fs->options.redirect == REDIRECT_MAKE)
		fs->options.redirect = REDIRECT_FOLLOW;
	return 0;
}

/* An earlier mount has left WORK, and it cannot be removed. Tries to make a new file in it. Returns
 * 0 or a negative errno. */
static int try_old_work(int work)
{
	static const char trial[] = "#trial";

	if (mkdirat(work, trial, 0700) < 0 && errno != EEXIST)
		return errno == EPERM || errno == EACCES ? -errno : 0;
	return unlinkat(work, trial, AT_REMOVEDIR) < 0 && errno == EPERM ? -errno : 0;
}

/* Makes "work" in DIR and opens it. If an old one cannot be removed, because some process has a
 * file in it open, uses the old one if new files can be made there. */
static int make_work(struct fs *fs, int dir)
{
	work_remove(dir, "work");
	bool old = mkdirat(dir, "work", 0700) < 0;
	if (old && errno != EEXIST)
		return -errno;
	auto_close int work = sys(
		openat(dir, "work", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	int r = work >= 0 && old ? try_old_work(work) : work;
	if (r < 0)
		return r;
	/* Remove the ACLs of the work directory: new files would inherit its default ACL. */
	(void)opath_xattr_remove(work, ACL_DEFAULT);
	(void)opath_xattr_remove(work, ACL_ACCESS);
	fs->work = steal_fd(&work);
	return 0;
}

/* Opens the work directory. If "work" cannot be made in it, makes the mount read-only, with upper
 * as the topmost lower layer, as the kernel does. The caller closes HELD. */
static int open_work(struct fs *fs, const struct held_dir *held, struct shale_error *err)
{
	const char *path = fs->options.work;
	int dir = held->fd;

	if (dir < 0)
		return error_fail(err, dir, "open work directory '%s'", path);
	if (held->dev != fs->layers[fs->top].dev)
		return error_fail_plain(err, -EXDEV,
			"work directory '%s' is not on the filesystem of the upper layer", path);
	int r = add_root(fs, path, held, err);
	if (r < 0)
		return r;
	if (faccessat(dir, "work/incompat/volatile", F_OK, 0) == 0) {
		error_remedy(
			err, 0, "If the data is not precious, remove '%s/work/incompat'.", path);
		return error_fail_plain(err, -EINVAL,
			"the layer of work directory '%s' was mounted volatile and may be damaged",
			path);
	}
	r = lock_work(fs, dir, err);
	if (r < 0)
		return r;
	r = make_work(fs, dir);
	/* The kernel refuses a read-only filesystem, too. */
	if (r == -EROFS)
		return error_fail(err, r, "make '%s/work'", path);
	if (r < 0) {
		fs->work_obstacle = -r;
		fs->has_upper = false;
		return 0;
	}
	fs->sync_mode = fs->options.no_sync ? SYNC_MODE_NOT : sync_mode_of(fs->work);
	r = ask_upper(fs, err);
	if (r < 0)
		return r;
	return fs->options.index ? index_open(fs, dir, err) : 0;
}

static int adopt_work(struct fs *fs)
{
	struct stat st;

	fs->has_upper = fs->kept->work >= 0;
	if (!fs->has_upper)
		return 0;
	fs->work = fs->kept->work;
	fs->lacks = fs->kept->lacks;
	fs->work_lock = fs->kept->work_lock;
	fs->old_lock = fs->kept->old_lock;
	if (fstat(fs->work_lock, &st) == 0)
		(void)roots_add(&fs->roots, st.st_dev, st.st_ino);
	fs->sync_mode = fs->options.no_sync ? SYNC_MODE_NOT : sync_mode_of(fs->work);
	return fs->kept->index >= 0 ? index_adopt(fs, fs->kept->index) : 0;
}

/* Takes over the layers of an earlier worker. There may be more than the options name, since each
 * snapshot adds one. */
static int adopt_layers(struct fs *fs, struct shale_error *err)
{
	const struct kept_state *kept = fs->kept;
	int r = make_room_for_layers(fs, kept->end - kept->top);

	fs->has_upper = fs->options.upper;
	fs->n_frozen = (uint16_t)kept->n_frozen;
	for (uint32_t i = kept->top; r == 0 && i < kept->end; i++) {
		struct held_dir held;
		r = handover_layer(kept, i, &held);
		if (r == 0)
			r = open_layer(fs, "", &held, err);
	}
	if (r == 0)
		look_at_override_name(fs);
	if (r == 0 && fs->has_upper)
		r = adopt_work(fs);
	return r < 0 ? error_fail(err, r, "take over the layers") : 0;
}

static int open_held(struct fs *fs, struct held_dir *held, size_t n, struct shale_error *err)
{
	int r = open_layers(fs, held, err);

	if (r == 0)
		xino_set_up(fs, fs->options.xino);
	if (r == 0 && fs->has_upper)
		r = open_work(fs, &held[n - 1], err);
	for (size_t i = 0; i < n; i++)
		cleanup_close(&held[i].fd);
	return r;
}

static int open_all(struct fs *fs, struct shale_error *err)
{
	const struct fs_options *options = &fs->options;
	size_t most = options->n_lowers + 2, n = 0;

	if (!options->n_lowers || options->n_lowers >= MOST_LAYERS)
		return error_fail_plain(err, -EINVAL,
			"%zu lower layers: between 1 and %d are possible", options->n_lowers,
			MOST_LAYERS - 1);
	auto_free const char **paths = calloc(most, sizeof(*paths));
	auto_free struct held_dir *held = calloc(most, sizeof(*held));
	if (!paths || !held)
		return error_fail(err, -ENOMEM, "open layers");
	if (fs->adopted)
		return adopt_layers(fs, err);
	if (options->upper)
		paths[n++] = options->upper;
	for (size_t i = 0; i < options->n_lowers; i++)
		paths[n++] = options->lowers[i];
	if (options->upper)
		paths[n++] = options->work;
	const struct clones_spec spec = { .paths = paths,
		.n = n,
		.pair = options->upper,
		.atime = options->atime,
		.no_dir_atime = options->no_dir_atime };
	int r = clones_open(&spec, held, err);
	return r < 0 ? r : open_held(fs, held, n, err);
}

static uint16_t flags_of_root(struct fs *fs, size_t layer)
{
	int fd = fs->layers[layer].fd;
	int marks = marks_get_at(fd, ".", fs->options.class);
	uint16_t flags = 0;

	if (marks <= 0)
		return 0;
	if (marks & MARK_IMPURE)
		flags |= REAL_IMPURE;
	if (marks & MARK_OPAQUE && opaque_get(fd, fs->options.class) == OPAQUE_XWHITEOUTS)
		flags |= REAL_XWHITEOUTS;
	return flags;
}

static int make_root(struct fs *fs)
{
	struct stat st;
	uint32_t below = 0;

	for (size_t i = fs->end; i-- > fs->top;) {
		bool data = i >= fs->end - fs->options.n_data;
		uint32_t real = real_add(&fs->table, (uint16_t)i, 0, "", below);
		real_unref(&fs->table, below);
		if (!real)
			return -ENOMEM;
		real_at(&fs->table, real)->flags = flags_of_root(fs, i);
		fs->layers[i].real = real;
		below = data ? 0 : real;
	}
	uint32_t root = node_add(&fs->table, 0);
	if (root != ROOT_NODE || fstat(fs->layers[fs->top].fd, &st) < 0)
		return -ENOMEM;
	struct node *node = node_at(&fs->table, root);
	node->dirs = below;
	node->type = S_IFDIR;
	node->lookups = 1;
	node->ino = ino_compose(table_filesystem(&fs->table, st.st_dev), st.st_ino);
	node->flags = fs->has_upper ? NODE_UPPER : 0;
	return fs->index ? index_name(fs) : 0;
}

static int set_up(struct fs *fs, struct shale_error *err)
{
	int r;

	gate_init(&fs->gate);
	pthread_rwlock_init(&fs->tree, NULL);
	pthread_mutex_init(&fs->whiteout_lock, NULL);
	cond_init(&fs->nameless.changed);
	for (size_t i = 0; i < NODE_LOCKS; i++)
		pthread_mutex_init(&fs->node_locks[i], NULL);
	loans_open(&fs->loans, fs->options.kept);
	r = fdcache_open(&fs->fds);
	if (r == 0 && fs->adopted)
		r = handover_adopt_table(fs);
	else if (r == 0)
		r = table_open(&fs->table, fs->kept);
	if (r == 0 && fs->options.kept && !fs->adopted) {
		r = region_open(&fs->pins, "shale-pins", &PINS_KIND);
		fs->fds.pins = &fs->pins;
	}
	if (r == 0)
		r = listings_open(&fs->listings);
	fs->namecache = namecache_open();
	if (r == 0 && !fs->namecache)
		r = -ENOMEM;
	if (r == 0)
		r = writers_open(!(fs->options.without & OPTIMISATION_WRITERS), &fs->writers);
	fs->table.real_freed = real_freed;
	fs->table.node_freed = node_freed;
	fs->table.arg = fs;
	return r < 0 ? error_fail(err, r, "make the inode table") : 0;
}

int fs_open(const struct fs_options *options, struct fs **ret, struct shale_error *err)
{
	struct fs *fs = calloc(1, sizeof(*fs));

	if (!fs)
		return error_fail(err, -ENOMEM, "make the filesystem");
	fs->options = *options;
	fs->uid = geteuid();
	fs->gid = getegid();
	fs->work = fs->work_lock = fs->old_lock = -1;
	fs->pins.memfd = -1;
	fs->kept = options->kept ? options->kept : kept_private();
	fs->adopted = options->kept && options->kept->serving;
	if (fs->adopted)
		snapshot_complete(fs->kept);
	int r = fs->kept ? set_up(fs, err) : -ENOMEM;
	if (r == 0)
		r = open_all(fs, err);
	if (r == 0 && fs->has_upper && options->size)
		r = quota_open(fs->layers[fs->top].fd, options->size, &fs->quota, err);
	if (r == 0 && (r = fs->adopted ? handover_adopt(fs) : make_root(fs)) < 0)
		error_fail(err, r, "make the root");
	if (r == 0 && !fs->adopted)
		handover_note(fs);
	if (r == 0)
		descriptors_share(fs);
	if (r < 0) {
		fs_close(fs);
		return r;
	}
	*ret = fs;
	return 0;
}

void fs_close(struct fs *fs)
{
	fs->table.real_freed = NULL;
	/* Close the layers now: users may unmount their filesystem right after the unmount of this
	 * one. */
	fdcache_close(&fs->fds);
	for (size_t i = fs->top; i < fs->end; i++)
		cleanup_close(&fs->layers[i].fd);
	pins_close(fs);
	if (fs->has_whiteout)
		unlinkat(fs->work, SHARED_WHITEOUT, 0);
	writers_close(fs->writers);
	table_close(&fs->table);
	region_close(&fs->pins);
	if (!fs->options.kept)
		kept_free(fs->kept);
	listings_close(fs->listings);
	namecache_close(fs->namecache);
	aliases_close(fs);
	quota_close(fs->quota);
	index_close(fs);
	free(fs->layers);
	roots_close(&fs->roots);
	cleanup_close(&fs->work);
	cleanup_close(&fs->work_lock);
	cleanup_close(&fs->old_lock);
	pthread_rwlock_destroy(&fs->tree);
	gate_destroy(&fs->gate);
	pthread_cond_destroy(&fs->nameless.changed);
	loans_close(&fs->loans);
	pthread_mutex_destroy(&fs->whiteout_lock);
	for (size_t i = 0; i < NODE_LOCKS; i++)
		pthread_mutex_destroy(&fs->node_locks[i]);
	free(fs);
}
