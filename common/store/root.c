/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/root.h"

#include "common/base/beneath.h"
#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/store/foreign/adopted.h"
#include "common/store/link.h"
#include "common/store/store_struct.h"
#include "common/store/layer.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>

int root_open(const struct shale_store *store, const char *id, bool *ret_adopted)
{
	auto_layer struct layer layer = LAYER_NONE;
	char path[ID_MAX + sizeof("/diff")];

	*ret_adopted = false;
	snprintf(path, sizeof(path), "%s/diff", id);
	int fd = beneath_open(store->home, path, O_RDONLY | O_DIRECTORY);
	if (fd != -ENOTDIR && fd != -ELOOP)
		return fd;
	int r = layer_open(store, id, &layer, NULL);
	if (r < 0)
		return r;
	*ret_adopted = adopted_from(&layer);
	return adopted_open_root(&layer);
}

int lowers_init(struct lowers *lowers, size_t n)
{
	*lowers = (struct lowers){ .names = calloc(n, sizeof(*lowers->names)),
		.fds = calloc(n, sizeof(*lowers->fds)) };
	return lowers->names && lowers->fds ? 0 : -ENOMEM;
}

void lowers_close(struct lowers *lowers)
{
	for (size_t i = 0; i < lowers->n; i++)
		free(lowers->names[i]);
	for (size_t i = 0; i < lowers->n_fds; i++)
		close(lowers->fds[i]);
	free(lowers->names);
	free(lowers->fds);
	*lowers = (struct lowers){ 0 };
}

static int fail(int code, const char *name, struct shale_error *err)
{
	error_remedy(err, code, "see 'shale check'");
	if (code == -EINVAL)
		return error_fail_plain(err, code, "'%s' is no link to a layer of the store", name);
	return error_fail(err, code, "the layer of '%s'", name);
}

/* Opens the root of an adopted layer, which lies outside HOME. Returns 1 and the root. Returns 0 if
 * NAME is in HOME: such a layer needs no descriptor, because only HOME's owner can replace it.
 * Returns 0 also if NAME is lost: the mount reports that. */
static int look_elsewhere(
	const struct shale_store *store, const char *name, int *ret_fd, struct shale_error *err)
{
	char id[ID_MAX + 1];
	bool adopted;
	auto_close int inside = beneath_openat2(
		store->home, name, O_PATH | O_DIRECTORY, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);

	if (inside >= 0 || inside == -ENOENT || strncmp(name, "l/", 2) != 0)
		return 0;
	int r = link_read(store, name + 2, id);
	if (r < 0)
		return r == -ENOENT ? 0 : fail(r, name, err);
	auto_close int root = root_open(store, id, &adopted);
	if (root < 0)
		return fail(root, name, err);
	if (!adopted)
		return 0;
	/* Use a descriptor above 2, because a daemon replaces its first three. */
	*ret_fd = sys(fcntl(root, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
	return *ret_fd < 0 ? fail(*ret_fd, name, err) : 1;
}

int lowers_add(struct lowers *lowers, const struct shale_store *store, const char *name,
	struct shale_error *err)
{
	char by_fd[32];
	int fd = -1, r = look_elsewhere(store, name, &fd, err);

	if (r < 0)
		return r;
	if (r > 0) {
		lowers->fds[lowers->n_fds++] = fd;
		snprintf(by_fd, sizeof(by_fd), "/proc/self/fd/%d", fd);
		name = by_fd;
	}
	lowers->names[lowers->n] = strdup(name);
	if (!lowers->names[lowers->n])
		return error_fail(err, -ENOMEM, "mount");
	lowers->n++;
	return 0;
}
