/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/differential/generate.h"

#include "tests/differential/credentials.h"
#include "tests/differential/xattrs.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <linux/falloc.h>
#include <linux/fs.h>

#define PATHS_MAX 400

struct generator {
	struct rng *rng;
	const struct generate_options *options;
	size_t n_paths, n_directories;
	char paths[PATHS_MAX][1100];
	char directories[PATHS_MAX][1100];
	char last[1100], opened[1100];
	size_t n_slots;
	int64_t slots[16]; /* the slots that the last opens have used */
};

/* How often each kind of operation is chosen, relative to the others. */
static const unsigned weights[OP_KINDS] = {
	[OP_OPEN] = 160,
	[OP_TMPFILE] = 10,
	[OP_CLOSE] = 20,
	[OP_READ] = 25,
	[OP_PREAD] = 25,
	[OP_WRITE] = 30,
	[OP_PWRITE] = 30,
	[OP_MMAP] = 20,
	[OP_MMAP_READ] = 30,
	[OP_SEEK] = 20,
	[OP_FTRUNCATE] = 15,
	[OP_FALLOCATE] = 20,
	[OP_COPY_RANGE] = 15,
	[OP_FSYNC] = 8,
	[OP_FLOCK] = 15,
	[OP_OFD_LOCK] = 20,
	[OP_FSTAT] = 30,
	[OP_FCHMOD] = 15,
	[OP_FCHOWN] = 10,
	[OP_FUTIMENS] = 12,
	[OP_FSETXATTR] = 12,
	[OP_FGETXATTR] = 8,
	[OP_FLISTXATTR] = 8,
	[OP_FREMOVEXATTR] = 6,
	[OP_LINKFD] = 10,
	[OP_STAT] = 60,
	[OP_ACCESS] = 30,
	[OP_READDIR] = 70,
	[OP_STATFS] = 15,
	[OP_READLINK] = 20,
	[OP_READFILE] = 40,
	[OP_MKDIR] = 70,
	[OP_RMDIR] = 60,
	[OP_UNLINK] = 90,
	[OP_RENAME] = 160,
	[OP_LINK] = 50,
	[OP_SYMLINK] = 25,
	[OP_MKNOD] = 35,
	[OP_CHMOD] = 40,
	[OP_CHOWN] = 40,
	[OP_TRUNCATE] = 25,
	[OP_UTIMENS] = 30,
	[OP_SETXATTR] = 40,
	[OP_GETXATTR] = 20,
	[OP_LISTXATTR] = 20,
	[OP_REMOVEXATTR] = 20,
	[OP_GETFLAGS] = 20,
	[OP_SETFLAGS] = 20,
};

static void remember(struct generator *g, const char *path, bool directory)
{
	if (g->n_paths < PATHS_MAX)
		snprintf(g->paths[g->n_paths++], sizeof(g->paths[0]), "%s", path);
	if (directory && g->n_directories < PATHS_MAX)
		snprintf(g->directories[g->n_directories++], sizeof(g->directories[0]), "%s", path);
}

static void forget(struct generator *g, const char *path)
{
	for (size_t i = 0; i < g->n_paths; i++)
		if (!strcmp(g->paths[i], path))
			memmove(g->paths[i--], g->paths[--g->n_paths], sizeof(g->paths[0]));
}

static void new_path(struct generator *g, char path[1100])
{
	const char *parent = "";
	char name[256];

	if (g->n_directories && rng_chance(g->rng, 75))
		parent = g->directories[rng_below(g->rng, g->n_directories)];
	stack_random_name(g->rng, name);
	if (strlen(parent) > 800)
		parent = "";
	snprintf(path, 1100, "%.800s%s%s", parent, *parent ? "/" : "", name);
}

/* Chooses a path that exists. Often chooses the last one again, since most faults come from several
 * calls on one name. */
static void old_path(struct generator *g, char path[1100])
{
	if (*g->last && rng_chance(g->rng, 35))
		snprintf(path, 1100, "%s", g->last);
	else if (g->n_paths && rng_chance(g->rng, 97))
		snprintf(path, 1100, "%s", g->paths[rng_below(g->rng, g->n_paths)]);
	else
		path[0] = 0;
}

static void directory_path(struct generator *g, char path[1100])
{
	if (g->n_directories && rng_chance(g->rng, 70))
		snprintf(path, 1100, "%s", g->directories[rng_below(g->rng, g->n_directories)]);
	else
		old_path(g, path);
}

static void any_path(struct generator *g, char path[1100], unsigned percent_new)
{
	if (rng_chance(g->rng, percent_new))
		new_path(g, path);
	else
		old_path(g, path);
}

