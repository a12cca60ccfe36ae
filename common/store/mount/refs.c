/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/mount/refs.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/store/id.h"
#include "common/store/files/jsonfile.h"
#include "common/store/store_struct.h"
#include "common/store/files/smallfile.h"

#include <fcntl.h>
#include <string.h>

void refs_free(struct refs *refs)
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
	json_decref(refs->leases);
	*refs = (struct refs){ 0 };
}

size_t refs_count(const struct refs *refs)
{
	size_t leased = 0;
	const char *name;
	json_t *gets;

	json_object_foreach(refs->leases, name, gets) leased += (size_t)json_integer_value(gets);
	return refs->gets + refs->n_mounts + leased;
}

void refs_forget_gets(struct refs *refs)
{
	refs->gets = 0;
	json_decref(steal_ptr(&refs->leases));
}

unsigned int refs_of_lease(const struct refs *refs, const char *name)
{
	return (unsigned int)json_integer_value(json_object_get(refs->leases, name));
}

int refs_set_lease(struct refs *refs, const char *name, unsigned int gets)
{
	if (!refs->leases)
		refs->leases = json_object();
	if (!gets)
		json_object_del(refs->leases, name);
	else if (json_object_set_new(refs->leases, name, json_integer(gets)) < 0)
		return -ENOMEM;
	return 0;
}

