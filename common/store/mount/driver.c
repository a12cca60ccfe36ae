/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/mount/driver.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/store/files/lock.h"
#include "common/store/store_struct.h"

#include <string.h>
#include <sys/file.h>

static const struct backend_ops *const backends[] = { &backend_kernel, &backend_fuse };
#define N_BACKENDS (sizeof(backends) / sizeof(*backends))

/* For each need two texts, followed by the reason if it is known. REFUSAL: the user chose a backend
 * that cannot meet the need. INSTEAD: "auto" takes another backend. */
static const struct {
	const char *refusal, *instead;
} words[N_BACKEND_NEEDS] = {
	[NEED_OVERRIDE] = { "kernel backend: this store keeps owners in xattrs, which the kernel "
			    "does not show",
		"owners are kept in xattrs, which the kernel does not show" },
	[NEED_SIZE] = { "the kernel backend cannot limit the size of a layer here",
		"the layer has a size limit, which the kernel backend cannot keep here" },
	[NEED_AUFS] = { "whiteouts are files called .wh.NAME, which the kernel shows as files",
		"a layer has whiteouts called .wh.NAME, which only FUSE knows" },
	[NEED_IDMAP] = { "the kernel backend cannot map owners here",
		"the kernel backend cannot map owners here" },
};

const struct backend_ops *driver_at(size_t i)
{
	return i < N_BACKENDS ? backends[i] : NULL;
}

const struct backend_ops *driver_named(const char *name)
{
	for (size_t i = 0; i < N_BACKENDS; i++)
		if (!strcmp(name, backends[i]->name))
			return backends[i];
	return NULL;
}

/* The type of a FUSE mount is "fuse." and a subtype that may differ. */
const struct backend_ops *driver_of_type(const char *fs_type)
{
	for (size_t i = 0; i < N_BACKENDS; i++)
		if (!strcmp(fs_type, backends[i]->fs_type))
			return backends[i];
	return backends[N_BACKENDS - 1];
}

bool driver_has_daemon(const char *name)
{
	const struct backend_ops *ops = name ? driver_named(name) : NULL;

	return ops && ops->stop_daemon;
}

static int ignore_feature(const struct shale_feature *feature, void *arg)
{
	return 0;
}

int driver_probe(const struct shale_store *store, const struct backend_ops *backend,
	shale_feature_fn *fn, void *arg, struct shale_error *err)
{
	/* Hold the lock, because other processes would take the trials in staging/ for leftovers
	 * and remove them. */
	auto_close int lock = lock_take(store->staging, ".lock", LOCK_SH);

	if (lock < 0)
		return error_fail(err, lock, "lock '%s/staging'", store->home_path);
	return backend->probe(
		store->home, store->home_path, store->run_path, fn ? fn : ignore_feature, arg, err);
}

struct question {
	const char *name;
	struct shale_error *err;
	int code;
};

static int take_answer(const struct shale_feature *feature, void *arg)
{
	struct question *question = arg;

	if (strcmp(feature->name, question->name) != 0)
		return 0;
	question->code = feature->works ? 0
					: error_fail_plain(question->err, -EOPNOTSUPP, "%s",
						  feature->reason);
	return 0;
}

/* Tells whether BACKEND can meet the need. Returns 0, or -EOPNOTSUPP with the reason in WHY if
 * it is known. */
static int can_give(const struct shale_store *store, const struct backend_ops *backend,
	enum backend_need need, struct shale_error *why)
{
	const char *feature = backend->gives[need];
	struct question question = { .name = feature, .err = why, .code = -EOPNOTSUPP };

	if (!feature || !*feature)
		return feature ? 0 : -EOPNOTSUPP;
	driver_probe(store, backend, take_answer, &question, NULL);
	if (question.code < 0 && !why->text[0])
		error_fail_plain(why, question.code, "nothing is known of '%s'", feature);
	return question.code;
}

static int refuse(enum backend_need need, const struct shale_error *why, struct shale_error *err)
{
	error_fail_plain(err, -EOPNOTSUPP, "%s%s%s", words[need].refusal, why->text[0] ? ": " : "",
		why->text);
	return error_remedy(err, -EOPNOTSUPP, "use the FUSE backend (--backend fuse, or auto)");
}

