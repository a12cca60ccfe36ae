/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/serve.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/userns.h"
#include "common/base/witness.h"
#include "common/base/worklock.h"
#include "fuse/daemon/connection.h"
#include "fuse/daemon/device.h"
#include "fuse/daemon/loop.h"
#include "fuse/daemon/mountpoint.h"
#include "fuse/daemon/process.h"
#include "fuse/daemon/readahead.h"
#include "fuse/daemon/resume.h"
#include "fuse/daemon/stats.h"
#include "fuse/daemon/idmapped.h"
#include "fuse/merge/state.h"

#include <fcntl.h>
#include <string.h>

#define FOR_EVER        1e9 /* seconds */
#define FEW_DESCRIPTORS 64  /* with fewer descriptors for running requests, use no pipes */

static int check(const struct daemon_options *options, struct shale_error *err)
{
	if (!options->lowers.n)
		return error_fail_plain(
			err, -EINVAL, "no lower layer: option 'lowerdir' is missing");
	if (options->upper && !options->work)
		return error_fail_plain(err, -EINVAL, "'upperdir' without 'workdir'");
	if (options->metacopy && options->redirect >= 0 && options->redirect != REDIRECT_MAKE)
		return error_fail_plain(err, -EINVAL, "'metacopy=on' needs 'redirect_dir=on'");
	if (options->index && (options->metacopy || options->lowers.n_data))
		return error_fail_plain(err, -EINVAL,
			"'index=on' cannot be combined with 'metacopy=on' or layers of data");
	if (options->lowers.n_data == options->lowers.n)
		return error_fail_plain(
			err, -EINVAL, "option 'lowerdir' names only layers of data, behind '::'");
	return 0;
}

/* By default the kernel's rule holds: follow redirects if only root could have made them; make them
 * if metacopies need them. */
static enum redirect redirect_of(const struct daemon_options *options, enum xattr_class class)
{
	if (options->redirect >= 0)
		return (enum redirect)options->redirect;
	if (options->metacopy)
		return REDIRECT_MAKE;
	return class == XATTR_TRUSTED ? REDIRECT_FOLLOW : REDIRECT_NOFOLLOW;
}

/* Whether all lower layers are id-mapped mounts already. containers/storage may pass such layers
 * together with the same mapping as an option; like the kernel's overlayfs, do not map the ids
 * twice. */
static bool are_mapped_already(const struct daemon_options *options)
{
	for (size_t i = 0; i < options->lowers.n; i++)
		if (!mount_is_idmapped(options->lowers.paths[i]))
			return false;
	return true;
}

static int open_fs(const struct daemon_options *options, struct kept_state *kept, struct fs **ret,
	struct shale_error *err)
{
	enum xattr_class class = options->userxattr ? XATTR_USER : xattr_class_of_process();
	/* In a read-only mount the upper layer is used as the topmost lower layer; but an index
	 * needs a writable upper layer. */
	bool below = options->read_only && !options->index;
	bool map = (options->map_uids || options->map_gids) && !are_mapped_already(options);
	struct fs_options fs_options = { .lowers = (const char *const *)options->lowers.paths,
		.n_lowers = options->lowers.n,
		.n_data = options->lowers.n_data,
		.upper = below ? NULL : options->upper,
		.work = options->work,
		.class = class,
		.redirect = redirect_of(options, class),
		.metacopy = options->metacopy,
		.index = options->index,
		.aufs = options->aufs,
		.ownership = options->xattr_permissions ? OWNERSHIP_OVERRIDE : OWNERSHIP_REAL,
		.ids = { .uids = map && options->map_uids ? &options->uids : NULL,
			.gids = map && options->map_gids ? &options->gids : NULL,
			.drop_strangers = in_user_namespace() },
		.no_sync = options->no_sync || options->is_volatile,
		.atime = options->read_only ? ATIME_NEVER : options->atime,
		.no_dir_atime = options->no_dir_atime,
		.static_nlink = options->static_nlink,
		.no_xattrs = options->no_xattrs,
		.ino32 = options->ino32,
		.xino = options->xino,
		.without = options->without,
		.size = options->size,
		.descriptors = options->descriptors,
		.kept = kept };
	auto_free const char **lowers = NULL;