int refs_add_mount(struct refs *refs, const char *dir, const char *how, uint64_t id)
{
	struct ref_mount mount = { .id = id, .dir = strdup(dir), .how = strdup(how) };
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

void refs_drop_mount(struct refs *refs, size_t i)
{
	free(refs->mounts[i].dir);
	free(refs->mounts[i].how);
	refs->n_mounts--;
	memmove(&refs->mounts[i], &refs->mounts[i + 1],
		(refs->n_mounts - i) * sizeof(*refs->mounts));
}

int refs_find_mount(const struct refs *refs, const char *dir)
{
	for (size_t i = 0; i < refs->n_mounts; i++)
		if (!strcmp(refs->mounts[i].dir, dir))
			return (int)i;
	return -ENOENT;
}

struct mounted refs_mounted(
	const struct shale_store *store, const char *id, const struct refs *refs, const char *dir)
{
	struct mounted mounted = { .target = dir, .run = store->run };
	int i = dir ? refs_find_mount(refs, dir) : -ENOENT;
	bool first = dir && refs->target && !strcmp(dir, refs->target);

	mounted.id = first ? refs->id : i >= 0 ? refs->mounts[i].id : 0;

	refs_witness(id, dir && refs->target && strcmp(dir, refs->target) != 0 ? dir : NULL,
		mounted.witness);
	return mounted;
}

void refs_witness(const char *id, const char *dir, char ret[WITNESS_SIZE])
{
	uint64_t hash = 1469598103934665603u;

	for (const char *p = dir; p && *p; p++)
		hash = (hash ^ (unsigned char)*p) * 1099511628211u;
	if (dir)
		snprintf(ret, WITNESS_SIZE, "%s@%016llx", id, (unsigned long long)hash);
	else
		snprintf(ret, WITNESS_SIZE, "%s", id);
}

int refs_open_daemons(int run)
{
	return sys(openat(run, "daemons", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

/* ---- the file ---- */

static int decode(json_t *root, struct refs *refs)
{
	const char *target, *backend, *dir, *how, *detached = NULL, *owners = NULL;
	json_int_t gets, namespace, pids = 0, id = 0;
	int writable = 0, pending = 0;
	json_t *mounts, *mount, *leases = NULL;
	size_t i;

	if (json_unpack(root, "{s:I, s:s, s:s, s:I, s:o, s?:s, s?:s, s?:I, s?:b, s?:b, s?:I, s?:o}",
		    "gets", &gets, "target", &target, "backend", &backend, "mount-namespace",
		    &namespace, "mounts", &mounts, "detached", &detached, "owners", &owners,
		    "pid-namespace", &pids, "writable", &writable, "pending", &pending, "mount-id",
		    &id, "leases", &leases) < 0 ||
		gets < 0 || gets > 1000000000)
		return -EINVAL;
	refs->gets = (unsigned int)gets;
	refs->leases = json_is_object(leases) ? json_incref(leases) : NULL;
	refs->target = *target ? json_to_path(target) : NULL;
	refs->backend = strdup(backend);
	refs->detached = detached ? json_to_path(detached) : NULL;
	refs->owners = owners ? strdup(owners) : NULL;
	if ((detached && !refs->detached) || (owners && !refs->owners))
		return -ENOMEM;
	refs->namespace.mounts = (uint64_t) namespace;
	refs->namespace.pids = (uint64_t)pids;
	refs->writable = writable;
	refs->pending = pending;
	refs->id = (uint64_t)id;
	json_array_foreach(mounts, i, mount)
	{
		id = 0;
		if (json_unpack(mount, "{s:s, s:s, s?:I}", "dir", &dir, "how", &how, "id", &id) < 0)
			return -EINVAL;
		auto_free char *path = json_to_path(dir);
		int r = path ? refs_add_mount(refs, path, how, (uint64_t)id) : -ENOMEM;
		if (r < 0)
			return r;
	}
	return refs->backend && (refs->target || !*target) ? 0 : -ENOMEM;
}

static json_t *encode_mounts(const struct refs *refs)
{
	json_t *mounts = json_array();

	for (size_t i = 0; i < refs->n_mounts; i++) {
		auto_free char *dir = json_of_path(refs->mounts[i].dir);
		json_t *mount = !dir ? NULL
				     : json_pack("{s:s, s:s, s:I}", "dir", dir, "how",
					       refs->mounts[i].how, "id",
					       (json_int_t)refs->mounts[i].id);
		if (json_array_append_new(mounts, mount) < 0) {
			json_decref(mounts);
			return NULL;
		}
	}
	return mounts;
}

static json_t *encode(const struct refs *refs)
{
	json_t *mounts = encode_mounts(refs);
	auto_free char *target = refs->target ? json_of_path(refs->target) : strdup("");
	auto_free char *detached = refs->detached ? json_of_path(refs->detached) : NULL;

	if (!mounts || !target || (refs->detached && !detached)) {
		json_decref(mounts);
		return NULL;
	}
	return json_pack("{s:I, s:s, s:s, s:I, s:I, s:o, s:s*, s:s*, s:b, s:b, s:I, s:O*}", "gets",
		(json_int_t)refs->gets, "target", target, "backend",
		refs->backend ? refs->backend : "", "mount-namespace",
		(json_int_t)refs->namespace.mounts, "pid-namespace",
		(json_int_t)refs->namespace.pids, "mounts", mounts, "detached", detached, "owners",
		refs->target ? refs->owners : NULL, "writable", refs->writable, "pending",
		refs->pending, "mount-id", (json_int_t)refs->id, "leases",
		json_object_size(refs->leases) ? refs->leases : NULL);
}

int refs_read(
	const struct shale_store *store, const char *id, struct refs *ret, struct shale_error *err)
{
	auto_refs struct refs refs = { 0 };
	auto_json json_t *root = NULL;
	int r = store->refs < 0 ? -ENOENT : json_read(store->refs, id, &root, err);

	refs.recorded = r == 0;
	if (r == 0)
		r = decode(root, &refs);
	if (r < 0 && r != -ENOENT)
		return error_fail(err, r, "references of layer '%s' in '%s'", id, store->run_path);
	*ret = refs;
	refs = (struct refs){ 0 };
	return 0;
}

/* Writes the record without a sync: RUN is on tmpfs, and its content is lost at a reboot anyway. */
static int write_file(const struct shale_store *store, const char *id, const char *text)
{
	char temp[ID_MAX + 6];

	snprintf(temp, sizeof(temp), ".%s.new", id);
	unlinkat(store->refs, temp, 0);
	int r = smallfile_create(store->refs, temp, text, 0600);
	if (r == 0)
		r = sys(renameat(store->refs, temp, store->refs, id));
	if (r < 0)
		unlinkat(store->refs, temp, 0);
	return r;
}

int refs_save(const struct shale_store *store, const char *id, const struct refs *refs,
	struct shale_error *err)
{
	int r;

	if (refs_count(refs) == 0 && !refs->detached && !refs->pending) {
		r = sys(unlinkat(store->refs, id, 0));
		r = r == -ENOENT ? 0 : r;
	} else {
		auto_json json_t *root = encode(refs);
		auto_free char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;

		r = text ? write_file(store, id, text) : -ENOMEM;
	}
	return r < 0 ? error_fail(err, r, "write references of layer '%s' in '%s'", id,
			       store->run_path)
		     : 0;
}

int refs_fail_elsewhere(const struct refs *refs, const char *id, struct shale_error *err)
{
	if (refs->doubtful) {
		error_fail_plain(err, -EBUSY,
			"layer '%s' was mounted in another mount namespace, and whether it still "
			"is "
			"cannot be told from here",
			id);
		return error_remedy(err, -EBUSY,
			"end its use there, or, if nothing uses it any more: shale put --lazy %s",
			id);
	}
	error_fail_plain(err, -EBUSY, "layer '%s' is mounted in another mount namespace", id);
	return error_remedy(err, -EBUSY, "end its use there, with shale put or umount");
}

int refs_fail_detached(const char *id, struct shale_error *err)
{
	error_fail_plain(err, -EBUSY,
		"layer '%s' is still in use in a mount that was taken away, or in another mount "
		"namespace",
		id);
	return error_remedy(err, -EBUSY, "end the processes that use it first");
}
