/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/mount/layer_mount.h"

#include "common/base/beneath.h"
#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/option_struct.h"
#include "common/base/mountplace.h"
#include "common/store/foreign/adopted.h"
#include "common/store/mount/driver.h"
#include "common/store/features.h"
#include "common/store/size_limit.h"
#include "common/store/mount/liveness.h"
#include "common/store/mount/mountpoint.h"
#include "common/store/log.h"
#include "common/store/store_struct.h"
#include "common/store/root.h"
#include "common/store/files/timestamp.h"
#include "common/store/features_below.h"
#include "common/store/layer.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

/* The layers of a mount, in the form of struct mount_spec. */
struct stack {
	const char **lowers;
	size_t n_lowers;
	char *own; /* "l/SHORT" of the layer itself */
	char *upper, *work, *instance;
};

static void cleanup_stack(struct stack *stack)
{
	free(stack->lowers);
	free(stack->own);
	free(stack->upper);
	free(stack->work);
	free(stack->instance);
}

static int name_dirs(struct stack *stack, const struct layer *layer, const char *instance)
{
	if (asprintf(&stack->own, "l/%s", layer->link) < 0 ||
		asprintf(&stack->upper, "%s/diff", layer->id) < 0 ||
		asprintf(&stack->work, "%s/work", layer->id) < 0 ||
		asprintf(&stack->instance, "%s%s", layer->id, instance) < 0)
		return -ENOMEM;
	stack->lowers = calloc(layer->n_lowers + 2, sizeof(*stack->lowers));
	return stack->lowers ? 0 : -ENOMEM;
}

/* Adds the lower layers. A writable layer without a parent gets an empty lower layer, since both
 * backends need one. */
static int add_lowers(const struct shale_store *store, struct stack *stack,
	const struct layer *layer, bool writable)
{
	if (!writable)
		stack->lowers[stack->n_lowers++] = stack->own;
	for (size_t i = 0; i < layer->n_lowers; i++)
		stack->lowers[stack->n_lowers++] = layer->lowers[i];
	if (stack->n_lowers)
		return 0;
	stack->lowers[stack->n_lowers++] = "staging/.empty";
	int r = sys(mkdirat(store->staging, ".empty", 0555));
	if (r == 0 || r == -EEXIST)
		r = sys(mkdirat(layer->dir, "work", 0700));
	return r == -EEXIST ? 0 : r;
}

/* Sets which features the mount must follow and which it may make. RET_WHERE names the layers with
 * features, for the text of an error. */
static int set_features(const struct shale_store *store, const struct layer *layer,
	struct mount_spec *spec, char **ret_where, struct shale_error *err)
{
	unsigned int own = features_own(layer), below = 0;
	int r = features_below(store, layer, &below, ret_where, err);

	spec->redirects = (own | below) & FEATURE_REDIRECT;
	spec->metacopies = (own | below) & FEATURE_METACOPY;
	spec->aufs = (own | below) & FEATURE_AUFS;
	spec->make_redirects = spec->upper && (own & FEATURE_REDIRECT);
	return r;
}

static int fail_layer(
	int code, const struct layer *layer, const char *where, struct shale_error *err)
{
	if (code == -EOPNOTSUPP && where)
		return error_fail(err, code, "layer '%s' (on %s)", layer->id, where);
	return error_fail(err, code, "layer '%s'", layer->id);
}

/* Mounts once, without repair. Opens the lower layers at each call, because a lost link may have
 * been made again since the last one. */
static int mount_once(const struct shale_store *store, const struct backend_ops *backend,
	const struct stack *stack, struct mount_spec *place, struct shale_error *err)
{
	auto_lowers struct lowers lowers = { 0 };
	auto_close int upper = place->upper ? beneath_open_dir(store->home, place->upper) : -1;
	int r = lowers_init(&lowers, stack->n_lowers);

	if (place->upper && upper < 0) {
		error_remedy(err, upper, "see 'shale check'");
		return error_fail(err, upper, "open '%s'", place->upper);
	}
	if (r < 0)
		return error_fail(err, r, "mount");
	for (size_t i = 0; r == 0 && i < stack->n_lowers; i++)
		r = lowers_add(&lowers, store, stack->lowers[i], err);
	if (r < 0)
		return r;
	place->lowers = (const char *const *)lowers.names;
	place->n_lowers = lowers.n;
	place->held = lowers.fds;
	place->n_held = lowers.n_fds;
	r = backend->mount(place, err);
	place->lowers = NULL;
	place->held = NULL;
	return r;
}

