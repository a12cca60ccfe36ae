/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A small stack of layers with any xattrs of overlayfs on it, shown and changed by the core of the
 * merge filesystem, and read by diff and changes. Nothing that lies beside the layers may be seen
 * or changed.
 *
 * The first byte is a sum of OPTIONS. Then come steps: a byte of layer and kind, a byte of path
 * (two bits each for up to three names), and for an xattr its number, a length and the value.
 */
#include "tests/fuzz/target.h"

#include "common/archive/diff/diff.h"
#include "common/base/scope.h"
#include "common/overlay/opath_xattr.h"
#include "common/overlay/whiteout.h"
#include "fuse/merge/fs.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* Name and content of a file beside the layers, which must never be seen. */
#define SECRET     "SECRET"
#define N_LAYERS   3
#define MOST_STEPS 40
#define MOST_NODES 200
#define MOST_DEPTH 8

enum { METACOPY = 1, MAKE = 2, NOFOLLOW = 4, OVERRIDE = 8, AUFS = 16, INDEX = 32, READ_ONLY = 64 };
enum { DIRECTORY, FILLED, EMPTY, HOLE, LINK, WHITEOUT, PIPE, XATTR };

static const char *const xattrs[] = { "user.overlay.redirect", "user.overlay.metacopy",
	"user.overlay.opaque", "user.overlay.origin", "user.overlay.whiteout", "user.overlay.nlink",
	"user.overlay.protattr", "user.overlay.impure", "user.overlay.upper", "user.overlay.uuid",
	"user.containers.override_stat", "user.overlay.overlay.redirect",
	"user.fuseoverlayfs.opaque", "user.overlay.overlay.opaque", "user.note",
	"user.overlay.overlay.whiteout" };

/* ---- the layers ---- */

struct input {
	const uint8_t *data;
	size_t size;
};

static uint8_t next_byte(struct input *input)
{
	if (!input->size)
		return 0;
	input->size--;
	return *input->data++;
}

/* Returns the path for a code ("a/b", "c", ...), and makes its directories. */
static void path_of(int layer, uint8_t code, char ret[8])
{
	size_t n = 0;

	for (int i = 0; i < 3; i++, code >>= 2) {
		if (i && !(code & 3))
			break;
		if (n) {
			mkdirat(layer, ret, 0755);
			ret[n++] = '/';
		}
		ret[n++] = (char)('a' + (code & 3));
		ret[n] = 0;
	}
}

static void make_file(int layer, const char *path, int kind)
{
	auto_close int fd = openat(
		layer, path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644);

	if (fd < 0)
		return;
	if (kind == FILLED && write(fd, "own data", 8) != 8)
		abort();
	if (kind == HOLE && ftruncate(fd, 6) < 0)
		abort();
}

