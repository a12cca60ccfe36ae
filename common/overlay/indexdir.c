/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/overlay/indexdir.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/overlay/opath_xattr.h"
#include "common/overlay/whiteout.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#define INDEX "index"

struct index {
	int fd;
	const struct index_layer *layers;
	size_t n_layers;
	enum xattr_class class;
};

/* Each subvolume of btrfs looks like a filesystem of its own, but all have the same uuid. */
static bool is_btrfs(int fd)
{
	struct statfs st;

	return fstatfs(fd, &st) == 0 && st.f_type == BTRFS_SUPER_MAGIC;
}

static bool have_one_uuid(const struct index_layer *one, const struct index_layer *other)
{
	struct stat st, other_st;

	return !memcmp(one->uuid, other->uuid, 16) && fstat(one->fd, &st) == 0 &&
	       fstat(other->fd, &other_st) == 0 && st.st_dev != other_st.st_dev &&
	       !is_btrfs(one->fd);
}

static bool has_handles(const struct index_layer *layer)
{
	struct origin origin;

	origin_make(layer->fd, layer->uuid, &origin);
	auto_close int fd = origin_open(layer->fd, &origin);
	return fd >= 0;
}

const char *indexdir_obstacle(const struct index_layer *layers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!layers[i].uuid)
			return "the filesystem of a layer tells no uuid";
		if (!has_handles(&layers[i]))
			return "the filesystem of a layer gives no file handles that could be "
			       "followed here";
		for (size_t j = 0; j < i; j++)
			if (have_one_uuid(&layers[i], &layers[j]))
				return "two filesystems of layers have the same uuid";
	}
	return NULL;
}

int indexdir_name_of(const struct origin *origin, char ret[INDEX_NAME_SIZE])
{
	if (!origin->size || 2 * origin->size >= INDEX_NAME_SIZE)
		return -EOPNOTSUPP;
	for (size_t i = 0; i < origin->size; i++)
		snprintf(ret + 2 * i, 3, "%02x", origin->bytes[i]);
	return 0;
}

int indexdir_set_links(int fd, enum xattr_class class, enum index_base base, int more)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%c%+d", base, more);

	return opath_xattr_set(fd, overlay_xattr(class, "nlink"), text, (size_t)n, 0);
}

/* Parses the stored link count and returns 1; returns 0 if there is no valid one. */
static int get_links(int fd, enum xattr_class class, char *ret_base, int *ret_more)
{
	char text[16], *end;
	ssize_t n = opath_xattr_get(fd, overlay_xattr(class, "nlink"), text, sizeof(text) - 1);

	if (n < 3 || !strchr("UL", text[0]) || !strchr("+-", text[1]))
		return 0;
	text[n] = 0;
	long more = strtol(text + 1, &end, 10);
	if (*end || more != (int)more)
		return 0;
	*ret_base = text[0];
	*ret_more = (int)more;
	return 1;
}

int indexdir_more_links(int fd, enum xattr_class class)
{
	char base;
	int more;

	return get_links(fd, class, &base, &more) && base == INDEX_UPPER ? more : 0;
}

static int verify(int fd, const char *xattr, const struct origin *wanted)
{
	uint8_t have[ORIGIN_MAX];
	ssize_t n = opath_xattr_get(fd, xattr, have, sizeof(have));

	if (n == -ENODATA)
		return opath_xattr_set(fd, xattr, wanted->bytes, wanted->size, 0);
	if (n < 0)
		return (int)n;
	return (size_t)n == wanted->size && !memcmp(have, wanted->bytes, wanted->size) ? 0
										       : -ESTALE;
}

/* Checks that upper layer and index were made for these lower layers: an index entry is valid only
 * with them. */
static int verify_layers(const struct index *index, struct shale_error *err)
{
	const struct index_layer *upper = &index->layers[0], *lower = &index->layers[1];
	struct origin origin;

	origin_make(lower->fd, lower->uuid, &origin);
	int r = verify(upper->fd, overlay_xattr(index->class, "origin"), &origin);
	if (r == -ESTALE)
		error_remedy(err, 0,
			"Mount it on the lower layers that it was made on, or with "
			"index=off.");
	return r < 0 ? error_fail(err, r, "the upper layer was made on another lower layer") : 0;
}

