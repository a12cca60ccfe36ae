/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/draft.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/overlay/copyup_file.h"
#include "common/overlay/override.h"
#include "common/store/foreign/adopted.h"
#include "common/store/features.h"
#include "common/store/link.h"
#include "common/store/log.h"
#include "common/store/lower.h"
#include "common/store/store_struct.h"
#include "common/store/root.h"
#include "common/store/remains.h"
#include "common/store/files/smallfile.h"
#include "common/store/files/timestamp.h"
#include "common/store/layer_lock.h"
#include "common/store/foreign/foreign.h"
#include "common/store/mount/live_refs.h"
#include "common/store/id.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

void draft_end(struct draft *draft)
{
	staging_end(&draft->staging);
	if (draft->dir >= 0)
		close(draft->dir);
	if (draft->diff >= 0)
		close(draft->diff);
	json_decref(draft->record);
	*draft = DRAFT_NONE;
}

static int make_and_open(int dirfd, const char *name, mode_t mode)
{
	int r = sys(mkdirat(dirfd, name, 0700));

	if (r < 0)
		return r;
	auto_close int fd = sys(
		openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	if (fd < 0)
		return fd;
	r = sys(fchmod(fd, mode));
	return r < 0 ? r : steal_fd(&fd);
}

static int make_dirs(struct draft *draft, bool with_work, struct shale_error *err)
{
	draft->dir = make_and_open(draft->staging.dir, "layer", 0700);
	if (draft->dir < 0)
		return error_fail(err, draft->dir, "make layer '%s' in staging", draft->id);
	draft->diff = make_and_open(draft->dir, "diff", 0755);
	if (draft->diff < 0)
		return error_fail(err, draft->diff, "make layer '%s' in staging", draft->id);
	int r = with_work ? sys(mkdirat(draft->dir, "work", 0700)) : 0;
	return r < 0 ? error_fail(err, r, "make layer '%s' in staging", draft->id) : 0;
}

/* Copies owner, mode, xattrs and time from the parent's root. If the tar has no entry for the root,
 * the layer's root looks like its parent's. */
static int make_root_like(const struct shale_store *store, int to, int from)
{
	struct stat st;

	if (fstat(from, &st) < 0)
		return -errno;
	struct timespec times[2] = { st.st_atim, st.st_mtim };
	int r = 0;
	if (store->config.ownership == OWNERSHIP_OVERRIDE) {
		r = override_get(from, &st);
		if (r == 0)
			r = override_set(to, &st);
		if (r == -EOPNOTSUPP)
			r = 0;
	} else {
		r = sys(fchown(to, st.st_uid, st.st_gid));
		if (r == 0)
			r = sys(fchmod(to, st.st_mode & 07777));
	}
	if (r == 0)
		r = copyup_copy_xattrs(to, from, store->config.class);
	return r < 0 ? r : sys(futimens(to, times));
}

/* Sets the owner of the root of a layer without a parent, if owners are kept in xattrs: root. A
 * writable layer belongs to its maker, who could not write to it otherwise. */
static int make_root_of_base(const struct shale_store *store, int to, bool rw)
{
	struct stat root = { .st_mode = S_IFDIR | 0755,
		.st_uid = rw ? geteuid() : 0,
		.st_gid = rw ? getegid() : 0 };

	if (store->config.ownership == OWNERSHIP_REAL)
		return 0;
	int r = override_set(to, &root);
	return r == -EOPNOTSUPP ? 0 : r;
}

static int write_lower(const struct draft *draft, const struct layer *parent)
{
	auto_free char *text = NULL;
	int r = lower_to_text(parent, &text);

	return r < 0 ? r : smallfile_create(draft->dir, "lower", text, 0644);
}

static int check_depth(const struct layer *parent, bool rw, struct shale_error *err)
{
	/* A read-only mount of an immutable layer uses the layer itself as one more lower layer. */
	if (parent->n_lowers + 1 + !rw <= LOWERS_MAX)
		return 0;
	error_fail_plain(err, -E2BIG, "parent '%s': no more than %d layers can be stacked",
		parent->id, LOWERS_MAX);
	return error_remedy(err, -E2BIG, "merge layers of a writable layer: shale flatten ID");
}

static int check_parent(const struct shale_store *store, const struct layer *parent, bool rw,
	struct shale_error *err)
{
	int r = check_depth(parent, rw, err);

	if (r < 0 || layer_is_immutable(parent))
		return r;
	r = refs_must_be_idle(store, parent->id, err);
	return r < 0 ? error_fail(err, r, "parent '%s' is writable and in use", parent->id) : 0;
}

static int inherit_from(
	struct draft *draft, const struct layer *parent, bool rw, struct shale_error *err)
{
	memcpy(draft->parent_link, parent->link, sizeof(draft->parent_link));
	int r = write_lower(draft, parent);
	if (r == 0)
		r = features_inherit(draft->record, parent, rw);
	return r < 0 ? error_fail(err, r, "write 'lower' of layer '%s'", draft->id) : 0;
}

static int take_root(const struct shale_store *store, const struct draft *draft, int from,
	struct shale_error *err)
{
	int r = from < 0 ? from : make_root_like(store, draft->diff, from);

	return r < 0 ? error_fail(err, r, "root of layer '%s'", draft->id) : 0;
}

/* Copies the values that a new layer takes from its parent. Holds the parent's lock only during the
 * reads. */
static int inherit(
	const struct shale_store *store, struct draft *draft, bool rw, struct shale_error *err)
{
	auto_layer struct layer parent = LAYER_NONE;
	int r = layer_open(store, draft->parent, &parent, err);

	if (r < 0)
		return error_fail(err, r, "parent");
	auto_close int lock = layer_lock(store, parent.id, err);
	if (lock < 0)
		return lock;
	/* If an apply has replaced the parent during the reads, read it again. */
	if (layer_still_there(store, &parent, NULL) < 0) {
		layer_close(&parent);
		r = layer_open(store, draft->parent, &parent, err);
	}
	if (r == 0)
		r = check_parent(store, &parent, rw, err);
	if (r == 0)
		r = inherit_from(draft, &parent, rw, err);
	if (r < 0)
		return r;
	auto_close int from = adopted_open_root(&parent);
	return take_root(store, draft, from, err);
}

/* Copies the values like inherit, from a parent that is a draft itself. */
static int inherit_from_draft(const struct shale_store *store, struct draft *draft,
	const struct draft *from, struct shale_error *err)
{
	auto_layer struct layer parent = LAYER_NONE;

	parent.dir = sys(fcntl(from->dir, F_DUPFD_CLOEXEC, 0));
	int r = parent.dir < 0 ? parent.dir : layer_read_lower(&parent);
	if (r < 0)
		return error_fail(err, r, "'lower' of layer '%s'", from->id);
	strcpy(parent.id, from->id);
	strcpy(parent.link, from->link);
	parent.record = json_incref(from->record);
	r = check_depth(&parent, false, err);
	if (r == 0)
		r = inherit_from(draft, &parent, false, err);
	return r < 0 ? r : take_root(store, draft, from->diff, err);
}

static int check_names(const struct shale_store *store, const char *id, const char *parent,
	struct shale_error *err)
{
	int r = id_check(id, err);

	if (r < 0)
		return r;
	r = *parent ? id_check(parent, err) : 0;
	if (r < 0)
		return error_fail(err, r, "parent");
	r = remains_clear(store, id, err);
	if (r < 0)
		return r;
	return layer_must_be_absent(store, id, err);
}

static int describe(struct draft *draft, const char *kind)
{
	char now[TIMESTAMP_SIZE];

	timestamp_now(now);
	draft->record = json_pack("{s:s, s:s, s:s, s:i, s:i}", "parent", draft->parent, "kind",
		kind, "created", now, "size", 0, "entries", 0);
	int r = draft->record ? short_make(draft->link) : -ENOMEM;
	return r < 0 ? r : smallfile_create(draft->dir, "link", draft->link, 0644);
}

/* Makes the files of a draft that do not depend on its parent. */
static int begin(const struct shale_store *store, const char *id, const char *kind,
	const char *parent, struct draft *ret, struct shale_error *err)
{
	auto_draft struct draft draft = DRAFT_NONE;
	int r = foreign_refuse(store, err);

	if (r == 0)
		r = check_names(store, id, parent, err);
	if (r < 0)
		return r;
	strcpy(draft.id, id);
	strcpy(draft.parent, parent);
	r = staging_begin(store, &draft.staging, err);
	if (r == 0)
		r = make_dirs(&draft, *parent, err);
	if (r < 0)
		return r;
	r = describe(&draft, kind);
	if (r == 0 && !*parent)
		r = make_root_of_base(store, draft.diff, !strcmp(kind, "rw"));
	if (r < 0)
		return error_fail(err, r, "make layer '%s' in staging", id);
	*ret = draft;
	draft = DRAFT_NONE;
	return 0;
}

int draft_begin(const struct shale_store *store, const char *id, const char *kind,
	const char *parent, struct draft *ret, struct shale_error *err)
{
	auto_draft struct draft draft = DRAFT_NONE;
	int r = begin(store, id, kind, parent ? parent : "", &draft, err);

	if (r == 0 && *draft.parent)
		r = inherit(store, &draft, !strcmp(kind, "rw"), err);
	if (r < 0)
		return r;
	*ret = draft;
	draft = DRAFT_NONE;
	return 0;
}

int draft_begin_on_draft(const struct shale_store *store, const char *id,
	const struct draft *parent, struct draft *ret, struct shale_error *err)
{
	auto_draft struct draft draft = DRAFT_NONE;
	int r = begin(store, id, "layer", parent->id, &draft, err);

	if (r == 0)
		r = inherit_from_draft(store, &draft, parent, err);
	if (r < 0)
		return r;
	*ret = draft;
	draft = DRAFT_NONE;
	return 0;
}

static int copy_small_file(int from, int to, const char *name)
{
	auto_free char *text = NULL;
	ssize_t n = smallfile_read(from, name, &text);

	if (n == -ENOENT)
		return 0;
	return n < 0 ? (int)n : smallfile_create(to, name, text, 0644);
}

static int root_of_parent(const struct shale_store *store, const struct layer *layer)
{
	bool adopted;

	if (!layer->n_lowers)
		return -ENOENT;
	return root_open(store, layer_parent(layer), &adopted);
}

static int copy_identity(
	const struct shale_store *store, const struct layer *layer, struct draft *draft)
{
	auto_close int from = root_of_parent(store, layer);
	int r = from == -ENOENT ? make_root_of_base(store, draft->diff, layer->rw)
		: from < 0      ? from
				: make_root_like(store, draft->diff, from);

	if (r == 0)
		r = copy_small_file(layer->dir, draft->dir, "link");
	if (r == 0)
		r = copy_small_file(layer->dir, draft->dir, "lower");
	if (r == 0)
		r = copy_small_file(layer->dir, draft->dir, "image.json");
	draft->record = json_deep_copy(layer->record);
	return r < 0 ? r : draft->record ? 0 : -ENOMEM;
}

int draft_begin_replacement(const struct shale_store *store, const struct layer *layer,
	struct draft *ret, struct shale_error *err)
{
	auto_draft struct draft draft = DRAFT_NONE;

	strcpy(draft.id, layer->id);
	strcpy(draft.link, layer->link);
	strcpy(draft.parent, layer_parent(layer));
	int r = staging_begin(store, &draft.staging, err);
	if (r == 0)
		r = make_dirs(&draft, layer->n_lowers > 0, err);
	if (r < 0)
		return r;
	r = copy_identity(store, layer, &draft);
	if (r < 0)
		return error_fail(err, r, "make layer '%s' in staging", layer->id);
	*ret = draft;
	draft = DRAFT_NONE;
	return 0;
}

/* ---- publishing ---- */

/* Syncs an empty layer with a few fsyncs: syncfs would wait for the writes of all processes. */
static int sync_draft(const struct shale_store *store, const struct draft *draft)
{
	static const char *const names[] = { "link", "lower", "layer.json", "image.json", "diff",
		"work", "." };
	int r = 0;

	if (draft->filled)
		return sys(syncfs(store->home));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names) && r == 0; i++)
		r = smallfile_sync(draft->dir, names[i]);
	return r < 0 ? r : sys(fsync(store->links));
}