	if (below && options->upper) {
		lowers = calloc(options->lowers.n + 1, sizeof(*lowers));
		if (!lowers)
			return error_fail(err, -ENOMEM, "open layers");
		lowers[0] = options->upper;
		memcpy(lowers + 1, options->lowers.paths, options->lowers.n * sizeof(*lowers));
		fs_options.lowers = lowers;
		fs_options.n_lowers++;
	}
	return fs_open(&fs_options, ret, err);
}

int serve_hold_witness(const struct daemon_options *options, int *ret, struct shale_error *err)
{
	const char *path = options->lock_file;
	int fd = path ? witness_hold(path) : -1;

	if (fd == -EBUSY)
		return error_fail_plain(err, fd, "lock file '%s' is held by another daemon", path);
	if (path && fd < 0)
		return error_fail(err, fd, "lock '%s'", path);
	*ret = fd;
	return 0;
}

/* Returns how many workers may serve. Each may have about six descriptors open, and a pipe if it
 * splices. */
static unsigned int workers_of(unsigned int descriptors)
{
	enum { FEWEST = 3, EACH = 6 };
	unsigned int threads = process_most_threads(), most = descriptors / EACH;

	if (threads < most)
		most = threads;
	return most < FEWEST ? FEWEST : most;
}

/* Makes the kernel drop cached attributes, or the cached list of a directory. Neither is ever
 * dirty, so the kernel need not wait for a page that a running request may hold. */
static void drop_cached(void *arg, uint32_t node, bool list)
{
	(void)connection_invalidate(arg, node, list);
}

static int serve_mounted(
	struct connection *connection, struct mountpoint *mountpoint, struct shale_error *err)
{
	struct kept_state *kept = connection->kept;
	struct device device = device_of(mountpoint_fd(mountpoint), kept);
	int r = 0;
	const struct loop_options options = { .connection = connection,
		.mountpoint = mountpoint,
		.many = connection->without & OPTIMISATION_READER,
		.asleep = connection->without & (OPTIMISATION_READER | OPTIMISATION_AWAKE),
		.most = workers_of(connection->fs->working) };

	connection->transport = &device.transport;
	connection->fs->outdated = drop_cached;
	connection->fs->outdated_arg = connection;
	if (kept && kept->serving && (r = connection_resume(connection)) < 0)
		return error_fail(err, r, "go on with the mount");
	r = loop_serve(&options, err);
	if (kept)
		kept->ending = 1;
	connection->fs->outdated = NULL;
	return r;
}

static int serve_on(
	const struct serve_run *serve, struct connection *connection, struct shale_error *err)
{
	struct mountpoint *mountpoint = NULL;
	struct kept_state *kept = connection->kept;
	int r = mountpoint_adopt(kept->device, serve->target, &mountpoint, err);

	if (r < 0)
		return r;
	connection->opens = kept->opens;
	connection->opens_dirs = kept->opens_dirs;
	atomic_store(&connection->initialised, true);
	r = serve_mounted(connection, mountpoint, err);
	mountpoint_close(mountpoint);
	return r;
}

static int serve_connection(
	const struct serve_run *serve, struct connection *connection, struct shale_error *err)
{
	struct daemon_options options = *serve->options;
	struct mountpoint *mountpoint = NULL;

	if (connection->kept && connection->kept->serving)
		return serve_on(serve, connection, err);
	options.read_only |= !connection->fs->has_upper;
	uint64_t before = mountpoint_id(serve->target);
	int r = mountpoint_open(&options, serve->target, &mountpoint, err);
	if (r < 0) {
		mountpoint_take_dead(serve->target, before);
		return r;
	}
	if (connection->kept)
		connection->kept->device = mountpoint_fd(mountpoint);
	worklock_note(connection->fs->work_lock, mountpoint_id(serve->target));
	if (!(connection->without & OPTIMISATION_READAHEAD))
		readahead_widen(serve->target);
	r = serve_mounted(connection, mountpoint, err);
	mountpoint_close(mountpoint);
	return r;
}

