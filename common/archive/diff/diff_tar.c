/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/diff/diff.h"

#include "common/archive/diff/diff_data.h"
#include "common/archive/diff/diff_root.h"
#include "common/archive/diff/diff_xattrs.h"
#include "common/archive/entry_name.h"
#include "common/archive/diff/seen_links.h"
#include "common/archive/pax.h"
#include "common/archive/diff/walk.h"
#include "common/base/scope.h"
#include "common/base/error.h"

#include <limits.h>
#include <string.h>

struct tar {
	const struct diff_spec *spec;
	struct pax *pax;
	struct links links;
};

static const struct stat marker_stat = { .st_mode = S_IFREG };

/* Writes a whiteout or an opaque mark: an empty file, always the same. */
static int write_marker(struct tar *tar, struct walk_dir *dir, const char *prefix, const char *name,
	struct shale_error *err)
{
	struct pax_entry marker = { .st = &marker_stat };
	char base[sizeof(WHITEOUT_PREFIX) + NAME_MAX];

	snprintf(base, sizeof(base), "%s%s", prefix, name);
	marker.path = stack_path(&dir->above, base);
	int r = marker.path ? pax_header(tar->pax, &marker) : -ENOMEM;
	return r < 0 ? error_fail(err, r, "write '%s'", base) : 0;
}

/* Writes a whiteout only if the layers below show the name. */
static int write_whiteout(
	struct tar *tar, struct walk_dir *dir, const char *name, struct shale_error *err)
{
	struct stack_entry below;

	if (dir->above.hides)
		return 0;
	int r = walk_below_entry(dir, name, &below, err);
	return r <= 0 ? r : write_marker(tar, dir, WHITEOUT_PREFIX, name, err);
}

static int read_link(int fd, char **ret)
{
	char target[4097];
	ssize_t n = readlinkat(fd, "", target, sizeof(target) - 1);

	if (n < 0)
		return -errno;
	target[n] = 0;
	*ret = strdup(target);
	return *ret ? 0 : -ENOMEM;
}

struct item {
	struct walk_dir *dir;
	const struct stack_entry *entry;
	const char *path;
};

static int write_file(struct tar *tar, const struct item *item, struct shale_error *err)
{
	auto_pax_records struct pax_records records = { 0 };
	auto_free char *target = NULL;
	struct pax_entry out = { .path = item->path, .st = &item->entry->st };
	struct diff_xattrs marks;
	const bool readable = tar->spec->frozen && S_ISREG(item->entry->st.st_mode);
	auto_close int fd = readable ? stack_open_data(&item->dir->above, item->entry)
				     : stack_open(&item->dir->above, item->entry);

	if (fd < 0)
		return error_fail(err, fd, "open it");
	int r = diff_xattrs(tar->spec, fd, &records, &marks, err);
	if (r >= 0 && S_ISLNK(item->entry->st.st_mode)) {
		r = read_link(fd, &target);
		if (r < 0)
			error_fail(err, r, "read the link");
	}
	if (r < 0)
		return r;
	out.link = target;
	out.records = &records;
	if (S_ISREG(item->entry->st.st_mode)) {
		struct diff_file file = { item->dir, item->entry, fd, readable, marks };
		return diff_write_data(tar->pax, &out, &file, err);
	}
	r = pax_header(tar->pax, &out);
	return r < 0 ? error_fail(err, r, "write it") : 0;
}

static int write_hardlink(
	struct tar *tar, const struct item *item, const char *first, struct shale_error *err)
{
	struct pax_entry out = { item->path, first, true, &item->entry->st, NULL, NULL };
	int r = pax_header(tar->pax, &out);

	return r < 0 ? error_fail(err, r, "write it") : 0;
}

static int check_name(const char *name, struct shale_error *err)
{
	if (strncmp(name, WHITEOUT_PREFIX, strlen(WHITEOUT_PREFIX)) != 0)
		return 0;
	error_fail_plain(err, -EINVAL, "in a layer's tar this name would hide another file");
	return error_remedy(err, -EINVAL, "rename or remove it");
}

static int write_item(struct tar *tar, const struct item *item, struct shale_error *err)
{
	int r = check_name(item->entry->name, err);

	if (r < 0)
		return r;
	if (S_ISDIR(item->entry->st.st_mode))
		return write_file(tar, item, err);
	const char *first = seen_links_note(&tar->links, &item->entry->st, item->path, &r);
	if (r < 0)
		return error_fail(err, r, "remember it");
	return first ? write_hardlink(tar, item, first, err) : write_file(tar, item, err);
}

static int visit_root(void *arg, struct walk_dir *dir, struct shale_error *err)
{
	const struct tar *tar = arg;
	auto_diff_root struct diff_root root = { .differs = false };
	int r = diff_root(dir, &root, err);

	if (r < 0 || !root.differs)
		return r;
	const struct pax_entry out = { .path = ".", .st = &root.st, .records = &root.records };
	r = pax_header(tar->pax, &out);
	return r < 0 ? error_fail(err, r, "write the root") : 0;
}

static int visit_entry(void *arg, struct walk_dir *dir, const struct stack_entry *entry,
	const char *path, struct shale_error *err)
{
	struct item item = { dir, entry, path };

	/* A tar has no sockets. Write a whiteout, because the name that the socket hides must
	 * stay hidden. */
	if (entry->whiteout || S_ISSOCK(entry->st.st_mode))
		return write_whiteout(arg, dir, entry->name, err);
	int r = write_item(arg, &item, err);
	return r < 0 ? error_fail(err, r, "diff '/%s'", path) : 0;
}

static int visit_enter(void *arg, struct walk_dir *dir, struct shale_error *err)
{
	struct stack_dir *below;

	/* Inside an opaque directory every name is new. */
	if (!dir->above.hides || dir->up->above.hides)
		return 0;
	int r = walk_below(dir, &below, err);
	return r <= 0 ? r : write_marker(arg, dir, "", OPAQUE_NAME, err);
}

int diff_tar(const struct diff_spec *spec, int out, struct shale_error *err)
{
	static const struct walk_ops ops = {
		.root = visit_root, .entry = visit_entry, .enter = visit_enter
	};
	auto_pax struct pax *pax = pax_new(out);
	struct tar tar = { .spec = spec, .pax = pax, .links = LINKS };
	struct walk_run walk = { .spec = spec, .ops = &ops, .arg = &tar };

	if (spec->original && spec->n_above == 1)
		return stream_restore(spec->original, spec->layers[0], out, spec->progress, err);
	if (!pax)
		return error_fail(err, -ENOMEM, "write a tar");
	pax_tell(pax, spec->progress);
	int r = walk_run(&walk, err);
	seen_links_free(&tar.links);
	if (r < 0)
		return r;
	r = pax_finish(pax);
	return r < 0 ? error_fail(err, r, "write the tar") : 0;
}
