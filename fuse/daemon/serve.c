/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/serve.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/mountid.h"
#include "common/base/users.h"
#include "common/base/witness.h"
#include "common/base/worklock.h"
#include "fuse/daemon/handlers.h"
#include "fuse/daemon/loop.h"
#include "fuse/daemon/process.h"
#include "fuse/daemon/readahead.h"
#include "fuse/daemon/stats.h"
#include "fuse/daemon/idmapped.h"
#include "fuse/daemon/wire.h"
#include "fuse/merge/state.h"

#include <fcntl.h>
#include <malloc.h>
#include <string.h>

#define FOR_EVER        1e9 /* seconds */
#define FEW_DESCRIPTORS 64  /* for requests at work: too few for pipes as well */

static int check(const struct daemon_options *options, struct shale_error *err)
{
	if (!options->n_lowers)
		return error_fail_plain(
			err, -EINVAL, "no lower layer: option 'lowerdir' is missing");
	if (options->upper && !options->work)
		return error_fail_plain(err, -EINVAL, "'upperdir' without 'workdir'");
	if (options->metacopy && options->redirect >= 0 && options->redirect != REDIRECT_MAKE)
		return error_fail_plain(err, -EINVAL, "'metacopy=on' needs 'redirect_dir=on'");
	if (options->index && (options->metacopy || options->n_data))
		return error_fail_plain(err, -EINVAL,
			"'index=on' goes neither with 'metacopy=on' nor with layers of data");
	if (options->n_data == options->n_lowers)
		return error_fail_plain(
			err, -EINVAL, "option 'lowerdir' names but layers of data, behind '::'");
	return 0;
}

/* The kernel trusts redirects where none but root could have made them, and makes some itself where
 * metacopies ask for them. */
static enum redirect redirect_of(const struct daemon_options *options, enum xattr_class class)
{
	if (options->redirect >= 0)
		return (enum redirect)options->redirect;
	if (options->metacopy)
		return REDIRECT_MAKE;
	return class == XATTR_TRUSTED ? REDIRECT_FOLLOW : REDIRECT_NOFOLLOW;
}

/* containers/storage may ask for a mapping and hand in layers that are seen through it already; the
 * kernel's overlayfs, too, would map them no further. */
static bool are_mapped_already(const struct daemon_options *options)
{
	for (size_t i = 0; i < options->n_lowers; i++)
		if (!mount_is_idmapped(options->lowers[i]))
			return false;
	return true;
}

static int open_fs(const struct daemon_options *options, struct fs **ret, struct shale_error *err)
{
	enum xattr_class class = options->userxattr ? XATTR_USER : xattr_class_of_process();
	/* Read-only with an upper layer: it is the topmost of the layers that are only read. What
	 * an index says counts for an upper layer alone. */
	bool below = options->read_only && !options->index;
	bool map = (options->map_uids || options->map_gids) && !are_mapped_already(options);
	struct fs_options fs_options = { .lowers = (const char *const *)options->lowers,
		.n_lowers = options->n_lowers,
		.n_data = options->n_data,
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
		.static_nlink = options->static_nlink,
		.no_xattrs = options->no_xattrs,
		.ino32 = options->ino32,
		.without = options->without,
		.size = options->size,
		.descriptors = options->descriptors };
	auto_free const char **lowers = NULL;

	if (below && options->upper) {
		lowers = calloc(options->n_lowers + 1, sizeof(*lowers));
		if (!lowers)
			return error_fail(err, -ENOMEM, "open layers");
		lowers[0] = options->upper;
		memcpy(lowers + 1, options->lowers, options->n_lowers * sizeof(*lowers));
		fs_options.lowers = lowers;
		fs_options.n_lowers++;
	}
	return fs_open(&fs_options, ret, err);
}

/* NAME=VALUE as one option, in libfuse's way; in quotes, the kernel needs some for its own. */
static int add_value(struct fuse_args *args, const char *name, const char *value, bool quoted)
{
	auto_free char *text = malloc(strlen(name) + 2 * strlen(value) + 8);

	if (!text)
		return -1;
	size_t n = (size_t)sprintf(text, "-o%s=%s", name, quoted ? "\"" : "");
	for (; *value; value++) {
		if (*value == ',' || *value == '\\')
			text[n++] = '\\';
		text[n++] = *value;
	}
	if (quoted)
		text[n++] = '"';
	text[n] = 0;
	return fuse_opt_add_arg(args, text);
}

/* Of mount(8). What gives more than a mount has by itself is root's alone. */
static int add_mount_flags(const struct daemon_options *options, struct fuse_args *args)
{
	bool root = geteuid() == 0;
	const struct {
		bool wanted;
		const char *option;
	} flags[] = {
		{ root && !options->no_dev, "-odev" },
		{ options->no_dev, "-onodev" },
		{ root && !options->no_suid, "-osuid" },
		{ options->no_suid, "-onosuid" },
		{ options->no_exec, "-onoexec" },
		{ options->no_atime, "-onoatime" },
		{ options->sync, "-osync" },
		{ options->dirsync, "-odirsync" },
		{ options->read_only || !options->upper, "-oro" },
		{ root || options->allow_other, "-oallow_other" },
		{ !root && options->allow_root && !options->allow_other, "-oallow_root" },
	};
	int r = 0;

	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		if (flags[i].wanted)
			r |= fuse_opt_add_arg(args, flags[i].option);
	return r;
}

/* A kernel without SELinux knows no such option; mount(8), too, leaves it out there. */
static bool has_selinux(void)
{
	return access("/sys/fs/selinux", F_OK) == 0;
}

