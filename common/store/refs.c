/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/refs.h"

#include "common/cleanup.h"
#include "common/error.h"
#include "common/store/driver.h"
#include "common/store/id.h"
#include "common/store/jsonfile.h"
#include "common/store/mountpoint.h"
#include "common/store/private.h"
#include "common/store/smallfile.h"

#include <fcntl.h>
#include <string.h>

static void drop_all(struct shale_refs *refs)
{
	for (size_t i = 0; i < refs->n_mounts; i++) {
		free(refs->mounts[i].dir);
		free(refs->mounts[i].how);
	}
	free(refs->mounts);
	free(refs->target);
	free(refs->owners);
	free(refs->backend);
	free(refs->detached);
	*refs = (struct shale_refs){ 0 };
}

void shale_refs_free(struct shale_refs *refs)
{
	drop_all(refs);
}

size_t shale_refs_count(const struct shale_refs *refs)
{
	return refs->gets + refs->n_mounts;
}

int shale_refs_add_mount(struct shale_refs *refs, const char *dir, const char *how)
{
	struct shale_ref_mount mount = { .dir = strdup(dir), .how = strdup(how) };
	void *bigger = realloc(refs->mounts, (refs->n_mounts + 1) * sizeof(*refs->mounts));

	if (bigger)
		refs->mounts = bigger;
	if (!bigger || !mount.dir || !mount.how) {
		free(mount.dir);
		free(mount.how);
		return -ENOMEM;
	}
	refs->mounts[refs->n_mounts++] = mount;
	return 0;
}

void shale_refs_drop_mount(struct shale_refs *refs, size_t i)
{
	free(refs->mounts[i].dir);
	free(refs->mounts[i].how);
	refs->n_mounts--;
	memmove(&refs->mounts[i], &refs->mounts[i + 1],
		(refs->n_mounts - i) * sizeof(*refs->mounts));
}

int shale_refs_find_mount(const struct shale_refs *refs, const char *dir)
{
	for (size_t i = 0; i < refs->n_mounts; i++)
		if (!strcmp(refs->mounts[i].dir, dir))
			return (int)i;
	return -ENOENT;
}

/* ---- the file ---- */

static int decode(json_t *root, struct shale_refs *refs, uint64_t *ret_namespace)
{
	const char *target, *backend, *dir, *how, *detached = NULL, *owners = NULL;
	json_int_t gets, namespace;
	json_t *mounts, *mount;
	size_t i;

	if (json_unpack(root, "{s:I, s:s, s:s, s:I, s:o, s?:s, s?:s}", "gets", &gets, "target",
		    &target, "backend", &backend, "mount-namespace", &namespace, "mounts", &mounts,
		    "detached", &detached, "owners", &owners) < 0 ||
		gets < 0 || gets > 1000000000)
		return -EINVAL;
	refs->gets = (unsigned int)gets;
	refs->target = *target ? strdup(target) : NULL;
	refs->backend = strdup(backend);
	refs->detached = detached ? strdup(detached) : NULL;
	refs->owners = owners ? strdup(owners) : NULL;
	if ((detached && !refs->detached) || (owners && !refs->owners))
		return -ENOMEM;
	*ret_namespace = (uint64_t) namespace;
	json_array_foreach(mounts, i, mount)
	{
		if (json_unpack(mount, "{s:s, s:s}", "dir", &dir, "how", &how) < 0)
			return -EINVAL;
		int r = shale_refs_add_mount(refs, dir, how);
		if (r < 0)
			return r;
	}
	return refs->backend && (refs->target || !*target) ? 0 : -ENOMEM;
}

static json_t *encode(const struct shale_refs *refs)
{
	json_t *mounts = json_array();

	for (size_t i = 0; i < refs->n_mounts; i++)
		json_array_append_new(mounts, json_pack("{s:s, s:s}", "dir", refs->mounts[i].dir,
						      "how", refs->mounts[i].how));
	return json_pack("{s:I, s:s, s:s, s:I, s:o, s:s*, s:s*}", "gets", (json_int_t)refs->gets,
		"target", refs->target ? refs->target : "", "backend",
		refs->backend ? refs->backend : "", "mount-namespace",
		(json_int_t)shale_mount_namespace(), "mounts", mounts, "detached", refs->detached,
		"owners", refs->target ? refs->owners : NULL);
}

/* ---- what is really there ---- */

static int find_uncounted(const struct shale_store *store, const char *id, struct shale_refs *refs)
{
	auto_free char *path = NULL;
	auto_free char *type = NULL;

	if (asprintf(&path, "%s/%s/merged", store->home_path, id) < 0)
		return -ENOMEM;
	int state = shale_mountpoint_state(path);
	if (state <= SHALE_MOUNTPOINT_NO)
		return state;
	int r = shale_mountpoint_type(path, &type);
	if (r < 0 || !type)
		return r;
	free(refs->backend);
	refs->backend = strdup(strcmp(type, "overlay") != 0 ? "fuse" : "kernel");
	refs->dead = state == SHALE_MOUNTPOINT_DEAD;
	free(steal_ptr(&refs->owners));
	refs->uncounted = true;
	refs->target = steal_ptr(&path);
	return refs->backend ? 0 : -ENOMEM;
}

/* Mounts of people's own that they have unmounted themselves. */
static int drop_vanished_mounts(struct shale_refs *refs)
{
	for (size_t i = refs->n_mounts; i-- > 0;) {
		int state = shale_mountpoint_state(refs->mounts[i].dir);

		if (state < 0)
			return state;
		if (state == SHALE_MOUNTPOINT_NO)
			shale_refs_drop_mount(refs, i);
	}
	return 0;
}

