/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/foreign/adopted.h"

#include "common/base/beneath.h"
#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/store/store_config.h"
#include "common/store/foreign/foreign.h"
#include "common/store/files/jsonfile.h"
#include "common/store/link.h"
#include "common/store/store_struct.h"
#include "common/store/files/smallfile.h"
#include "common/store/layer.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const char *adopted_from(const struct layer *layer)
{
	const char *dir = layer_field(layer, ADOPTED_DIR);

	return *dir ? dir : NULL;
}

/* Opens the recorded directory. Refuses symbolic links: the recorded path had none, so a new one
 * would lead elsewhere. */
static int open_engine_dir(const char *path)
{
	auto_close int slash = sys(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));

	return slash < 0 ? slash : beneath_open_dir(slash, path + strspn(path, "/"));
}

int adopted_open_root(const struct layer *layer)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	const char *dir = adopted_from(layer);

	if (!dir)
		return sys(openat(layer->dir, "diff", flags));
	auto_close int fd = open_engine_dir(dir);
	return fd < 0 ? fd : sys(openat(fd, "diff", flags));
}

static bool leads_there(const struct layer *layer, const char *from)
{
	char target[PATH_MAX + sizeof("/diff")];
	ssize_t n = readlinkat(layer->dir, "diff", target, sizeof(target));
	size_t length = strlen(from);

	return n == (ssize_t)(length + strlen("/diff")) && !memcmp(target, from, length) &&
	       !memcmp(target + length, "/diff", strlen("/diff"));
}

static bool is_link(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
}

/* Returns in words how LAYER's directory differs from its record, or NULL if it does not. */
static const char *difference(const struct layer *layer, const char *from, int root, int dir)
{
	char link[SHORT_LEN + 1];

	if (!leads_there(layer, from))
		return "its 'diff' does not lead to";
	if (root == -ELOOP || dir == -ELOOP || (dir >= 0 && is_link(dir, "diff")))
		return "a symbolic link is in the way to";
	if (root < 0 || dir < 0)
		return "its files are gone:";
	if (link_of(dir, link) == 0 && strcmp(link, layer_field(layer, ADOPTED_LINK)) != 0)
		return "another layer is now in";
	return NULL;
}

int adopted_check(const struct layer *layer, char **ret_why)
{
	const char *from = adopted_from(layer);
	auto_close int dir = open_engine_dir(from);
	auto_close int root = adopted_open_root(layer);

	*ret_why = NULL;
	/* Only these errors prove that the files are lost. */
	if (root < 0 && root != -ENOENT && root != -ENOTDIR && root != -ELOOP)
		return root;
	const char *what = difference(layer, from, root, dir);
	if (what && asprintf(ret_why, "%s '%s'", what, from) < 0) {
		*ret_why = NULL;
		return -ENOMEM;
	}
	return 0;
}

int adopted_explain(
	const struct shale_store *store, const struct layer *layer, struct shale_error *err)
{
	auto_layer_chain char **ids = NULL;
	int r = layer_chain(store, layer, &ids, NULL);

	for (size_t i = 0; r == 0 && ids[i]; i++) {
		auto_layer struct layer part = LAYER_NONE;
		auto_free char *why = NULL;

		if (layer_open(store, ids[i], &part, NULL) == 0 && adopted_from(&part))
			r = adopted_check(&part, &why);
		if (!why)
			continue;
		error_fail_plain(err, -ESTALE, "layer '%s', of another engine: %s", ids[i], why);
		return error_remedy(err, -ESTALE, "bring it back there");
	}
	return 0;
}