static int verify_upper(const struct index *index, struct shale_error *err)
{
	const struct index_layer *upper = &index->layers[0];
	struct origin origin;

	origin_make(upper->fd, upper->uuid, &origin);
	origin_is_upper(&origin);
	int r = verify(index->fd, overlay_xattr(index->class, "upper"), &origin);
	if (r == -ESTALE)
		error_remedy(err, 0,
			"Remove the directory 'index' in the work directory, or mount "
			"with index=off.");
	return r < 0 ? error_fail(err, r, "the index belongs to another upper layer") : 0;
}

static int origin_of_name(const char *name, struct origin *ret)
{
	size_t length = strlen(name);

	if (length % 2 || length / 2 > sizeof(ret->bytes) ||
		strspn(name, "0123456789abcdef") != length)
		return -EINVAL;
	for (ret->size = 0; ret->size < length / 2; ret->size++)
		sscanf(name + 2 * ret->size, "%2hhx", &ret->bytes[ret->size]);
	return 0;
}

static int open_lower(const struct index *index, const struct origin *origin)
{
	for (size_t i = 1; i < index->n_layers; i++)
		if (origin_is_on(origin, index->layers[i].uuid))
			return origin_open(index->layers[i].fd, origin);
	return -ESTALE;
}

/* Rewrites a link count that is stored relative to the lower inode, because that inode may vanish.
 * Returns the number of links, or 0 if it is unknown. */
static int rewrite_link_count(const struct index *index, int fd, const struct stat *st, int lower)
{
	struct stat lower_st;
	char base;
	int more;

	if (!get_links(fd, index->class, &base, &more))
		return st->st_nlink > 1 ? (int)st->st_nlink : 0;
	if (base == INDEX_UPPER)
		return (int)st->st_nlink + more;
	if (lower < 0 || fstat(lower, &lower_st) < 0)
		return 0;
	int links = (int)lower_st.st_nlink + more;
	int r = indexdir_set_links(fd, index->class, INDEX_UPPER, links - (int)st->st_nlink);
	return r < 0 ? r : links;
}

/* Returns 1 if the lower inode of the entry is gone, 0 if the entry must stay, or a negative errno
 * if it is no index entry. */
static int is_stale(const struct index *index, const char *name)
{
	auto_close int fd = sys(openat(index->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
	struct origin wanted, origin;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return fd < 0 ? fd : -errno;
	int r = origin_of_name(name, &wanted);
	/* With nfs_export=on the kernel also makes entries for directories and for removed files.
	 */

	if (r < 0 || S_ISDIR(st.st_mode) || stat_is_whiteout(&st))
		return r;
	r = origin_get(fd, index->class, &origin);
	if (r <= 0)
		return r < 0 ? r : -EINVAL;
	if (origin.size != wanted.size || memcmp(origin.bytes, wanted.bytes, origin.size) != 0)
		return 1;
	auto_close int lower = open_lower(index, &origin);
	int links = rewrite_link_count(index, fd, &st, lower);
	if (links < 0 || st.st_nlink > 1)
		return links < 0 ? links : 0;
	return lower < 0 || links == 0;
}

/* Removes the entry NAME if it is stale. A name that begins with '#' is a temporary file that the
 * kernel has left. */
static int clean_entry(const struct index *index, const char *name)
{
	int r = *name == '#' ? 1 : is_stale(index, name);

	if (r == 1 && unlinkat(index->fd, name, 0) < 0)
		r = -errno == -EISDIR ? sys(unlinkat(index->fd, name, AT_REMOVEDIR)) : -errno;
	return r < 0 ? r : 0;
}

static int clean(const struct index *index, struct shale_error *err)
{
	auto_close int fd = sys(openat(index->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	auto_closedir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir)
		return error_fail(err, fd < 0 ? fd : -ENOMEM, "read the index");
	fd = -1;
	while ((entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		int r = clean_entry(index, entry->d_name);
		if (r < 0)
			return error_fail(err, r, "look at '%s' in the index", entry->d_name);
	}
	return 0;
}

int indexdir_open(int work, const struct index_layer *layers, size_t n, enum xattr_class class,
	struct shale_error *err)
{
	struct index index = { .layers = layers, .n_layers = n, .class = class };
	int r = verify_layers(&index, err);

	if (r < 0)
		return r;
	if (mkdirat(work, INDEX, 0) < 0 && errno != EEXIST)
		return error_fail(err, -errno, "make the index");
	auto_close int fd = sys(
		openat(work, INDEX, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	if (fd < 0)
		return error_fail(err, fd, "open the index");
	index.fd = fd;
	r = verify_upper(&index, err);
	if (r == 0)
		r = clean(&index, err);
	return r < 0 ? r : steal_fd(&fd);
}