static int64_t random_size(struct rng *rng)
{
	static const int64_t sizes[] = { 0, 1, 10, 1000, 4095, 4096, 4097, 8192, 30000, 131073 };

	return rng_pick(rng, sizes);
}

static int64_t random_time(struct rng *rng)
{
	if (rng_chance(rng, 25))
		return OP_NOW;
	if (rng_chance(rng, 25))
		return OP_OMIT;
	return 1200000000 + (int64_t)rng_below(rng, 100000000);
}

static int64_t random_owner(struct rng *rng)
{
	return rng_chance(rng, 25) ? -1 : (int64_t)stack_random_id(rng);
}

/* Chooses open flags, but none with which a file cannot be opened for writing: see allowed.h. */
static int64_t random_flags(struct rng *rng)
{
	static const int64_t flags[] = { 0, FS_NODUMP_FL, FS_NOATIME_FL,
		FS_NODUMP_FL | FS_NOATIME_FL };

	return rng_pick(rng, flags);
}

static void fill_open(struct generator *g, struct op *op)
{
	static const int64_t access[] = { O_RDONLY, O_RDONLY, O_WRONLY, O_RDWR, O_RDWR };

	op->flags = rng_pick(g->rng, access);
	op->flags |= rng_chance(g->rng, 40) ? O_CREAT : 0;
	op->flags |= (op->flags & O_CREAT) && rng_chance(g->rng, 25) ? O_EXCL : 0;
	op->flags |= rng_chance(g->rng, 20) ? O_TRUNC : 0;
	op->flags |= rng_chance(g->rng, 15) ? O_APPEND : 0;
	op->flags |= rng_chance(g->rng, 15) ? O_NOFOLLOW : 0;
	op->mode = stack_random_mode(g->rng);
	any_path(g, op->path, op->flags & O_CREAT ? 50 : 3);
	/* Open the same file again: two descriptors of one file can get in each other's way with
	 * locks. */
	if (*g->opened && rng_chance(g->rng, 20))
		snprintf(op->path, sizeof(op->path), "%s", g->opened);
	if (op->flags == O_RDONLY && rng_chance(g->rng, 20)) {
		op->flags |= O_DIRECTORY;
		directory_path(g, op->path);
	}
}

static void fill_io(struct generator *g, struct op *op)
{
	static const int64_t modes[] = { 0, FALLOC_FL_KEEP_SIZE,
		FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE,
		FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, FALLOC_FL_ZERO_RANGE,
		FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE };

	op->offset = random_size(g->rng);
	bool second = op->kind == OP_COPY_RANGE || op->kind == OP_OFD_LOCK;
	op->offset2 = second ? random_size(g->rng) : 0;
	op->length = random_size(g->rng);
	if (op->kind == OP_FALLOCATE)
		op->flags = rng_pick(g->rng, modes);
	/* With --restack, choose no operation that looks for holes: see allowed.h. */
	if (op->kind == OP_SEEK)
		op->flags = (int64_t)rng_below(g->rng, g->options->restack ? 3 : 5);
	if (op->kind == OP_FSYNC)
		op->flags = (int64_t)rng_below(g->rng, 2);
	if (op->kind == OP_MMAP || op->kind == OP_MMAP_READ)
		op->offset = rng_chance(g->rng, 50) ? 0 : op->offset;
	if (op->kind == OP_MMAP_READ)
		op->flags = rng_chance(g->rng, 70) ? MAP_PRIVATE : MAP_SHARED;
	if (op->kind == OP_FLOCK || op->kind == OP_OFD_LOCK)
		op->flags = (int64_t)rng_below(g->rng, 4);
}

static void fill_attributes(struct generator *g, struct op *op)
{
	bool trusted = !g->options->userns;

	op->mode = stack_random_mode(g->rng);
	switch (op->kind) {
	case OP_CHOWN:
	case OP_FCHOWN:
		op->mode = 0;
		op->uid = random_owner(g->rng);
		op->gid = random_owner(g->rng);
		/* Change at least one of owner and group: see allowed.h. */
		if (op->uid < 0 && op->gid < 0)
			op->gid = 0;
		op->flags = op->kind == OP_CHOWN && rng_chance(g->rng, 70) ? AT_SYMLINK_NOFOLLOW
									   : 0;
		break;
	case OP_UTIMENS:
	case OP_FUTIMENS:
		op->mode = 0;
		op->atime = random_time(g->rng);
		op->mtime = random_time(g->rng);
		op->flags = op->kind == OP_UTIMENS && rng_chance(g->rng, 70) ? AT_SYMLINK_NOFOLLOW
									     : 0;
		break;
	case OP_SETXATTR:
	case OP_FSETXATTR:
		op->mode = 0;
		xattr_random(g->rng, trusted, rng_chance(g->rng, 40), op->name, op->value);
		op->flags = rng_chance(g->rng, 20) ? XATTR_CREATE : 0;
		op->flags = rng_chance(g->rng, 20) ? XATTR_REPLACE : op->flags;
		break;
	case OP_GETXATTR:
	case OP_FGETXATTR:
	case OP_REMOVEXATTR:
	case OP_FREMOVEXATTR:
		op->mode = 0;
		xattr_random_name(g->rng, trusted, op->name);
		break;
	default:
		break;
	}
}

