/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale-snapshotter/snapshots/mounts.h"

#include "common/base/scope.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Type of FUSE mounts in containerd's list: mount(8) then runs mount.fuse3, and that runs
 * shale-fuse(1). */
#define FUSE_TYPE "fuse3.shale-fuse"
/* The most bytes of options that mount(2) takes. containerd makes the names of lower directories
 * shorter by leaving out their common directory. */
#define PAGE 4096
/* If the paths of the lower directories are longer than this together, use their short links. */
#define PATHS_MAX 3500
/* Bytes for one lower directory by its short link: "SHORT:". */
#define LINK_LENGTH 27

static int add_option(struct mount *mount, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int add_option(struct mount *mount, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int r = vasprintf(&mount->options[mount->n_options], format, args);
	va_end(args);
	if (r < 0)
		return -ENOMEM;
	mount->n_options++;
	return 0;
}

static int keep_link(const char *key, const char *value, void *arg)
{
	struct snapshot *snapshot = arg;

	if (strcmp(key, "Link") != 0)
		return 0;
	snapshot->link = strdup(value);
	return snapshot->link ? 0 : -ENOMEM;
}

static int find_link(const struct catalog *catalog, struct snapshot *snapshot)
{
	int r = snapshot->link ? 0
			       : shale_layer_metadata(catalog->store, snapshot->layer, keep_link,
					 snapshot, NULL);

	return r == 0 && !snapshot->link ? -ENOENT : r;
}

/* Writes the options for the layers of TOP and below, nearest first. */
static int write_lowers(
	const struct catalog *catalog, struct snapshot *top, bool by_links, char **ret)
{
	auto_free char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int r = out ? 0 : -ENOMEM;

	for (struct snapshot *at = top; r == 0 && at; at = at->parent) {
		r = by_links ? find_link(catalog, at) : 0;
		if (r == 0 && by_links)
			fprintf(out, "%s%s/l/%s", at == top ? "" : ":", catalog->home, at->link);
		else if (r == 0)
			fprintf(out, "%s%s/%s/diff", at == top ? "" : ":", catalog->home,
				at->layer);
	}
	if (out && fclose(out) != 0)
		r = -ENOMEM;
	if (r == 0)
		*ret = steal_ptr(&text);
	return r;
}

static int add_lowers(const struct catalog *catalog, struct snapshot *top, struct mount *mount)
{
	auto_free char *text = NULL;
	int r = write_lowers(catalog, top, false, &text);

	if (r == 0 && strlen(text) > PATHS_MAX) {
		free(steal_ptr(&text));
		r = write_lowers(catalog, top, true, &text);
	}
	return r < 0 ? r : add_option(mount, "lowerdir=%s", text);
}

/* Adds the options that the store's kernel backend would use. */
static int add_kernel_options(const struct catalog *catalog, struct mount *mount)
{
	int r = add_option(mount, "index=off");

	if (r == 0 && catalog->userxattr)
		return add_option(mount, "userxattr");
	if (r == 0)
		r = add_option(mount, "redirect_dir=follow");
	return r < 0 ? r : add_option(mount, "metacopy=off");
}

bool mount_fits(
	const struct catalog *catalog, enum snapshot_kind kind, const struct snapshot *parent)
{
	/* Room for all options but the names of layers, and for the id of one layer. */
	size_t length = 200;

	if (kind == SNAPSHOT_ACTIVE)
		length += 2 * strlen(catalog->home);
	for (; parent; parent = parent->parent)
		length += LINK_LENGTH;
	return length < PAGE;
}

/* Tells whether only FUSE can mount the snapshot: it has a size limit, or mapped owners and the
 * kernel cannot map them (store_mount.h). A snapshot without a parent is a plain directory, and has
 * neither. */
static bool wants_fuse(const struct snapshot *snapshot)
{
	bool limited = snapshot->kind == SNAPSHOT_ACTIVE &&
		       labels_get(&snapshot->labels, SNAPSHOT_MAX_SIZE);

	return snapshot->parent && (limited || labels_get(&snapshot->labels, SNAPSHOT_UIDMAP) ||
					   labels_get(&snapshot->labels, SNAPSHOT_GIDMAP));
}

/* Adds a map of owners as an option of shale-fuse: the label has commas where the option has
 * colons. */
static int add_map(struct mount *mount, const char *option, const char *map)
{
	int r = map ? add_option(mount, "%s=%s", option, map) : 0;

	if (!map || r < 0)
		return r;
	for (char *p = mount->options[mount->n_options - 1]; (p = strchr(p, ','));)
		*p = ':';
	return 0;
}

static int add_fuse_options(const struct snapshot *snapshot, struct mount *mount)
{
	const struct labels *labels = &snapshot->labels;
	const char *size = snapshot->kind == SNAPSHOT_ACTIVE ? labels_get(labels, SNAPSHOT_MAX_SIZE)
							     : NULL;
	int r = add_map(mount, "uidmapping", labels_get(labels, SNAPSHOT_UIDMAP));

	if (r == 0)
		r = add_map(mount, "gidmapping", labels_get(labels, SNAPSHOT_GIDMAP));
	return r < 0 || !size ? r : add_option(mount, "size=%s", size);
}

static int overlay(const struct catalog *catalog, struct snapshot *snapshot, struct mount *mount)
{
	bool writable = snapshot->kind == SNAPSHOT_ACTIVE;
	bool fuse = catalog->fuse || wants_fuse(snapshot) ||
		    !mount_fits(catalog, snapshot->kind, snapshot->parent);
	int r = fuse ? add_fuse_options(snapshot, mount) : add_kernel_options(catalog, mount);

	mount->type = fuse ? FUSE_TYPE : "overlay";
	/* The source of a FUSE mount is the id of its layer: /proc/self/mountinfo shows no option
	 * with this id. */
	mount->source = !fuse ? "overlay" : writable ? snapshot->layer : snapshot->parent->layer;
	if (r == 0 && writable)
		r = add_option(mount, "workdir=%s/%s/work", catalog->home, snapshot->layer);
	if (r == 0 && writable)
		r = add_option(mount, "upperdir=%s/%s/diff", catalog->home, snapshot->layer);
	return r < 0 ? r : add_lowers(catalog, snapshot->parent, mount);
}

/* Describes a bind mount. It shows either a single layer's directory, or a mount of the snapshot
 * that the store has made. */
static int bind(const struct catalog *catalog, struct snapshot *snapshot, struct mount *mount)
{
	mount->type = "bind";
	int n = snapshot->mounted
			? asprintf(&mount->path, "%s", snapshot->mounted)
			: asprintf(&mount->path, "%s/%s/diff", catalog->home, snapshot->layer);
	if (n < 0) {
		mount->path = NULL;
		return -ENOMEM;
	}
	mount->source = mount->path;
	int r = add_option(mount, snapshot->kind == SNAPSHOT_ACTIVE ? "rw" : "ro");
	return r < 0 ? r : add_option(mount, "rbind");
}

int mount_of(const struct catalog *catalog, struct snapshot *snapshot, struct mount *ret)
{
	const struct snapshot *parent = snapshot->parent;
	bool alone = !parent || snapshot->mounted ||
		     (snapshot->kind == SNAPSHOT_VIEW && !parent->parent && !wants_fuse(snapshot));

	*ret = (struct mount){ 0 };
	int r = alone ? bind(catalog, snapshot, ret) : overlay(catalog, snapshot, ret);
	if (r < 0)
		mount_free(ret);
	return r;
}

void mount_free(struct mount *mount)
{
	for (size_t i = 0; i < mount->n_options; i++)
		free(mount->options[i]);
	free(mount->path);
	*mount = (struct mount){ 0 };
}