static int make_args(const struct serve_run *serve, struct fuse_args *args)
{
	const struct daemon_options *options = serve->options;
	int r = fuse_opt_add_arg(args, "shale-fuse") |
		fuse_opt_add_arg(args, "-odefault_permissions");

	r |= add_value(args, "fsname", options->fsname ? options->fsname : "shale-fuse", false);
	r |= add_value(args, "subtype", options->subtype ? options->subtype : "shale-fuse", false);
	r |= add_mount_flags(options, args);
	if (options->context && has_selinux())
		r |= add_value(args, "context", options->context, true);
	if (serve->debug)
		r |= fuse_opt_add_arg(args, "-d");
	return r ? -ENOMEM : 0;
}

/* Buffers of up to a mebibyte come and go with each READ: given back to the kernel every time, they
 * would be zeroed page by page before each use. */
static void keep_buffers(void)
{
	enum { LARGEST = 2 << 20 };

	mallopt(M_MMAP_THRESHOLD, LARGEST);
	mallopt(M_TRIM_THRESHOLD, 2 * LARGEST);
}

/* -1: nobody asked for one. */
static int hold_witness(const char *path, struct shale_error *err)
{
	int fd = path ? witness_hold(path) : -1;

	if (fd == -EBUSY)
		return error_fail_plain(err, fd, "lock file '%s' is held by another daemon", path);
	return path && fd < 0 ? error_fail(err, fd, "lock '%s'", path) : fd;
}

/* Each may have about six descriptors open at a time, and keeps a pipe where it splices. */
static unsigned int workers_of(unsigned int descriptors)
{
	enum { FEWEST = 3, EACH = 6 };

	return descriptors / EACH < FEWEST ? FEWEST : descriptors / EACH;
}

static int serve_mounted(
	struct fuse_session *se, struct handlers *handlers, struct shale_error *err)
{
	const struct wire_hooks hooks = { .initialised = handle_initialised,
		.admit = handle_admit,
		.tmpfile = handle_tmpfile,
		.unanswered = handle_unanswered,
		.arg = handlers };
	int r = wire_attach(se, &hooks, handlers->without);

	if (r < 0)
		return error_fail(err, r, "attach to the FUSE device");
	r = loop_serve(se, handlers->without & OPTIMISATION_READER,
		workers_of(handlers->fs->working), err);
	if (wire_error() < 0)
		return error_fail(err, wire_error(), "answer the kernel");
	return r;
}

/* Which mount it is; 0 where that cannot be told. The root is asked for nothing yet. */
static uint64_t mount_at(const char *target)
{
	auto_close int fd = sys(open(target, O_PATH | O_DIRECTORY | O_CLOEXEC));

	return fd < 0 ? 0 : mount_unique_id(fd);
}

/* Attributes, and the pages of a directory, which are never dirty: neither makes the kernel wait
 * for what a request may hold. */
static void drop_cached(void *arg, uint32_t node, bool list)
{
	fuse_lowlevel_notify_inval_inode(arg, node, list ? 0 : -1, 0);
}

static int serve_session(const struct serve_run *serve, struct handlers *handlers,
	struct fuse_args *args, struct shale_error *err)
{
	struct fuse_session *se = fuse_session_new(args, &fuse_ops, sizeof(fuse_ops), handlers);

	if (!se)
		return error_fail_plain(err, -EINVAL, "make a FUSE session");
	handlers->fs->outdated = drop_cached;
	handlers->fs->outdated_arg = se;
	int r;
	if (fuse_session_mount(se, serve->target) < 0) {
		error_remedy(err, 0,
			"Is /dev/fuse there, readable and writable, and fusermount3 installed?");
		r = error_fail_plain(err, -EPERM, "mount FUSE at '%s'", serve->target);
	} else {
		worklock_note(handlers->fs->work_lock, mount_at(serve->target));
		if (!(serve->options->without & OPTIMISATION_READAHEAD))
			readahead_widen(serve->target);
		r = serve_mounted(se, handlers, err);
		fuse_session_unmount(se);
	}
	fuse_session_destroy(se);
	return r;
}

int serve_run(const struct serve_run *serve, struct shale_error *err)
{
	const struct daemon_options *options = serve->options;
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	struct handlers handlers = { .timeout = options->timeout < 0 ? FOR_EVER : options->timeout,
		.acls = !options->no_acl && !options->no_xattrs && !options->xattr_permissions,
		.writeback = options->writeback,
		.without = options->without,
		.ready = serve->mounted,
		.arg = serve->arg };
	struct stats *stats = NULL;
	int r = check(options, err);

	if (r < 0)
		return r;
	/* Given up last of all: then what the layers lie on is free, too. */
	auto_close int witness = hold_witness(options->lock_file, err);
	if (options->lock_file && witness < 0)
		return witness;
	unsigned long seconds = process_own();
	if (seconds)
		serve->limited(serve->arg, seconds);
	keep_buffers();
	r = open_fs(options, &handlers.fs, err);
	if (r < 0)
		return r;
	if (handlers.fs->working < FEW_DESCRIPTORS)
		handlers.without |= OPTIMISATION_SPLICE;
	if (handlers.fs->index_obstacle)
		serve->no_index(serve->arg, handlers.fs->index_obstacle);
	r = make_args(serve, &args);
	if (r < 0)
		error_fail(err, r, "make mount options");
	if (r == 0)
		r = stats_start(handlers.fs, options->stats, &stats, err);
	if (r == 0)
		r = serve_session(serve, &handlers, &args, err);
	stats_stop(stats);
	fuse_opt_free_args(&args);
	fs_close(handlers.fs);
	return r;
}