int draft_write(const struct shale_store *store, struct draft *draft, struct shale_error *err)
{
	auto_free char *text = json_dumps(draft->record, JSON_INDENT(2));
	int r = text ? smallfile_create(draft->dir, "layer.json", text, 0644) : -ENOMEM;

	if (r == 0)
		r = link_make(store, draft->link, draft->id);
	if (r == -EEXIST)
		r = 0;
	if (r == 0)
		r = sync_draft(store, draft);
	return r < 0 ? error_fail(err, r, "write layer '%s' to disk", draft->id) : 0;
}

static int mark_committed(const struct layer *parent)
{
	int r = smallfile_create(parent->dir, "committed", "", 0600);

	/* If the mark exists, the process that made it may have been killed before it synced it. So
	 * sync in either case. */
	return r < 0 && r != -EEXIST ? r : sys(fsync(parent->dir));
}

/* Takes the parent's lock, which the caller holds until the child exists. Checks the parent
 * again, because it may have changed while the child was made in staging. */
static int hold_parent(
	const struct shale_store *store, const struct draft *draft, struct shale_error *err)
{
	auto_layer struct layer parent = LAYER_NONE;
	auto_close int lock = layer_lock(store, draft->parent, err);

	if (lock < 0)
		return lock;
	int r = layer_open(store, draft->parent, &parent, err);
	if (r < 0)
		return error_fail(err, r, "parent");
	if (strcmp(parent.link, draft->parent_link) != 0)
		return error_fail_plain(
			err, -ESTALE, "parent '%s' was replaced meanwhile", draft->parent);
	r = check_parent(store, &parent, true, err);
	if (r < 0)
		return r;
	r = mark_committed(&parent);
	return r < 0 ? error_fail(err, r, "mark parent '%s' as committed", draft->parent)
		     : steal_fd(&lock);
}

