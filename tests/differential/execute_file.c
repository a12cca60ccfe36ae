/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/differential/execute.h"

#include "common/base/scope.h"
#include "tests/differential/credentials.h"
#include "tests/differential/listing.h"
#include "tests/differential/result.h"
#include "tests/differential/stack.h"
#include "tests/differential/xattrs.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#define IO_MAX 262144

static bool is_device(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode));
}

bool execute_is_regular(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

#define NAME_MAX_NOW 4200

/* Gets the name of FD's file, if the file still has the name by which it was opened. Returns false
 * if it is deleted. */
static bool name_of(int fd, char ret[NAME_MAX_NOW])
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ssize_t n = readlink(path, ret, NAME_MAX_NOW - 1);
	ret[n < 0 ? 0 : n] = 0;
	return n <= 10 || strcmp(ret + n - 10, " (deleted)") != 0;
}

static void print_io(FILE *out, ssize_t n, const void *buffer)
{
	if (!print_result(out, n))
		return;
	fprintf(out, " %zd", n);
	if (buffer)
		fprintf(out, " hash=%016llx",
			(unsigned long long)hash_bytes(HASH_START, buffer, (size_t)n));
}

static void write_bytes(int fd, const struct op *op, bool at_offset, FILE *out)
{
	size_t size = (size_t)op->length < IO_MAX ? (size_t)op->length : IO_MAX;
	auto_free char *buffer = malloc(size + 1);

	content_fill((uint64_t)op->seed, op->offset, buffer, size);
	if (at_offset)
		print_io(out, pwrite(fd, buffer, size, op->offset), NULL);
	else
		print_io(out, write(fd, buffer, size), NULL);
}

static void keep(struct side *side, const struct op *op, int fd)
{
	int *slot = &side->slots[op->slot % OP_SLOTS];
	struct stat st;

	cleanup_close(slot);
	*slot = fd;
	side->linked[op->slot % OP_SLOTS] = fstat(fd, &st) == 0 && st.st_nlink > 1;
	side->read_only[op->slot % OP_SLOTS] = (op->flags & O_ACCMODE) == O_RDONLY;
}

static void run_open(struct side *side, const struct op *op, FILE *out)
{
	const char *path = *op->path ? op->path : ".";
	bool writes = (op->flags & O_ACCMODE) != O_RDONLY;

	if (is_device(path)) {
		fputs("is a device", out);
		return;
	}
	int fd = open(path, (int)op->flags | O_NONBLOCK | O_CLOEXEC, (mode_t)op->mode);
	if (!print_result(out, fd))
		return;
	keep(side, op, fd);
	if (!writes || (op->flags & O_TRUNC) || !execute_is_regular(fd))
		return;
	struct op first = { .length = 3, .seed = op->seed };
	fputs(" write ", out);
	write_bytes(fd, &first, false, out);
}

static void run_tmpfile(struct side *side, const struct op *op, FILE *out)
{
	const char *path = *op->path ? op->path : ".";
	int fd = open(
		path, O_TMPFILE | O_RDWR | O_CLOEXEC | (op->flags & O_EXCL), (mode_t)op->mode);

	if (print_result(out, fd))
		keep(side, &(struct op){ .slot = op->slot, .flags = O_RDWR }, fd);
}

int execute_view(const struct side *side, int64_t slot)
{
	char path[64];
	int fd = side->slots[slot];
	bool kernel = side->backend == BACKEND_KERNEL;

	if ((!kernel && !side->plain) || !side->read_only[slot] || !execute_is_regular(fd))
		return dup(fd);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	credentials_pause();
	int fresh = open(path, O_RDONLY | O_CLOEXEC);
	credentials_resume();
	if (kernel || fresh < 0)
		return fresh;
	close(fresh);
	return dup(fd);
}

static void run_read(const struct side *side, const struct op *op, FILE *out)
{
	size_t size = (size_t)op->length < IO_MAX ? (size_t)op->length : IO_MAX;
	auto_free char *buffer = malloc(size + 1);
	int fd = side->slots[op->slot];
	auto_close int from = execute_view(side, op->slot);
	off_t at = op->kind == OP_READ ? lseek(fd, 0, SEEK_CUR) : op->offset;

	if (at < 0) {
		print_io(out, read(fd, buffer, size), buffer);
		return;
	}
	ssize_t n = pread(from, buffer, size, at);
	print_io(out, n, buffer);
	if (op->kind == OP_READ && n > 0)
		lseek(fd, at + n, SEEK_SET);
}

static void run_seek(const struct side *side, const struct op *op, FILE *out)
{
	int fd = side->slots[op->slot];
	auto_close int from = execute_view(side, op->slot);
	bool looks = op->flags > SEEK_CUR;
	struct stat st;

	/* Offsets in a directory depend on the filesystem: do not compare them. */
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		fputs("is a directory", out);
		return;
	}
	off_t at = lseek(looks ? from : fd, op->offset, (int)op->flags);
	if (!print_result(out, at))
		return;
	fprintf(out, " %lld", (long long)at);
	if (looks)
		lseek(fd, at, SEEK_SET);
}

static void run_copy_range(const struct side *side, const struct op *op, FILE *out)
{
	auto_close int from = execute_view(side, op->slot);
	loff_t in = op->offset, to = op->offset2;

	if (side->slots[op->slot2] < 0) {
		fputs("closed", out);
		return;
	}
	print_io(out,
		copy_file_range(from, &in, side->slots[op->slot2], &to, (size_t)op->length, 0),
		NULL);
}