int driver_must_give(const struct shale_store *store, const struct backend_ops *backend,
	enum backend_need need, struct shale_error *err)
{
	struct shale_error why = { 0 };
	int r = can_give(store, backend, need, &why);

	return r < 0 ? refuse(need, &why, err) : 0;
}

static bool is_auto(const struct shale_store *store)
{
	return !strcmp(store->wanted_backend, "auto");
}

/* Takes the first backend whose trial mounts succeed. The last one is taken without a trial,
 * because no other is left. */
static int choose_automatically(const struct shale_store *store, const struct backend_ops **ret,
	char **ret_reason, struct shale_error *err)
{
	struct shale_error why = { 0 };
	bool override = store->config.ownership == OWNERSHIP_OVERRIDE &&
			can_give(store, backends[0], NEED_OVERRIDE, &why) < 0;
	int r = override ? 0 : driver_probe(store, backends[0], NULL, NULL, &why);

	*ret = r == 1 ? backends[0] : backends[N_BACKENDS - 1];
	if (r == 1)
		*ret_reason = strdup("trial mounts of overlayfs in the store passed");
	else if (override)
		*ret_reason = strdup(words[NEED_OVERRIDE].instead);
	else if (asprintf(ret_reason, "the kernel's overlayfs does not work here: %s", why.text) <
		 0)
		*ret_reason = NULL;
	return *ret_reason ? 0 : error_fail(err, -ENOMEM, "choose a backend");
}

static int choose(struct shale_store *store, struct shale_error *err)
{
	if (is_auto(store))
		return choose_automatically(store, &store->backend, &store->backend_reason, err);
	const struct backend_ops *backend = driver_named(store->wanted_backend);
	int r = store->config.ownership == OWNERSHIP_OVERRIDE
			? driver_must_give(store, backend, NEED_OVERRIDE, err)
			: 0;
	if (r < 0)
		return r;
	store->backend_reason = strdup("it was asked for");
	if (!store->backend_reason)
		return error_fail(err, -ENOMEM, "choose a backend");
	store->backend = backend;
	return 0;
}

int driver_choose(struct shale_store *store, const struct backend_ops **ret,
	const char **ret_reason, struct shale_error *err)
{
	int r = 0;

	pthread_mutex_lock(&store->backend_lock);
	if (!store->backend_reason)
		r = choose(store, err);
	if (r == 0) {
		*ret = store->backend;
		if (ret_reason)
			*ret_reason = store->backend_reason;
	}
	pthread_mutex_unlock(&store->backend_lock);
	return r;
}

/* Replaces *BACKEND by the last backend if it cannot meet NEED. */
static int meet_need(const struct shale_store *store, enum backend_need need,
	const struct backend_ops **backend, char **reason, struct shale_error *err)
{
	struct shale_error why = { 0 };
	char *instead;

	if (can_give(store, *backend, need, &why) == 0)
		return 0;
	if (!is_auto(store))
		return refuse(need, &why, err);
	if (asprintf(&instead, "%s%s%s", words[need].instead, why.text[0] ? ": " : "", why.text) <
		0)
		return error_fail(err, -ENOMEM, "choose a backend");
	free(*reason);
	*reason = instead;
	*backend = backends[N_BACKENDS - 1];
	return 0;
}

int driver_choose_for(struct shale_store *store, unsigned int needs, const struct backend_ops **ret,
	char **ret_reason, struct shale_error *err)
{
	const struct backend_ops *backend;
	auto_free char *reason = NULL;
	const char *usual;
	int r = driver_choose(store, &backend, &usual, err);

	if (r < 0)
		return r;
	reason = strdup(usual);
	if (!reason)
		return error_fail(err, -ENOMEM, "choose a backend");
	for (unsigned int need = 0; need < N_BACKEND_NEEDS && r == 0; need++)
		if (needs & 1u << need)
			r = meet_need(store, need, &backend, &reason, err);
	if (r < 0)
		return r;
	*ret = backend;
	*ret_reason = steal_ptr(&reason);
	return 0;
}
