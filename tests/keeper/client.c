/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/keeper/client.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#define NAMES 12
#define MOST  20000 /* bytes of a file */
#define HELD  3

struct side {
	const char *root;
	int held[HELD]; /* open files, some of which have lost their name; -1 */
};

struct client {
	struct side sides[2];
	struct rng rng;
	unsigned long done;
	char text[512]; /* text of the running operation */
};

/* The result of an operation: its return value or negative errno, and all bytes that it has
 * read. */
struct result {
	long code;
	uint64_t digest;
};

static volatile sig_atomic_t stopping;
static bool no_links;

static void stop(int signal)
{
	stopping = 1;
}

static uint32_t draw(struct client *client, uint32_t below)
{
	return (uint32_t)rng_below(&client->rng, below);
}

static uint64_t digest(uint64_t from, const void *data, size_t size)
{
	const unsigned char *at = data;

	for (size_t i = 0; i < size; i++)
		from = (from ^ at[i]) * 0x100000001b3u;
	return from;
}

static struct result code_of(long r)
{
	return (struct result){ .code = r < 0 ? -errno : r };
}

/* ---- operations on one side ---- */

struct operation {
	unsigned int kind;
	char a[64], b[64];
	uint32_t n, offset, size;
	unsigned char bytes[MOST];
};

static void path_of(const struct side *side, const char *name, char *ret)
{
	snprintf(ret, PATH_MAX, "%s/%s", side->root, name);
}

static struct result make_file(struct side *side, const struct operation *op)
{
	char path[PATH_MAX];
	path_of(side, op->a, path);
	int fd = open(path, O_CREAT | O_EXCL | O_WRONLY, 0600 | (op->n & 0177));
	if (fd < 0)
		return code_of(fd);
	struct result r = code_of(write(fd, op->bytes, op->size));
	close(fd);
	return r;
}

static struct result make_other(struct side *side, const struct operation *op)
{
	char path[PATH_MAX], target[PATH_MAX];
	path_of(side, op->a, path);
	path_of(side, op->b, target);
	switch (op->n % 5) {
	case 0:
		return code_of(symlink(op->b, path));
	case 1:
		return code_of(mknod(path, S_IFIFO | 0644, 0));
	case 2:
		return code_of(no_links ? mkdir(path, 0755) : link(target, path));
	default:
		return code_of(mkdir(path, 0755));
	}
}

static struct result take_away(struct side *side, const struct operation *op)
{
	char path[PATH_MAX];
	path_of(side, op->a, path);
	return code_of(op->n & 1 ? unlink(path) : rmdir(path));
}

static struct result move(struct side *side, const struct operation *op)
{
	static const unsigned int flags[] = { 0, 0, 0, 1, 2 };
	char from[PATH_MAX], to[PATH_MAX];
	path_of(side, op->a, from);
	path_of(side, op->b, to);
	return code_of(renameat2(AT_FDCWD, from, AT_FDCWD, to, flags[op->n % 5]));
}

static struct result write_some(struct side *side, const struct operation *op)
{
	char path[PATH_MAX];
	path_of(side, op->a, path);
	int fd = open(path, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | (op->n & 1 ? O_APPEND : 0));
	if (fd < 0)
		return code_of(fd);
	struct result r = code_of(op->n & 1 ? write(fd, op->bytes, op->size)
					    : pwrite(fd, op->bytes, op->size, op->offset));
	if (op->n % 8 == 0 && fsync(fd) < 0)
		r = code_of(-1);
	close(fd);
	return r;
}

static struct result map_some(struct side *side, const struct operation *op)
{
	char path[PATH_MAX];
	struct stat st;
	path_of(side, op->a, path);
	int fd = open(path, O_RDWR | O_NONBLOCK | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || !st.st_size) {
		struct result r = code_of(fd);
		if (fd >= 0)
			close(fd);
		return fd < 0 ? r : (struct result){ 0 };
	}
	char *at = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (at == MAP_FAILED)
		return code_of(-1);
	at[op->offset % (uint32_t)st.st_size] = (char)op->n;
	int synced = op->n & 1 ? msync(at, (size_t)st.st_size, MS_SYNC) : 0;
	struct result r = code_of(synced);
	r.digest = digest(1, at, (size_t)st.st_size);
	munmap(at, (size_t)st.st_size);
	return r;
}