static bool is_deleted(int fd)
{
	char target[NAME_MAX_NOW];

	return !name_of(fd, target);
}

static void run_fstat(int fd, FILE *out)
{
	struct stat st;

	if (!print_result(out, fstat(fd, &st)))
		return;
	fputc(' ', out);
	credentials_pause();
	bool deleted = is_deleted(fd);
	credentials_resume();
	print_attributes(out, &st, !(deleted && st.st_nlink <= 1));
}

static void run_linkfd(int fd, const struct op *op, FILE *out)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	print_result(out, linkat(AT_FDCWD, path, AT_FDCWD, op->path, AT_SYMLINK_FOLLOW));
}

static void run_fxattr(int fd, const struct op *op, FILE *out)
{
	uint8_t value[XATTR_VALUE_MAX];
	char names[4096], hex[2 * XATTR_VALUE_MAX + 1];
	ssize_t n;

	if (op->kind == OP_FSETXATTR) {
		size_t size = xattr_from_hex(op->value, value);

		print_result(out, fsetxattr(fd, op->name, value, size, (int)op->flags));
	} else if (op->kind == OP_FREMOVEXATTR) {
		print_result(out, fremovexattr(fd, op->name));
	} else if (op->kind == OP_FLISTXATTR) {
		n = flistxattr(fd, names, sizeof(names));
		if (print_result(out, n))
			listing_print_names(names, (size_t)n, out);
	} else {
		n = fgetxattr(fd, op->name, value, sizeof(value));
		if (!print_result(out, n))
			return;
		xattr_to_hex(value, (size_t)n, hex);
		fprintf(out, " %s", hex);
	}
}

static int change(int fd, const struct op *op)
{
	struct timespec times[2];
	struct stat st;

	switch (op->kind) {
	case OP_FTRUNCATE:
		return ftruncate(fd, op->length);
	case OP_FALLOCATE:
		return fallocate(fd, (int)op->flags, op->offset, op->length);
	case OP_FSYNC:
		return op->flags ? fdatasync(fd) : fsync(fd);
	case OP_FCHMOD:
		return fstat(fd, &st) < 0 ? -1 : fchmod(fd, execute_mode(op, &st));
	case OP_FCHOWN:
		return fchown(fd, (uid_t)op->uid, (gid_t)op->gid);
	case OP_FUTIMENS:
		op_times(op, times);
		return futimens(fd, times);
	default:
		errno = ENOSYS;
		return -1;
	}
}

/* Whether the kernel loses the copy-up of the file in this slot: see allowed.h. */
static bool is_lost_to_kernel(const struct side *side, int64_t slot)
{
	int fd = side->slots[slot];

	credentials_pause();
	bool lost = is_deleted(fd) && (side->read_only[slot] || !execute_is_regular(fd));
	credentials_resume();
	return lost;
}

static bool changes_attributes(enum op_kind kind)
{
	return kind == OP_FCHMOD || kind == OP_FCHOWN || kind == OP_FUTIMENS ||
	       kind == OP_FSETXATTR || kind == OP_FREMOVEXATTR;
}

/* Looks up the name by which the descriptor was opened. With an index, a change through a
 * descriptor uses the name that was looked up last (allowed.h). Returns false if the name is gone;
 * the file may still exist. */
static bool look_at_name(const struct side *side, int64_t slot)
{
	char name[NAME_MAX_NOW];
	struct stat st;

	if (!side->index || !side->linked[slot] || side->slots[slot] < 0)
		return true;
	credentials_pause();
	bool there = name_of(side->slots[slot], name);
	if (there)
		(void)lstat(name, &st);
	credentials_resume();
	return there;
}

static void run_held(struct side *side, const struct op *op, FILE *out)
{
	int fd = side->slots[op->slot];

	int64_t changed = op->kind == OP_COPY_RANGE ? op->slot2 : op->slot;

	if (op->kind != OP_CLOSE && !look_at_name(side, changed)) {
		fputs("deleted", out);
		return;
	}
	if (changes_attributes(op->kind) && is_lost_to_kernel(side, op->slot)) {
		fputs("deleted", out);
		return;
	}
	switch (op->kind) {
	case OP_CLOSE:
		print_result(out, close(fd));
		side->slots[op->slot] = -1;
		break;
	case OP_READ:
	case OP_PREAD:
		run_read(side, op, out);
		break;
	case OP_WRITE:
	case OP_PWRITE:
		write_bytes(fd, op, op->kind == OP_PWRITE, out);
		break;
	case OP_MMAP:
	case OP_MMAP_READ:
		execute_map(side, op, out);
		break;
	case OP_SEEK:
		run_seek(side, op, out);
		break;
	case OP_COPY_RANGE:
		run_copy_range(side, op, out);
		break;
	case OP_FLOCK:
	case OP_OFD_LOCK:
		execute_lock(side, op, out);
		break;
	case OP_FSTAT:
		run_fstat(fd, out);
		break;
	case OP_LINKFD:
		run_linkfd(fd, op, out);
		break;
	case OP_FSETXATTR:
	case OP_FGETXATTR:
	case OP_FLISTXATTR:
	case OP_FREMOVEXATTR:
		run_fxattr(fd, op, out);
		break;
	default:
		print_result(out, change(fd, op));
	}
}

void execute_file(struct side *side, const struct op *op, FILE *out)
{
	if (op->kind == OP_OPEN)
		run_open(side, op, out);
	else if (op->kind == OP_TMPFILE)
		run_tmpfile(side, op, out);
	else if (side->slots[op->slot] < 0)
		fputs("closed", out);
	else
		run_held(side, op, out);
}