/* Mounts. If the mount fails, makes lost links l/SHORT again, and mounts once more. To look for
 * each link before would cost hundreds of calls at every mount. */
static int mount_mended(const struct shale_store *store, const struct layer *layer,
	const struct backend_ops *backend, const struct stack *stack, struct mount_spec *place,
	struct shale_error *err)
{
	struct shale_error why = { 0 }, lost = { 0 };
	int r = mount_once(store, backend, stack, place, &why);
	int mended = r < 0 ? layer_mend_links(store, layer, &lost) : 0;

	if (mended > 0)
		r = mount_once(store, backend, stack, place, &why);
	if (r < 0 && mended >= 0)
		mended = adopted_explain(store, layer, &lost);
	if (r < 0 && err)
		*err = mended < 0 ? lost : why;
	return r < 0 && mended < 0 ? mended : r;
}

/* Mounts LAYER at PLACE->target, and fills in the store's part of PLACE. */
static int mount_stack(struct shale_store *store, const struct layer *layer,
	const struct backend_ops *backend, bool writable, const char *instance,
	struct mount_spec *place, struct shale_error *err)
{
	struct stack stack __attribute__((cleanup(cleanup_stack))) = { 0 };
	auto_free char *where = NULL;
	int r = name_dirs(&stack, layer, instance);

	if (r == 0)
		r = add_lowers(store, &stack, layer, writable);
	if (r < 0)
		return error_fail(err, r, "mount layer '%s'", layer->id);
	place->home = store->home;
	place->home_path = store->home_path;
	place->run_path = store->run_path;
	place->id = stack.instance;
	if (!place->witness)
		place->witness = stack.instance;
	place->upper = writable ? stack.upper : NULL;
	place->work = writable ? stack.work : NULL;
	place->ownership = store->config.ownership;
	r = set_features(store, layer, place, &where, err);
	if (r == 0 && place->aufs)
		r = driver_must_give(store, backend, NEED_AUFS, err);
	if (r == 0)
		r = mount_mended(store, layer, backend, &stack, place, err);
	return r < 0 ? fail_layer(r, layer, where, err) : 0;
}

/* Begins the log RUN/log/ID with the backend that mounts the layer, and why it was chosen. The
 * daemon appends its messages. */