static struct result set_attributes(struct side *side, const struct operation *op)
{
	char path[PATH_MAX], value[16];
	path_of(side, op->a, path);
	int n = snprintf(value, sizeof(value), "%u", op->offset);
	switch (op->n % 6) {
	case 0:
		return code_of(truncate(path, op->offset));
	case 1:
		return code_of(chmod(path, 0700 | (op->n >> 3 & 077)));
	case 2:
		return code_of(setxattr(path, "user.k", value, (size_t)n, XATTR_CREATE));
	case 3:
		return code_of(setxattr(path, "user.k", value, (size_t)n, XATTR_REPLACE));
	case 4:
		return code_of(removexattr(path, "user.k"));
	default:
		return code_of(utimensat(AT_FDCWD, path,
			(struct timespec[]){ { .tv_sec = op->n }, { .tv_sec = op->n } },
			AT_SYMLINK_NOFOLLOW));
	}
}

static struct result look(struct side *side, const struct operation *op)
{
	char path[PATH_MAX], value[64];
	struct stat st;
	path_of(side, op->a, path);
	struct result r = code_of(lstat(path, &st));
	if (r.code < 0)
		return r;
	uint64_t shown[] = { st.st_mode, S_ISDIR(st.st_mode) ? 0 : (uint64_t)st.st_size,
		S_ISDIR(st.st_mode) ? 0 : st.st_nlink };
	r.digest = digest(2, shown, sizeof(shown));
	ssize_t n = lgetxattr(path, "user.k", value, sizeof(value));
	if (n >= 0)
		r.digest = digest(r.digest, value, (size_t)n);
	n = S_ISLNK(st.st_mode) ? readlink(path, value, sizeof(value)) : -1;
	if (n >= 0)
		r.digest = digest(r.digest, value, (size_t)n);
	return r;
}

static struct result read_all(int fd)
{
	static char bytes[4 * MOST];
	struct result r = { .digest = 3 };
	ssize_t n;
	while ((n = pread(fd, bytes, sizeof(bytes), r.code)) > 0) {
		r.digest = digest(r.digest, bytes, (size_t)n);
		r.code += n;
	}
	return n < 0 ? code_of(-1) : r;
}

static struct result read_file(struct side *side, const struct operation *op)
{
	char path[PATH_MAX];
	path_of(side, op->a, path);
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
	struct stat st;
	if (fd < 0)
		return code_of(fd);
	struct result r = { 0 };
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		r = read_all(fd);
	close(fd);
	return r;
}

static struct result list(struct side *side, const struct operation *op)
{
	char path[PATH_MAX];
	path_of(side, op->n & 1 ? op->a : "", path);
	DIR *dir = opendir(path);
	struct dirent *entry;
	if (!dir)
		return code_of(-1);
	struct result r = { 0 };
	while ((errno = 0, entry = readdir(dir))) {
		r.code++;
		r.digest += digest(4, entry->d_name, strlen(entry->d_name)) * (entry->d_type + 1u);
	}
	if (errno)
		r = code_of(-1);
	closedir(dir);
	return r;
}

/* Keeps files open, of which some lose their names. */
static struct result hold(struct side *side, const struct operation *op)
{
	int *fd = &side->held[op->n % HELD];
	char path[PATH_MAX];
	path_of(side, op->a, path);
	if (*fd >= 0)
		close(*fd);
	*fd = op->n & 8 ? open(side->root, O_TMPFILE | O_RDWR, 0600)
			: open(path, O_RDWR | O_NONBLOCK | O_NOFOLLOW);
	struct stat st;
	bool other = *fd >= 0 && (fstat(*fd, &st) < 0 || !S_ISREG(st.st_mode));
	struct result r = code_of(*fd < 0 ? -1 : 0);
	if (other) {
		close(*fd);
		*fd = -1;
	}
	return r;
}

static struct result use_held(struct side *side, const struct operation *op)
{
	int fd = side->held[op->n % HELD];
	char path[PATH_MAX], link[64];
	if (fd < 0)
		return (struct result){ 0 };
	if (op->n % 16 == 7 && !no_links) {
		path_of(side, op->b, path);
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		return code_of(linkat(AT_FDCWD, link, AT_FDCWD, path, AT_SYMLINK_FOLLOW));
	}
	if (op->n & 1 && pwrite(fd, op->bytes, op->size, op->offset) < 0)
		return code_of(-1);
	return read_all(fd);
}