/* Renames the draft to its name; returns -EEXIST if the name is taken. Where the filesystem lacks
 * RENAME_NOREPLACE, plain rename() does: it cannot replace a layer's directory, which is never
 * empty. */
static int rename_no_replace(int from, const char *name, int to, const char *new_name)
{
	int r = sys(renameat2(from, name, to, new_name, RENAME_NOREPLACE));

	if (r == -EINVAL || r == -ENOSYS || r == -EPERM)
		r = sys(renameat(from, name, to, new_name));
	return r == -ENOTEMPTY || r == -ENOTDIR ? -EEXIST : r;
}

int draft_publish(const struct shale_store *store, struct draft *draft, struct shale_error *err)
{
	auto_close int parent_lock = -1;
	int r = draft_write(store, draft, err);

	if (r < 0)
		return r;
	if (draft->parent[0]) {
		parent_lock = hold_parent(store, draft, err);
		if (parent_lock < 0)
			return parent_lock;
	}
	r = rename_no_replace(draft->staging.dir, "layer", store->home, draft->id);
	if (r == -EEXIST && layer_must_be_absent(store, draft->id, err) < 0)
		return -EEXIST;
	if (r == 0)
		r = sys(fsync(store->home));
	if (r < 0)
		return error_fail(err, r, "bring layer '%s' into being", draft->id);
	store_log(store, LOG_INFO, "layer '%s' is made", draft->id);
	return 0;
}
