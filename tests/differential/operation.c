/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/differential/operation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct {
	const char *name;
	bool changes_path;
} kinds[OP_KINDS] = {
	[OP_OPEN] = { "open", true },
	[OP_TMPFILE] = { "tmpfile", false },
	[OP_CLOSE] = { "close", false },
	[OP_READ] = { "read", false },
	[OP_PREAD] = { "pread", false },
	[OP_WRITE] = { "write", false },
	[OP_PWRITE] = { "pwrite", false },
	[OP_MMAP] = { "mmap", false },
	[OP_MMAP_READ] = { "mmap_read", false },
	[OP_SEEK] = { "seek", false },
	[OP_FTRUNCATE] = { "ftruncate", false },
	[OP_FALLOCATE] = { "fallocate", false },
	[OP_COPY_RANGE] = { "copy_range", false },
	[OP_FSYNC] = { "fsync", false },
	[OP_FLOCK] = { "flock", false },
	[OP_OFD_LOCK] = { "ofd_lock", false },
	[OP_FSTAT] = { "fstat", false },
	[OP_FCHMOD] = { "fchmod", false },
	[OP_FCHOWN] = { "fchown", false },
	[OP_FUTIMENS] = { "futimens", false },
	[OP_FSETXATTR] = { "fsetxattr", false },
	[OP_FGETXATTR] = { "fgetxattr", false },
	[OP_FLISTXATTR] = { "flistxattr", false },
	[OP_FREMOVEXATTR] = { "fremovexattr", false },
	[OP_LINKFD] = { "linkfd", true },
	[OP_STAT] = { "stat", false },
	[OP_ACCESS] = { "access", false },
	[OP_READDIR] = { "readdir", false },
	[OP_STATFS] = { "statfs", false },
	[OP_READLINK] = { "readlink", false },
	[OP_READFILE] = { "readfile", false },
	[OP_MKDIR] = { "mkdir", true },
	[OP_RMDIR] = { "rmdir", true },
	[OP_UNLINK] = { "unlink", true },
	[OP_RENAME] = { "rename", true },
	[OP_LINK] = { "link", true },
	[OP_SYMLINK] = { "symlink", true },
	[OP_MKNOD] = { "mknod", true },
	[OP_CHMOD] = { "chmod", true },
	[OP_CHOWN] = { "chown", true },
	[OP_TRUNCATE] = { "truncate", true },
	[OP_UTIMENS] = { "utimens", true },
	[OP_SETXATTR] = { "setxattr", true },
	[OP_GETXATTR] = { "getxattr", false },
	[OP_LISTXATTR] = { "listxattr", false },
	[OP_REMOVEXATTR] = { "removexattr", true },
	[OP_GETFLAGS] = { "getflags", false },
	[OP_SETFLAGS] = { "setflags", true },
	[OP_RESTACK] = { "restack", false },
};

enum field_type { OCTAL, DECIMAL, HEX, TEXT };

#define NUMBER(key, type)                                                                          \
	{                                                                                          \
#key, type, offsetof(struct op, key), 0                                            \
	}
#define STRING(key)                                                                                \
	{                                                                                          \
#key, TEXT, offsetof(struct op, key), sizeof(((struct op *)0)->key)                \
	}

static const struct field {
	const char *key;
	enum field_type type;
	size_t at, size;
} fields[] = {
	NUMBER(cred, DECIMAL),
	NUMBER(umask, OCTAL),
	NUMBER(base, DECIMAL),
	NUMBER(slot, DECIMAL),
	NUMBER(slot2, DECIMAL),
	STRING(path),
	STRING(path2),
	NUMBER(flags, HEX),
	NUMBER(mode, OCTAL),
	NUMBER(major, DECIMAL),
	NUMBER(minor, DECIMAL),
	NUMBER(uid, DECIMAL),
	NUMBER(gid, DECIMAL),
	NUMBER(offset, DECIMAL),
	NUMBER(offset2, DECIMAL),
	NUMBER(length, DECIMAL),
	NUMBER(atime, DECIMAL),
	NUMBER(mtime, DECIMAL),
	NUMBER(seed, DECIMAL),
	STRING(name),
	STRING(value),
};

#define N_FIELDS (sizeof(fields) / sizeof(*fields))

const char *op_name(enum op_kind kind)
{
	return kinds[kind].name;
}

int op_changes_path(enum op_kind kind)
{
	return kinds[kind].changes_path;
}