static struct result copy_range(struct side *side, const struct operation *op)
{
	char from[PATH_MAX], to[PATH_MAX];
	path_of(side, op->a, from);
	path_of(side, op->b, to);
	int in = open(from, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
	int out = open(to, O_WRONLY | O_NONBLOCK | O_NOFOLLOW);
	struct result r = { .code = in < 0 || out < 0 };
	off_t at = 0, there = op->offset;
	struct stat a, b;
	bool regular = !r.code && fstat(in, &a) == 0 && fstat(out, &b) == 0 && S_ISREG(a.st_mode) &&
		       S_ISREG(b.st_mode) && a.st_ino != b.st_ino;
	if (regular)
		r = code_of(copy_file_range(in, &at, out, &there, op->size, 0));
	close(in);
	close(out);
	return r;
}

static struct result (*const kinds[])(struct side *side, const struct operation *op) = { make_file,
	make_file, make_other, make_other, take_away, take_away, move, move, move, write_some,
	write_some, write_some, map_some, set_attributes, set_attributes, set_attributes, look,
	look, look, read_file, read_file, list, hold, use_held, use_held, copy_range };
static const char *const words[] = { "make file", "make file", "make other", "make other",
	"take away", "take away", "move", "move", "move", "write", "write", "write", "map",
	"attributes", "attributes", "attributes", "look", "look", "look", "read", "read", "list",
	"hold", "use held", "use held", "copy range" };
#define KINDS (sizeof(kinds) / sizeof(*kinds))

/* ---- a client ---- */

static void draw_name(struct client *client, char *ret)
{
	uint32_t depth = draw(client, 3);

	*ret = 0;
	while (depth--)
		sprintf(ret + strlen(ret), "d%u/", draw(client, 3));
	sprintf(ret + strlen(ret), "%s%u", draw(client, 3) ? "f" : "d", draw(client, NAMES / 2));
}

static void draw_operation(struct client *client, struct operation *ret)
{
	ret->kind = draw(client, KINDS);
	draw_name(client, ret->a);
	draw_name(client, ret->b);
	ret->n = draw(client, 1u << 20);
	ret->offset = draw(client, MOST);
	ret->size = 1 + draw(client, draw(client, 4) ? 100 : MOST - 1);
	for (size_t i = 0; i < ret->size; i++)
		ret->bytes[i] = (unsigned char)(ret->n + i * 7);
}

static void lost(int signal)
{
	static const char text[] = "an operation was not answered\n";

	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(3);
}

static bool is_same(const struct result *a, const struct result *b)
{
	return a->code == b->code && a->digest == b->digest;
}

static int run_client(struct client *client)
{
	static struct operation op;

	signal(SIGALRM, lost);
	while (!stopping) {
		struct result results[2];
		draw_operation(client, &op);
		alarm(CLIENT_PATIENCE);
		for (int i = 0; i < 2; i++)
			results[i] = kinds[op.kind](&client->sides[i], &op);
		alarm(0);
		client->done++;
		if (is_same(&results[0], &results[1]))
			continue;
		fprintf(stderr,
			"%s: operation %lu '%s' a=%s b=%s n=%u offset=%u size=%u: %ld %llx, and "
			"there %ld %llx\n",
			client->sides[0].root, client->done, words[op.kind], op.a, op.b, op.n,
			op.offset, op.size, results[0].code, (unsigned long long)results[0].digest,
			results[1].code, (unsigned long long)results[1].digest);
		return 1;
	}
	printf("%lu\n", client->done);
	return 0;
}

void client_begin(const struct client_place *place, int number)
{
	static struct client client;
	static char roots[2][PATH_MAX];

	signal(SIGTERM, stop);
	no_links = place->no_links;
	for (int i = 0; i < 2; i++) {
		snprintf(roots[i], PATH_MAX, "%s/%d", place->trees[i], number);
		client.sides[i] = (struct side){ .root = roots[i], .held = { -1, -1, -1 } };
	}
	rng_seed(&client.rng, place->seed * 1000003 + (uint64_t)number * 7919);
	int r = run_client(&client);
	fflush(NULL);
	_exit(r);
}