static void set_xattr(int layer, const char *path, struct input *input)
{
	const char *name = xattrs[next_byte(input) % (sizeof(xattrs) / sizeof(*xattrs))];
	size_t length = next_byte(input);

	if (length > input->size)
		length = input->size;
	auto_close int fd = openat(layer, path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		opath_xattr_set(fd, name, input->data, length, 0);
	input->data += length;
	input->size -= length;
}

static void take_step(const int layers[N_LAYERS], struct input *input)
{
	uint8_t what = next_byte(input);
	int layer = layers[(what & 3) % N_LAYERS];
	char path[8];

	path_of(layer, next_byte(input), path);
	switch (what >> 2 & 7) {
	case DIRECTORY:
		mkdirat(layer, path, 0755);
		break;
	case LINK:
		symlinkat("../../beside/" SECRET, layer, path);
		break;
	case WHITEOUT:
		whiteout_make(layer, path);
		break;
	case PIPE:
		mkfifoat(layer, path, 0644);
		break;
	case XATTR:
		set_xattr(layer, path, input);
		break;
	default:
		make_file(layer, path, what >> 2 & 7);
	}
}

/* ---- the mount ---- */

struct walk {
	struct fs *fs;
	bool change;
	int nodes;
};

static void check_bytes(const void *data, ssize_t size)
{
	if (size > 0 && memmem(data, (size_t)size, SECRET, strlen(SECRET)))
		abort();
}

static bool is_root(void *arg, unsigned int capability, const struct stat *over)
{
	return true;
}

static void look_at_xattrs(struct walk *walk, uint32_t node)
{
	static const struct caller_rights rights = { .capable = is_root };
	const struct caller callers[] = { { .uid = 1 }, { .rights = &rights } };
	char names[512], value[512];

	for (int i = 0; i < 2; i++) {
		ssize_t n = fs_listxattr(walk->fs, node, &callers[i], names, sizeof(names));
		for (char *name = names; n > 0 && name < names + n; name += strlen(name) + 1)
			fs_getxattr(walk->fs, node, name, value, sizeof(value));
	}
	for (size_t i = 0; i < sizeof(xattrs) / sizeof(*xattrs); i++)
		fs_getxattr(walk->fs, node, xattrs[i], value, sizeof(value));
}

static void look_at_file(struct walk *walk, uint32_t node)
{
	auto_ref struct ref ref = REF_NONE;
	char buf[64];
	int fd = fs_open_read(walk->fs, node, &ref);

	if (fd >= 0)
		check_bytes(buf, pread(fd, buf, sizeof(buf), 0));
}

static void change_file(struct walk *walk, uint32_t node)
{
	auto_ref struct ref ref = REF_NONE;
	int fd = fs_open_write(walk->fs, node, &ref);

	if (fd >= 0 && pwrite(fd, "new", 3, 3) != 3)
		abort();
}

static void change_node(struct walk *walk, uint32_t node, const struct stat *st)
{
	const struct setting setting = { .what = SET_MODE,
		.st.st_mode = (st->st_mode & S_IFMT) | 0755 };
	struct stat now;

	if (!S_ISLNK(st->st_mode))
		fs_setattr(walk->fs, node, &setting, &now);
	if (S_ISREG(st->st_mode))
		change_file(walk, node);
}

struct name_picks {
	char text[32][8];
	int n;
};

static int gather(const struct listed *listed, void *arg)
{
	struct name_picks *names = arg;

	if (!strcmp(listed->name, SECRET))
		abort();
	if (names->n == 32 || strlen(listed->name) > 7 || listed->name[0] == '.')
		return names->n == 32;
	strcpy(names->text[names->n++], listed->name);
	return 0;
}

/* Moves, makes and removes names in NODE. */
static void change_names(struct walk *walk, uint32_t node)
{
	const struct creation directory = { .mode = S_IFDIR | 0755 },
			      file = { .mode = S_IFREG | 0644 };
	struct entry entry;

	if (fs_create(walk->fs, node, "d", &directory, &entry) == 0)
		fs_forget(walk->fs, entry.node, 1);
	fs_rename(walk->fs, node, "a", node, "e", 0);
	fs_rename(walk->fs, node, "b", node, "c", RENAME_EXCHANGE);
	fs_rename(walk->fs, node, "c", ROOT_NODE, "moved", RENAME_NOREPLACE);
	fs_remove(walk->fs, node, "b", false);
	fs_remove(walk->fs, node, "b", true);
	if (fs_create(walk->fs, node, "b", &file, &entry) == 0) {
		struct entry link;
		if (fs_link(walk->fs, entry.node, node, "linked", &link) == 0)
			fs_forget(walk->fs, link.node, 1);
		fs_forget(walk->fs, entry.node, 1);
	}
}

static void visit(struct walk *walk, uint32_t node, const struct stat *st, int depth);

static void visit_names(struct walk *walk, uint32_t node, int depth)
{
	struct name_picks names = { .n = 0 };

	fs_list(walk->fs, node, 0, gather, &names);
	if (walk->change)
		change_names(walk, node);
	for (int i = 0; i < names.n && walk->nodes < MOST_NODES; i++) {
		struct entry entry;
		walk->nodes++;
		if (fs_lookup(walk->fs, node, names.text[i], &entry) < 0)
			continue;
		if (depth < MOST_DEPTH)
			visit(walk, entry.node, &entry.st, depth + 1);
		fs_forget(walk->fs, entry.node, 1);
	}
}

static void visit(struct walk *walk, uint32_t node, const struct stat *st, int depth)
{
	auto_free char *target = NULL;
	struct stat now;

	fs_getattr(walk->fs, node, &now);
	look_at_xattrs(walk, node);
	if (S_ISREG(st->st_mode))
		look_at_file(walk, node);
	else if (S_ISLNK(st->st_mode))
		fs_readlink(walk->fs, node, &target);
	if (walk->change)
		change_node(walk, node, st);
	if (S_ISDIR(st->st_mode))
		visit_names(walk, node, depth);
	else if (S_ISREG(st->st_mode))
		look_at_file(walk, node);
}

static void show(const int layers[N_LAYERS + 1], uint8_t how, bool change)
{
	char paths[N_LAYERS + 1][32];
	const char *const lowers[] = { paths[1], paths[2] };
	const struct fs_options options = { .lowers = lowers,
		.n_lowers = 2,
		.upper = how & READ_ONLY ? NULL : paths[0],
		.work = paths[3],
		.class = XATTR_USER,
		.ownership = how & OVERRIDE ? OWNERSHIP_OVERRIDE : OWNERSHIP_REAL,
		.redirect = how & METACOPY || how & MAKE ? REDIRECT_MAKE
			    : how & NOFOLLOW             ? REDIRECT_NOFOLLOW
							 : REDIRECT_FOLLOW,
		.metacopy = how & METACOPY,
		.index = how & INDEX && !(how & METACOPY),
		.aufs = how & AUFS,
		.no_sync = true,
		.descriptors = 16 };
	struct walk walk = { .change = change };
	const struct stat root = { .st_mode = S_IFDIR };

	for (int i = 0; i <= N_LAYERS; i++)
		snprintf(paths[i], sizeof(paths[i]), "/proc/self/fd/%d", layers[i]);
	if (fs_open(&options, &walk.fs, NULL) < 0)
		return;
	visit(&walk, ROOT_NODE, &root, 0);
	fs_close(walk.fs);
}

/* ---- the archive ---- */

static int hear(const struct shale_change *change, void *arg)
{
	if (strstr(change->path, SECRET))
		abort();
	return 0;
}

static void tell(const int layers[N_LAYERS], uint8_t how, size_t n_above)
{
	auto_close int out = memfd_create("tar", MFD_CLOEXEC);
	enum ownership ownership = how & OVERRIDE ? OWNERSHIP_OVERRIDE : OWNERSHIP_REAL;
	const struct diff_spec spec = { .layers = layers,
		.n_layers = N_LAYERS,
		.n_above = n_above,
		.class = XATTR_USER,
		.ownership = ownership,
		.n_aufs = how & AUFS ? N_LAYERS : 0 };
	uint64_t bytes;
	char buf[4096];
	ssize_t n;

	diff_changes(&spec, hear, NULL, NULL);
	diff_size(&spec, &bytes, NULL);
	diff_tar(&spec, out, NULL);
	/* Look only at the beginning of a block: a link's target may contain the text. */
	for (off_t at = 0; (n = pread(out, buf, sizeof(buf), at)) > 0; at += n)
		if (memmem(buf, (size_t)n, "\0" SECRET, 1 + strlen(SECRET)))
			abort();
}

static void check_beside(int dir)
{
	char buf[16] = "";
	struct stat st;
	auto_close int beside = openat(dir, "beside", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_close int fd = openat(beside, SECRET, O_RDONLY | O_CLOEXEC);

	if (read(fd, buf, sizeof(buf) - 1) != (ssize_t)strlen(SECRET) || strcmp(buf, SECRET) != 0)
		abort();
	if (fstat(beside, &st) < 0 || st.st_nlink != 2 || (st.st_mode & 0777) != 0700)
		abort();
	if (fstat(fd, &st) < 0 || st.st_nlink != 1 || (st.st_mode & 0777) != 0600)
		abort();
}

static void make_beside(int dir)
{
	auto_close int fd = -1;

	if (mkdirat(dir, "beside", 0700) < 0)
		abort();
	fd = openat(dir, "beside/" SECRET, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (write(fd, SECRET, strlen(SECRET)) != (ssize_t)strlen(SECRET))
		abort();
}

/* Returns a set with one bit for each open descriptor. */
static uint64_t open_descriptors(void)
{
	uint64_t open = 0;

	for (int fd = 0; fd < 64; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			open |= (uint64_t)1 << fd;
	return open;
}

void fuzz_merge(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "0", "1", "2", "work" };
	struct input input = { data, size };

	/* The text inside a value is no leak. A name has a NUL before it. */
	if (size && memmem(data, size, "\0" SECRET, 1 + strlen(SECRET)))
		return;
	uint8_t how = next_byte(&input);
	int dir = fuzz_dir(), layers[N_LAYERS + 1];
	uint64_t open = open_descriptors();

	umask(0);
	make_beside(dir);
	for (int i = 0; i <= N_LAYERS; i++) {
		if (mkdirat(dir, names[i], 0755) < 0)
			abort();
		layers[i] = openat(dir, names[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	for (int i = 0; i < MOST_STEPS && input.size; i++)
		take_step(layers, &input);
	for (size_t n_above = 1; n_above <= N_LAYERS; n_above++)
		tell(layers, how, n_above);
	show(layers, how, false);
	show(layers, how, !(how & READ_ONLY));
	show(layers, how, false);
	tell(layers, how, 1);
	check_beside(dir);
	for (int i = 0; i <= N_LAYERS; i++)
		close(layers[i]);
	if (open_descriptors() != open)
		abort();
	fuzz_dir_empty(dir);
}