/* Forgets a detached mount once its last user has left. */
static int forget_detached(const struct shale_store *store, const char *id, struct shale_refs *refs)
{
	const struct shale_backend_ops *backend = shale_driver_named(refs->detached);
	char upper[SHALE_ID_MAX + sizeof("/diff")];
	auto_free char *target = NULL;

	if (asprintf(&target, "%s/%s/merged", store->home_path, id) < 0)
		return -ENOMEM;
	snprintf(upper, sizeof(upper), "%s/diff", id);
	if (!backend || !backend->lingers(store->home, upper, target))
		free(steal_ptr(&refs->detached));
	return 0;
}

/* Nobody can reach a mount whose namespace only its own daemon lives in. */
static bool end_lost(const struct shale_refs *refs, uint64_t namespace)
{
	const struct shale_backend_ops *backend = refs->backend ? shale_driver_named(refs->backend)
								: NULL;
	const char *daemon = backend ? backend->daemon : NULL;

	if (shale_mount_namespace_lives(namespace, daemon))
		return false;
	if (!daemon)
		return true;
	bool ended = !refs->target || backend->end_daemon(refs->target, NULL) == 0;
	for (size_t i = 0; i < refs->n_mounts; i++)
		if (!strcmp(refs->mounts[i].how, backend->name))
			ended &= backend->end_daemon(refs->mounts[i].dir, NULL) == 0;
	return ended;
}

static int correct(const struct shale_store *store, const char *id, uint64_t namespace,
	struct shale_refs *refs)
{
	if (namespace && namespace != shale_mount_namespace()) {
		refs->elsewhere = !end_lost(refs, namespace);
		if (refs->elsewhere)
			return 0;
		drop_all(refs);
	}
	int r = drop_vanished_mounts(refs);
	if (r == 0 && refs->detached)
		r = forget_detached(store, id, refs);
	if (r < 0)
		return r;
	if (!refs->target)
		return find_uncounted(store, id, refs);
	int state = shale_mountpoint_state(refs->target);
	if (state == SHALE_MOUNTPOINT_NO) {
		refs->gets = 0;
		free(steal_ptr(&refs->target));
		return find_uncounted(store, id, refs);
	}
	refs->dead = state == SHALE_MOUNTPOINT_DEAD;
	return state < 0 ? state : 0;
}

int shale_refs_load(const struct shale_store *store, const char *id, struct shale_refs *ret,
	struct shale_error *err)
{
	auto_refs struct shale_refs refs = { 0 };
	auto_json json_t *root = NULL;
	uint64_t namespace = 0;
	int r = shale_json_read(store->refs, id, &root, err);

	if (r == 0)
		r = decode(root, &refs, &namespace);
	if (r < 0 && r != -ENOENT)
		return shale_fail(err, r, "references of layer '%s' in '%s'", id, store->run_path);
	r = correct(store, id, namespace, &refs);
	if (r < 0)
		return shale_fail(err, r, "find what is mounted of layer '%s'", id);
	*ret = refs;
	refs = (struct shale_refs){ 0 };
	return 0;
}

/* RUN is on tmpfs and gone at a reboot: nothing here needs to reach a disk. */
static int write_file(const struct shale_store *store, const char *id, const char *text)
{
	char temp[SHALE_ID_MAX + 6];

	snprintf(temp, sizeof(temp), ".%s.new", id);
	unlinkat(store->refs, temp, 0);
	int r = shale_smallfile_create(store->refs, temp, text, 0600);
	if (r == 0)
		r = sys(renameat(store->refs, temp, store->refs, id));
	if (r < 0)
		unlinkat(store->refs, temp, 0);
	return r;
}

int shale_refs_save(const struct shale_store *store, const char *id, const struct shale_refs *refs,
	struct shale_error *err)
{
	int r;

	if (shale_refs_count(refs) == 0 && !refs->detached) {
		r = sys(unlinkat(store->refs, id, 0));
		r = r == -ENOENT ? 0 : r;
	} else {
		auto_json json_t *root = encode(refs);
		auto_free char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;

		r = text ? write_file(store, id, text) : -ENOMEM;
	}
	return r < 0 ? shale_fail(err, r, "write references of layer '%s' in '%s'", id,
			       store->run_path)
		     : 0;
}

int shale_refs_fail_elsewhere(const char *id, struct shale_error *err)
{
	shale_fail_plain(err, -EBUSY, "layer '%s' is mounted in another mount namespace", id);
	return shale_remedy(err, -EBUSY, "end its use there, with shale put or umount");
}

int shale_refs_fail_detached(const char *id, struct shale_error *err)
{
	shale_fail_plain(err, -EBUSY,
		"layer '%s' is still in use in the mount that `put --lazy` took away", id);
	return shale_remedy(err, -EBUSY, "end what works there first");
}

int shale_refs_must_be_idle(
	const struct shale_store *store, const char *id, struct shale_error *err)
{
	auto_refs struct shale_refs refs = { 0 };
	int r = shale_refs_load(store, id, &refs, err);

	if (r < 0 || (!refs.target && !refs.n_mounts && !refs.elsewhere && !refs.detached))
		return r;
	if (refs.elsewhere)
		return shale_refs_fail_elsewhere(id, err);
	if (refs.detached)
		return shale_refs_fail_detached(id, err);
	shale_fail_plain(err, -EBUSY, "layer '%s' is mounted at '%s'", id,
		refs.target ? refs.target : refs.mounts[0].dir);
	if (refs.n_mounts)
		return shale_remedy(err, -EBUSY, "unmount it: shale umount %s", id);
	return shale_remedy(err, -EBUSY, "end its use: shale put %s", id);
}