static void log_choice(const struct shale_store *store, const char *id, const char *instance,
	const char *backend, const char *reason)
{
	char path[sizeof("log/") + ID_MAX + 32], now[TIMESTAMP_SIZE];

	if (mkdirat(store->run, "log", 0700) < 0 && errno != EEXIST)
		return;
	snprintf(path, sizeof(path), "log/%s%s", id, instance);
	auto_close int fd = sys(openat(
		store->run, path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
	timestamp_now(now);
	if (fd >= 0)
		dprintf(fd, "%s backend %s: %s\n", now, backend, reason);
}

bool mount_is_needed(const struct shale_store *store, const struct layer *layer)
{
	return store->config.ownership == OWNERSHIP_OVERRIDE || layer->n_lowers ||
	       size_limit_of(layer) || adopted_from(layer);
}

int mount_wish_of(
	const struct shale_mount_options *options, struct mount_wish *ret, struct shale_error *err)
{
	struct shale_mount_options mine;
	int r = option_struct_take(&mine, sizeof(mine), options, "mount", err);

	if (r < 0)
		return r;
	ret->label = mine.label && *mine.label ? mine.label : NULL;
	ret->lease = mine.lease;
	return owners_parse(mine.uidmap, mine.gidmap, &ret->owners, err);
}

int mount_choose(struct shale_store *store, const struct layer *layer, bool mapped,
	const struct backend_ops **ret, char **ret_reason, struct shale_error *err)
{
	unsigned int needs = (size_limit_of(layer) ? 1u << NEED_SIZE : 0) |
			     (features_any(layer) & FEATURE_AUFS ? 1u << NEED_AUFS : 0) |
			     (mapped ? 1u << NEED_IDMAP : 0);

	return driver_choose_for(store, needs, ret, ret_reason, err);
}

int mount_layer(struct shale_store *store, const struct layer *layer, const char *target,
	const char *instance, const struct mount_wish *wish, const char **ret_backend,
	struct shale_error *err)
{
	bool mapped = wish->owners.text;
	struct mount_spec place = { .target = target,
		.label = wish->label,
		.place = wish->place ? wish->place->path : NULL,
		.place_fd = wish->place ? wish->place->parent : -1,
		.uids = mapped ? &wish->owners.uids : NULL,
		.gids = mapped ? &wish->owners.gids : NULL,
		.size = size_limit_of(layer) };
	const struct backend_ops *backend;
	auto_free char *reason = NULL;
	int r = mount_choose(store, layer, mapped, &backend, &reason, err);

	if (r < 0)
		return r;
	log_choice(store, layer->id, instance, backend->name, reason);
	r = mount_stack(store, layer, backend, !layer_is_immutable(layer), instance, &place, err);
	if (r < 0)
		return r;
	store_log(store, LOG_INFO, "layer '%s' is mounted at '%s', backend %s: %s", layer->id,
		target, backend->name, reason);
	*ret_backend = backend->name;
	return r;
}

int mount_read_only(struct shale_store *store, const struct layer *layer, const char *target,
	const char *witness, const char **ret_backend, struct shale_error *err)
{
	struct mount_spec place = { .target = target, .witness = witness };
	const struct backend_ops *backend;
	int r = -EOPNOTSUPP;

	for (size_t i = 0; r < 0 && (backend = driver_at(i)); i++) {
		error_clear(err);
		r = mount_stack(store, layer, backend, false, "@view", &place, err);
		if (r == 0)
			*ret_backend = backend->name;
	}
	return r;
}

static int mount_target(struct shale_store *store, const struct layer *layer,
	const struct mount_wish *wish, struct refs *refs, struct shale_error *err)
{
	const char *backend;
	int r = mount_layer(store, layer, refs->target, "", wish, &backend, err);

	if (r < 0)
		return r;
	auto_free char *name = strdup(backend);
	auto_free char *owners = wish->owners.text ? strdup(wish->owners.text) : NULL;
	if (!name || (wish->owners.text && !owners)) {
		struct mounted mounted = refs_mounted(store, layer->id, refs, refs->target);
		mount_end_at(&mounted, backend, NULL);
		return error_fail(err, -ENOMEM, "mount layer '%s'", layer->id);
	}
	free(refs->backend);
	refs->backend = steal_ptr(&name);
	free(refs->owners);
	refs->owners = steal_ptr(&owners);
	refs->id = mountplace_mount(refs->target);
	return 0;
}

int mount_merged(struct shale_store *store, const struct layer *layer,
	const struct mount_wish *wish, struct refs *refs, struct shale_error *err)
{
	if (asprintf(&refs->target, "%s/%s/merged", store->home_path, layer->id) < 0) {
		refs->target = NULL;
		return error_fail(err, -ENOMEM, "mount layer '%s'", layer->id);
	}
	refs->writable = !layer_is_immutable(layer);
	refs->pending = true;
	int r = refs_save(store, layer->id, refs, err);
	if (r == 0) {
		r = sys(mkdirat(layer->dir, "merged", 0700));
		r = r < 0 && r != -EEXIST ? error_fail(err, r, "make '%s'", refs->target)
					  : mount_target(store, layer, wish, refs, err);
	}
	refs->pending = false;
	if (r == 0)
		return 0;
	free(steal_ptr(&refs->target));
	unlinkat(layer->dir, "merged", AT_REMOVEDIR);
	refs_save(store, layer->id, refs, NULL);
	return r;
}

/* For a mount whose maps were not recorded: tells from its root directory whether it shows owners
 * as OWNERS says, since the root's owner on the disk is known. */
static bool root_shows(
	const struct layer *layer, const struct refs *refs, const struct owners *owners)
{
	const struct idmap *uids = owners->text ? &owners->uids : NULL;
	const struct idmap *gids = owners->text ? &owners->gids : NULL;
	struct stat disk;
	struct statx shown;

	/* Give up on a daemon that hangs. */
	if (fstatat(layer->dir, "diff", &disk, 0) < 0 ||
		mountpoint_stat(refs->target, 5000, &shown) < 0)
		return false;
	return shown.stx_uid == idmap_show(uids, disk.st_uid) &&
	       shown.stx_gid == idmap_show(gids, disk.st_gid);
}

int mount_fits(const struct layer *layer, const struct refs *refs, const struct owners *owners,
	struct shale_error *err)
{
	const char *now = refs->owners ? refs->owners : "";
	const char *wanted = owners->text ? owners->text : "";
	bool fits = refs->uncounted ? root_shows(layer, refs, owners) : !strcmp(now, wanted);

	if (fits)
		return 0;
	error_remedy(err, -EBUSY, "end its use first: shale put %s", layer->id);
	return error_fail_plain(err, -EBUSY, "layer '%s' is mounted with other owners%s%s",
		layer->id, *now ? ": " : "", now);
}
