/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/differential/execute.h"

#include "common/base/scope.h"
#include "common/overlay/overlay_xattr.h"
#include "tests/differential/credentials.h"
#include "tests/differential/result.h"

#include <fcntl.h>
#include <sys/stat.h>

mode_t execute_mode(const struct op *op, const struct stat *st)
{
	bool several = st->st_nlink > 1;

	/* Root may use the file whatever the other bits are: see allowed.h. */
	if (several && geteuid() != 0)
		return st->st_mode & 0777;
	bool lost = several && xattr_class_of_process() == XATTR_USER;
	return (mode_t)(lost ? op->mode & 0777 : op->mode);
}

struct watched {
	bool there;
	ino_t ino;
};

static struct watched watch_path(const char *path)
{
	struct stat st;

	if (!*path || lstat(path, &st) < 0)
		return (struct watched){ 0 };
	return (struct watched){ true, st.st_ino };
}

static void print_watched(FILE *out, const char *what, struct watched before, struct watched after)
{
	if (before.there && after.there)
		fprintf(out, " %s=%s", what, before.ino == after.ino ? "same" : "changed");
}

/* Enters the directory where the operation's paths begin: the root of the mount, or the directory
 * in a slot. */
static int enter(const struct side *side, const struct op *op)
{
	int fd = side->root;

	if (op->base > 0 && op->base <= OP_SLOTS && side->slots[op->base - 1] >= 0)
		fd = side->slots[op->base - 1];
	return sys(fchdir(fd));
}

static void dispatch(struct side *side, const struct op *op, FILE *out)
{
	int r = credentials_take((size_t)op->cred, (unsigned)op->umask);

	if (r < 0)
		fprintf(out, "cannot become %s: ", credentials_name((size_t)op->cred));
	else if (op->kind < OP_STAT)
		execute_file(side, op, out);
	else
		execute_path(side, op, out);
	credentials_drop();
}

void execute(struct side *side, const struct op *op, bool watch, FILE *out)
{
	if (enter(side, op) < 0) {
		print_result(out, -1);
		return;
	}
	watch = watch && op_changes_path(op->kind);
	struct watched before = watch_path(watch ? op->path : "");
	struct watched before2 = watch_path(watch ? op->path2 : "");

	dispatch(side, op, out);
	if (!watch)
		return;
	struct watched after = watch_path(op->path), after2 = watch_path(op->path2);

	print_watched(out, "ino", before, after);
	print_watched(out, "ino2", before2, after2);
	print_watched(out, "ino-to-2", before, after2);
}
