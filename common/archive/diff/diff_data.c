/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/diff/diff_data.h"

#include "common/archive/sparse.h"
#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/overlay/opath_xattr.h"

#include <fcntl.h>

/* Checks the file's type through the O_PATH descriptor, then opens it through /proc: nobody can
 * replace the file by a device in between. */
static int reopen(int path, int64_t *ret_size)
{
	char name[32];
	struct stat st;

	if (fstat(path, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -ESTALE;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", path);
	*ret_size = st.st_size;
	return sys(open(name, O_RDONLY | O_NOATIME | O_CLOEXEC));
}

static int open_data(int path, int64_t *ret_size)
{
	char name[32];
	int fd = reopen(path, ret_size);

	/* Only the file's owner may use O_NOATIME. */
	snprintf(name, sizeof(name), "/proc/self/fd/%d", path);
	return fd == -EPERM ? sys(open(name, O_RDONLY | O_CLOEXEC)) : fd;
}

/* ---- metacopy ---- */

static int has_mark(const struct stack_dir *dir, int fd, const char *mark)
{
	ssize_t n = opath_xattr_get(fd, overlay_xattr(dir->stack->class, mark), NULL, 0);

	if (n == -ENODATA || n == -EOPNOTSUPP)
		return 0;
	return n < 0 ? (int)n : 1;
}

static int fail_metacopy(struct shale_error *err)
{
	error_fail_plain(err, -EOPNOTSUPP,
		"only its metadata are in the layer, and its data are not in the layers given");
	return error_remedy(err, -EOPNOTSUPP, "`shale convert` the layer first");
}

/* Looks for the data in one lower ENTRY of DIR. Returns 1 and an O_PATH descriptor if it holds
 * data; 0 if it is a metacopy, too. */
static int try_data(
	struct stack_dir *dir, const struct stack_entry *entry, int *ret, struct shale_error *err)
{
	if (entry->whiteout || !S_ISREG(entry->st.st_mode))
		return fail_metacopy(err);
	auto_close int fd = stack_open(dir, entry);
	int metacopy = fd < 0 ? fd : has_mark(dir, fd, "metacopy");
	if (metacopy < 0)
		return error_fail(err, metacopy, "look for its data");
	int redirect = has_mark(dir, fd, "redirect");
	if (metacopy && redirect)
		return redirect < 0 ? redirect : fail_metacopy(err);
	if (!metacopy)
		*ret = steal_fd(&fd);
	return !metacopy;
}

static int find_in(
	struct stack_dir *dir, struct stack_entry *entry, int *ret, struct shale_error *err)
{
	int r;

	while ((r = try_data(dir, entry, ret, err)) == 0) {
		struct stack_entry next;
		r = stack_lookup_below(dir, entry, &next, err);
		if (r <= 0)
			return r;
		*entry = next;
	}
	return r;
}

/* Returns an O_PATH descriptor of the file that holds the data. */
static int find_data(const struct diff_file *file, struct shale_error *err)
{
	struct stack_dir *below;
	struct stack_entry next;
	int fd = -1;

	if (file->marks.redirect)
		return fail_metacopy(err);
	int r = stack_lookup_below(&file->dir->above, file->entry, &next, err);
	if (r > 0)
		r = find_in(&file->dir->above, &next, &fd, err);
	if (r != 0)
		return r < 0 ? r : fd;
	r = file->dir->above.hides ? 0 : walk_below(file->dir, &below, err);
	if (r > 0)
		r = stack_lookup(below, file->entry->name, &next, err);
	if (r > 0)
		r = find_in(below, &next, &fd, err);
	return r < 0 ? r : r == 0 ? fail_metacopy(err) : fd;
}

static int open_file(const struct diff_file *file, struct shale_error *err)
{
	auto_close int lower = -1;
	int64_t size = 0;

	if (file->marks.metacopy) {
		lower = find_data(file, err);
		if (lower < 0)
			return lower;
	}
	int fd = open_data(lower >= 0 ? lower : file->fd, &size);
	if (fd >= 0 && lower >= 0 && size != file->entry->st.st_size) {
		close(fd);
		return fail_metacopy(err);
	}
	return fd < 0 ? error_fail(err, fd, "open it") : fd;
}

/* Compares the size again after reading: a file that shrank looks as if it ended in a hole. */
static int check_size(int fd, int64_t size)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	return st.st_size < size ? -ENODATA : 0;
}

/* Copies a file to the tar. Writes zeros for ranges that the filesystem reports as holes, without
 * reading them. */
static int copy_sparse(struct pax *pax, int fd, int64_t size)
{
	int64_t at = 0;
	int r = 0;

	while (r == 0 && at < size) {
		off_t data = lseek(fd, at, SEEK_DATA);
		if (data < 0)
			data = errno == ENXIO ? size : at;
		if (data > size)
			data = size;
		r = pax_zeros(pax, data - at);
		off_t end = data < size ? lseek(fd, data, SEEK_HOLE) : size;
		if (end <= data || end > size)
			end = size;
		if (r == 0)
			r = pax_copy(pax, fd, data, end - data);
		at = end;
	}
	return r < 0 ? r : check_size(fd, size);
}

static int copy_extents(struct pax *pax, int fd, const struct sparse *sparse)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < sparse->n; i++)
		r = pax_copy(pax, fd, sparse->extents[i].offset, sparse->extents[i].size);
	return r < 0 ? r : check_size(fd, sparse->realsize);
}

/* Writes OUT's header and its data; leaves large holes out. */
static int write_entry(struct pax *pax, struct pax_entry *out, int fd)
{
	auto_sparse struct sparse sparse = { 0 };
	const int64_t size = out->st->st_size;
	/* A file whose blocks cover its size has no holes. */
	const bool holes = (int64_t)out->st->st_blocks * 512 < size;
	const int found = holes ? sparse_find(fd, size, &sparse) : 0;

	if (found < 0)
		return found;
	out->sparse = found ? &sparse : NULL;
	int r = pax_header(pax, out);
	if (r < 0 || size == 0)
		return r;
	return found   ? copy_extents(pax, fd, &sparse)
	       : holes ? copy_sparse(pax, fd, size)
		       : pax_copy(pax, fd, 0, size);
}

int diff_write_data(struct pax *pax, struct pax_entry *out, const struct diff_file *file,
	struct shale_error *err)
{
	int64_t size = file->entry->st.st_size;
	const bool direct = file->readable && !file->marks.metacopy;
	auto_close int opened = size > 0 && !direct ? open_file(file, err) : -1;
	const int fd = direct ? file->fd : opened;

	if (size > 0 && fd < 0)
		return fd;
	int r = write_entry(pax, out, fd);
	if (r == -ENODATA)
		return error_fail_plain(err, -ESTALE, "it shrank while it was read");
	if (r == 0)
		r = pax_end_data(pax);
	return r < 0 ? error_fail(err, r, "write it") : 0;
}