/* Returns the timeout in seconds. It is at most FOR_EVER: the protocol has 64 bits for seconds. */
static double timeout_of(const struct daemon_options *options)
{
	bool within = options->timeout >= 0 && options->timeout < FOR_EVER;

	return within ? options->timeout : FOR_EVER;
}

/* With allow_root, the kernel admits all users. Makes it send a request for each name and each
 * open, so that the daemon can refuse those who are not root or the owner. */
static void shut_others_out(const struct daemon_options *options, struct connection *connection)
{
	connection->owner = geteuid();
	connection->no_others = options->allow_root && !options->allow_other && connection->owner;
	if (!connection->no_others)
		return;
	connection->timeout = 0;
	connection->without |= OPTIMISATION_OPEN | OPTIMISATION_DIRS | OPTIMISATION_NEGATIVE;
}

/* Lets the kernel cache less if the upper filesystem is in user space. Such a filesystem may report
 * an old size or link count for up to a second. If its inode numbers are not stable, two names of
 * one file look like two files: then the kernel must drop pages at each open, to see what was
 * written through the other name. */
static void mind_fickle_upper(struct connection *connection)
{
	const struct fs *fs = connection->fs;

	if (fs->has_upper && fs->layers[fs->top].fickle && connection->timeout > 1)
		connection->timeout = 1;
	if (!(fs->lacks & LACKS_STABLE_INO))
		return;
	connection->timeout = 0;
	connection->without |= OPTIMISATION_OPEN;
	connection->drops_pages = true;
}

/* With strictatime, makes the kernel send at least the first read after each open, because access
 * times are set by the upper layer's filesystem when the daemon reads. */
static void mind_strict_atime(struct connection *connection)
{
	if (connection->fs->options.atime != ATIME_STRICT)
		return;
	connection->without |= OPTIMISATION_OPEN | OPTIMISATION_DIRS | OPTIMISATION_LINKS;
	connection->drops_pages = true;
}

/* Whether the mount has ACLs. Where xattrs keep the modes, ACLs have no effect; but the kernel must
 * take them in a user namespace, or setting one would fail. */
static bool has_acls(const struct daemon_options *options)
{
	return !options->no_acl && !options->no_xattrs &&
	       (!options->xattr_permissions || in_user_namespace());
}

static void tell_lacks(const struct serve_run *serve, unsigned int lacks)
{
	const struct upper_lack_words *row;

	for (size_t i = 0; serve->lacks && (row = upper_lack_row(i)); i++)
		if (lacks & row->lack)
			serve->lacks(serve->arg, row->feature, row->instead);
}

int serve_run(const struct serve_run *serve, struct shale_error *err)
{
	const struct daemon_options *options = serve->options;
	struct connection connection = { .timeout = timeout_of(options),
		.acls = has_acls(options),
		.writeback = options->writeback,
		.debug = serve->debug,
		.without = options->without,
		.kept = serve->kept,
		.upgrade = serve->upgrade,
		.ready = serve->mounted,
		.arg = serve->arg };
	struct stats *stats = NULL;
	int r = check(options, err);

	if (r < 0)
		return r;
	/* Open the lock file first, so that it is closed last: other processes may take the lock as
	 * a sign that the layers' filesystems are free, too. */
	auto_close int witness = -1;
	if (!serve->kept && (r = serve_hold_witness(options, &witness, err)) < 0)
		return r;
	shut_others_out(options, &connection);
	if (serve->kept)
		process_yield();
	r = open_fs(options, serve->kept, &connection.fs, err);
	if (r < 0)
		return r;
	mind_fickle_upper(&connection);
	mind_strict_atime(&connection);
	if (connection.fs->working < FEW_DESCRIPTORS)
		connection.without |= OPTIMISATION_SPLICE;
	tell_lacks(serve, connection.fs->lacks);
	if (connection.fs->work_obstacle)
		serve->no_work(serve->arg, options->work, connection.fs->work_obstacle);
	if (connection.fs->index_obstacle)
		serve->no_index(serve->arg, connection.fs->index_obstacle);
	r = stats_start(connection.fs, options->stats, &stats, err);
	if (r == 0)
		r = serve_connection(serve, &connection, err);
	stats_stop(stats);
	fs_close(connection.fs);
	return r;
}