static struct timespec time_of(int64_t seconds)
{
	if (seconds == OP_NOW)
		return (struct timespec){ .tv_nsec = UTIME_NOW };
	if (seconds == OP_OMIT)
		return (struct timespec){ .tv_nsec = UTIME_OMIT };
	return (struct timespec){ .tv_sec = seconds, .tv_nsec = 111222333 };
}

void op_times(const struct op *op, struct timespec ret[2])
{
	ret[0] = time_of(op->atime);
	ret[1] = time_of(op->mtime);
}

static int64_t *number_of(const struct op *op, const struct field *field)
{
	return (int64_t *)((char *)op + field->at);
}

static char *text_of(const struct op *op, const struct field *field)
{
	return (char *)op + field->at;
}

static void print_open_flags(int64_t flags, FILE *out)
{
	static const struct {
		int flag;
		const char *name;
	} names[] = { { O_CREAT, "O_CREAT" }, { O_EXCL, "O_EXCL" }, { O_TRUNC, "O_TRUNC" },
		{ O_APPEND, "O_APPEND" }, { O_DIRECTORY, "O_DIRECTORY" },
		{ O_NOFOLLOW, "O_NOFOLLOW" }, { O_SYNC, "O_SYNC" } };
	static const char *const access[] = { "O_RDONLY", "O_WRONLY", "O_RDWR", "3" };

	fprintf(out, "  # %s", access[flags & O_ACCMODE]);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if ((flags & names[i].flag) == names[i].flag)
			fprintf(out, "|%s", names[i].name);
}

static void print_flags(const struct op *op, FILE *out)
{
	static const char *const rename_flags[] = { "", "RENAME_NOREPLACE", "RENAME_EXCHANGE",
		"both", "RENAME_WHITEOUT" };

	if (op->kind == OP_OPEN || op->kind == OP_TMPFILE)
		print_open_flags(op->flags, out);
	if (op->kind == OP_RENAME && op->flags > 0 && op->flags < 5)
		fprintf(out, "  # %s", rename_flags[op->flags]);
}

static void print_number(const struct field *field, int64_t value, FILE *out)
{
	if (field->type == OCTAL)
		fprintf(out, " %s=0%llo", field->key, (unsigned long long)value);
	else if (field->type == HEX)
		fprintf(out, " %s=0x%llx", field->key, (unsigned long long)value);
	else
		fprintf(out, " %s=%lld", field->key, (long long)value);
}

void op_print(const struct op *op, FILE *out)
{
	fputs(kinds[op->kind].name, out);
	for (size_t i = 0; i < N_FIELDS; i++) {
		if (fields[i].type == TEXT) {
			if (*text_of(op, &fields[i]))
				fprintf(out, " %s=%s", fields[i].key, text_of(op, &fields[i]));
		} else if (*number_of(op, &fields[i])) {
			print_number(&fields[i], *number_of(op, &fields[i]), out);
		}
	}
	print_flags(op, out);
}

static int parse_field(const char *key, const char *value, struct op *op)
{
	for (size_t i = 0; i < N_FIELDS; i++) {
		if (strcmp(key, fields[i].key))
			continue;
		if (fields[i].type == TEXT)
			snprintf(text_of(op, &fields[i]), fields[i].size, "%s", value);
		else
			*number_of(op, &fields[i]) = strtoll(value, NULL, 0);
		return 0;
	}
	return -EINVAL;
}

static int parse_kind(const char *word, enum op_kind *ret)
{
	for (int i = 0; i < OP_KINDS; i++) {
		if (strcmp(word, kinds[i].name))
			continue;
		*ret = i;
		return 0;
	}
	return -EINVAL;
}

int op_parse(const char *line, struct op *ret)
{
	char copy[4096], *rest = copy;
	struct op op = { 0 };

	snprintf(copy, sizeof(copy), "%s", line);
	copy[strcspn(copy, "#\n")] = 0;
	char *word = strtok_r(copy, " \t", &rest);
	if (!word || parse_kind(word, &op.kind) < 0)
		return -EINVAL;
	while ((word = strtok_r(NULL, " \t", &rest))) {
		char *equals = strchr(word, '=');

		if (!equals)
			return -EINVAL;
		*equals = 0;
		if (parse_field(word, equals + 1, &op) < 0)
			return -EINVAL;
	}
	*ret = op;
	return 0;
}
