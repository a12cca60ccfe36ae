/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/readdir.h"
#include "common/store/mount/driver.h"
#include "common/store/layer_ids.h"
#include "common/store/store_struct.h"
#include "common/store/foreign/foreign.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC 0x58465342
#endif

/* Returns the name that Docker uses for the type of the filesystem. */
static int filesystem_name(int fd, const char **ret)
{
	static const struct {
		unsigned long magic;
		const char *name;
	} names[] = { { EXT4_SUPER_MAGIC, "extfs" }, { XFS_SUPER_MAGIC, "xfs" },
		{ BTRFS_SUPER_MAGIC, "btrfs" }, { TMPFS_MAGIC, "tmpfs" },
		{ OVERLAYFS_SUPER_MAGIC, "overlayfs" }, { NFS_SUPER_MAGIC, "nfs" },
		{ FUSE_SUPER_MAGIC, "fuse" }, { F2FS_SUPER_MAGIC, "f2fs" }, { 0x2fc12fc1, "zfs" },
		{ ECRYPTFS_SUPER_MAGIC, "ecryptfs" }, { 0x6a656a63, "virtiofs" },
		{ CEPH_SUPER_MAGIC, "ceph" }, { SMB2_SUPER_MAGIC, "smb2" },
		{ 0xca451a4e, "bcachefs" } };
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return -errno;
	*ret = "<unknown>";
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].magic == ((unsigned long)fs.f_type & 0xffffffffUL))
			*ret = names[i].name;
	return 0;
}

static int gives_types(const struct shale_store *store)
{
	auto_closedir DIR *dir = dir_list(store->home, ".");

	struct dirent *entry;
	int more;

	if (!dir)
		return -errno;
	while ((more = dir_next(dir, &entry)) > 0)
		if (entry->d_type == DT_UNKNOWN)
			return 0;
	return more < 0 ? more : 1;
}

/* Counts the mounts, and lists the layers whose mounts are in a bad state, by their ids. */
struct mounts {
	size_t n;
	char *dead, *hung, *replaced;
	unsigned int deaths, upgrades;
};

static void cleanup_mounts(struct mounts *mounts)
{
	free(mounts->dead);
	free(mounts->hung);
	free(mounts->replaced);
}

static int add_word(char **text, const char *word)
{
	char *longer;

	if (asprintf(&longer, "%s%s%s", *text ? *text : "", *text ? " " : "", word) < 0)
		return -ENOMEM;
	free(*text);
	*text = longer;
	return 0;
}

static int find_mounts(const struct shale_store *store, const struct ids *ids, struct mounts *ret,
	struct shale_error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ids->n; i++) {
		struct mount_use use;
		int users = layer_users(store, ids->ids[i], &use, err);
		if (users < 0)
			return users;
		ret->n += users > 0;
		free(use.backend);
		free(use.owners);
		if (!strcmp(use.state, "dead"))
			r = add_word(&ret->dead, ids->ids[i]);
		else if (!strcmp(use.state, "hung"))
			r = add_word(&ret->hung, ids->ids[i]);
		ret->deaths += use.replaced.deaths;
		ret->upgrades += use.replaced.upgrades;
		if (r == 0 && use.replaced.deaths)
			r = add_word(&ret->replaced, ids->ids[i]);
	}
	return r < 0 ? error_fail(err, r, "look for mounts") : 0;
}

int shale_store_status(
	struct shale_store *store, shale_pair_fn *fn, void *arg, struct shale_error *err)
{
	auto_ids struct ids ids = { 0 };
	const struct backend_ops *backend;
	const char *reason, *filesystem = "";
	struct mounts mounts __attribute__((cleanup(cleanup_mounts))) = { 0 };
	char layers[24], mounted[24], deaths[24], upgrades[24];
	bool ours = store->engine == ENGINE_SHALE;
	int r = ours ? driver_choose(store, &backend, &reason, err) : 0;

	if (r == 0)
		r = layer_ids_read(store, &ids, err);
	if (r == 0)
		r = find_mounts(store, &ids, &mounts, err);
	if (r < 0)
		return r;
	int types = gives_types(store);
	r = types < 0 ? types : filesystem_name(store->home, &filesystem);
	if (r < 0)
		return error_fail(err, r, "look at '%s'", store->home_path);
	snprintf(layers, sizeof(layers), "%zu", ids.n);
	snprintf(mounted, sizeof(mounted), "%zu", mounts.n);
	snprintf(deaths, sizeof(deaths), "%u", mounts.deaths);
	snprintf(upgrades, sizeof(upgrades), "%u", mounts.upgrades);
	/* The values of "Native Overlay Diff" and "Using metacopy" hold for both backends: a diff
	 * compares the layers' own directories, and no mount makes metacopies. */
	const char *pairs[][2] = { { "Driver", "shale" },
		{ "Backend", ours ? backend->name : "none" },
		{ "Backend Reason",
			ours ? reason : "another engine keeps these layers; they are only read" },
		{ "Backing Filesystem", filesystem },
		{ "Supports d_type", types ? "true" : "false" }, { "Native Overlay Diff", "true" },
		{ "userxattr", store->config.class == XATTR_USER ? "true" : "false" },
		{ "Using metacopy", "false" },
		{ "Ownership", ownership_name(store->config.ownership) }, { "Layers", layers },
		{ "Mounted Layers", mounted }, { "Dead Mounts", mounts.dead ? mounts.dead : "" },
		{ "Hung Mounts", mounts.hung ? mounts.hung : "" }, { "Worker Deaths", deaths },
		{ "Worker Upgrades", upgrades },
		{ "Mounts With Worker Deaths", mounts.replaced ? mounts.replaced : "" },
		{ "Home", store->home_path }, { "Run", ours ? store->run_path : "" } };

	for (size_t i = 0; r == 0 && i < sizeof(pairs) / sizeof(*pairs); i++)
		r = fn(pairs[i][0], pairs[i][1], arg);
	return r;
}

int shale_store_probe(
	struct shale_store *store, shale_feature_fn *fn, void *arg, struct shale_error *err)
{
	int refused = foreign_refuse(store, err);

	if (refused < 0)
		return refused;
	struct shale_error why = { 0 };
	const struct backend_ops *backend;
	int r = 0;

	/* A backend that cannot be used is no error here; the pairs of its features tell the
	 * reason. */
	for (size_t i = 0; r >= 0 && (backend = driver_at(i)); i++)
		r = driver_probe(store, backend, fn, arg, &why);
	return r < 0 ? error_fail(err, r, "probe '%s'", store->home_path) : 0;
}