static void fill_mknod(struct generator *g, struct op *op)
{
	static const mode_t types[] = { S_IFIFO, S_IFIFO, S_IFSOCK, S_IFCHR, S_IFCHR, S_IFBLK,
		S_IFREG };

	new_path(g, op->path);
	op->mode = rng_pick(g->rng, types);
	if (op->mode == S_IFCHR && rng_chance(g->rng, 60)) {
		op->major = 1;
		op->minor = 3;
	} else if (op->mode == S_IFBLK) {
		op->major = 250;
		op->minor = 1;
	}
	op->mode |= stack_random_mode(g->rng) & 0777;
}

static void fill_names(struct generator *g, struct op *op)
{
	static const int64_t rename_flags[] = { 0, 0, 0, 0, RENAME_NOREPLACE, RENAME_EXCHANGE,
		RENAME_EXCHANGE, RENAME_WHITEOUT };

	switch (op->kind) {
	case OP_MKDIR:
		any_path(g, op->path, 40);
		op->mode = rng_chance(g->rng, 60) ? 0755 : stack_random_mode(g->rng);
		break;
	case OP_RENAME:
		any_path(g, op->path, 2);
		any_path(g, op->path2, 55);
		op->flags = rng_pick(g->rng, rename_flags);
		if (op->flags == RENAME_EXCHANGE)
			old_path(g, op->path2);
		break;
	case OP_LINK:
		old_path(g, op->path);
		any_path(g, op->path2, 70);
		op->flags = rng_chance(g->rng, 15) ? AT_SYMLINK_FOLLOW : 0;
		break;
	case OP_SYMLINK:
		any_path(g, op->path, 70);
		snprintf(op->value, sizeof(op->value), "%s", stack_random_target(g->rng));
		break;
	case OP_MKNOD:
		fill_mknod(g, op);
		break;
	case OP_LINKFD:
		new_path(g, op->path);
		break;
	case OP_READDIR:
	case OP_RMDIR:
	case OP_TMPFILE:
		directory_path(g, op->path);
		break;
	default:
		old_path(g, op->path);
	}
}

static enum op_kind random_op_kind(struct generator *g)
{
	unsigned sum = 0, at = 0;
	int kind = 0;

	for (int i = 0; i < OP_KINDS; i++)
		sum += weights[i];
	uint64_t dice = rng_below(g->rng, sum);
	while (dice >= (at += weights[kind]))
		kind++;
	if (kind == OP_TMPFILE && !g->options->tmpfile)
		return OP_OPEN;
	/* With --restack holes are not compared, and a look through a mapping must not touch one.
	 */

	return kind == OP_MMAP_READ && g->options->restack ? OP_PREAD : (enum op_kind)kind;
}

static void fill_who(struct generator *g, struct op *op)
{
	static const int64_t umasks[] = { 0, 022, 022, 027, 077 };

	op->umask = rng_pick(g->rng, umasks);
	if (!g->options->one_id && rng_chance(g->rng, 25))
		op->cred = (int64_t)rng_below(g->rng, CREDENTIALS_N);
	if (rng_chance(g->rng, 6))
		op->base = 1 + (int64_t)rng_below(g->rng, OP_SLOTS);
}

static bool uses_mode(enum op_kind kind)
{
	return kind == OP_OPEN || kind == OP_TMPFILE || kind == OP_FCHMOD || kind == OP_CHMOD ||
	       kind == OP_MKDIR || kind == OP_MKNOD || kind == OP_ACCESS;
}

/* Chooses a slot, mostly one with an open file. */
static int64_t random_slot(struct generator *g, enum op_kind kind)
{
	bool opens = kind == OP_OPEN || kind == OP_TMPFILE;
	int64_t slot = (int64_t)rng_below(g->rng, OP_SLOTS);

	if (opens)
		g->slots[g->n_slots++ % 16] = slot;
	else if (g->n_slots)
		slot = g->slots[rng_below(g->rng, g->n_slots < 16 ? g->n_slots : 16)];
	return slot;
}

/* Assumes that OP has succeeded, and updates the known paths. */
static void follow(struct generator *g, const struct op *op)
{
	if (*op->path)
		snprintf(g->last, sizeof(g->last), "%s", op->path);
	if (op->kind == OP_OPEN)
		snprintf(g->opened, sizeof(g->opened), "%s", op->path);
	if (op->kind == OP_MKDIR || (op->kind == OP_OPEN && (op->flags & O_CREAT)))
		remember(g, op->path, op->kind == OP_MKDIR);
	if (op->kind == OP_SYMLINK || op->kind == OP_MKNOD || op->kind == OP_LINKFD)
		remember(g, op->path, false);
	if (op->kind == OP_RENAME || op->kind == OP_LINK)
		remember(g, op->path2, op->kind == OP_RENAME && rng_chance(g->rng, 50));
	if (op->kind == OP_UNLINK || (op->kind == OP_RENAME && op->flags != RENAME_EXCHANGE))
		if (rng_chance(g->rng, 60))
			forget(g, op->path);
}

static void next_op(struct generator *g, struct op *op)
{
	op->kind = random_op_kind(g);
	fill_who(g, op);
	if (op->kind < OP_STAT) {
		op->slot = random_slot(g, op->kind);
		op->slot2 = op->kind == OP_COPY_RANGE ? random_slot(g, op->kind) : 0;
		op->seed = (int64_t)rng_below(g->rng, 1000);
	}
	if (op->kind == OP_OPEN)
		fill_open(g, op);
	else if (op->kind < OP_FSTAT && op->kind != OP_TMPFILE && op->kind != OP_CLOSE)
		fill_io(g, op);
	else if (op->kind != OP_CLOSE)
		fill_attributes(g, op);
	if ((op->kind >= OP_LINKFD || op->kind == OP_TMPFILE))
		fill_names(g, op);
	/* Never truncate to 0: see allowed.h. */
	if (op->kind == OP_TRUNCATE && !(op->length = random_size(g->rng)))
		op->length = 5;
	if (op->kind == OP_SETFLAGS)
		op->flags = random_flags(g->rng);
	/* Sometimes choose a buffer that is too short, or just long enough. */
	if ((op->kind == OP_GETXATTR || op->kind == OP_LISTXATTR) && rng_chance(g->rng, 30))
		op->length = 1 + (int64_t)rng_below(g->rng, 60);
	if (op->kind == OP_ACCESS)
		op->mode = (int64_t)rng_below(g->rng, 8);
	if (!uses_mode(op->kind) || (op->kind == OP_OPEN && !(op->flags & O_CREAT)))
		op->mode = 0;
	follow(g, op);
}

/* Adds operations that look at each upper directory; allowed.h says why. Returns how many, at most
 * N. */
static size_t look_at_upper(const struct stack *stack, struct op *ops, size_t n)
{
	size_t used = 0;

	for (size_t i = 0; i < stack->n_entries && used < n; i++) {
		const struct stack_entry *e = &stack->entries[i];

		if (e->layer != STACK_UPPER || e->kind != ENTRY_DIR)
			continue;
		ops[used].kind = OP_STAT;
		snprintf(ops[used++].path, sizeof(ops->path), "%s", e->path);
	}
	return used;
}

struct op *generate_ops(struct rng *rng, const struct stack *stack,
	const struct generate_options *options, size_t *ret_n)
{
	struct generator *g = calloc(1, sizeof(*g));
	size_t n = options->n_ops ? options->n_ops : 60 + rng_below(rng, 61);
	struct op *ops = calloc(n, sizeof(*ops));

	if (!g || !ops)
		abort();
	g->rng = rng;
	g->options = options;
	for (size_t i = 0; i < stack->n_entries; i++) {
		const struct stack_entry *e = stack_shows(stack, stack->entries[i].path);

		if (e || rng_chance(rng, 20))
			remember(g, stack->entries[i].path, e && e->kind == ENTRY_DIR);
	}
	size_t looked_up = look_at_upper(stack, ops, n);
	for (size_t i = looked_up; i < n; i++)
		if (options->restack && rng_chance(rng, 3))
			ops[i].kind = OP_RESTACK;
		else
			next_op(g, &ops[i]);
	free(g);
	*ret_n = n;
	return ops;
}
