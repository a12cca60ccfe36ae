/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/mount/driver.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/store/files/lock.h"
#include "common/store/private.h"

#include <string.h>
#include <sys/file.h>

const struct backend_ops *driver_named(const char *name)
{
	if (!strcmp(name, backend_kernel.name))
		return &backend_kernel;
	return strcmp(name, backend_fuse.name) != 0 ? NULL : &backend_fuse;
}

static int ignore_feature(const struct shale_feature *feature, void *arg)
{
	return 0;
}

int driver_probe(const struct shale_store *store, const struct backend_ops *backend,
	shale_feature_fn *fn, void *arg, struct shale_error *err)
{
	/* Trials lie in staging/; nobody shall take them for leftovers. */
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

int driver_kernel_has(const struct shale_store *store, const char *name, struct shale_error *err)
{
	struct question question = { .name = name, .err = err, .code = -EOPNOTSUPP };

	driver_probe(store, &backend_kernel, take_answer, &question, NULL);
	if (question.code < 0 && err && !err->text[0])
		error_fail_plain(err, question.code, "nothing is known of '%s'", name);
	return question.code;
}

static int choose_automatically(const struct shale_store *store, const struct backend_ops **ret,
	char **ret_reason, struct shale_error *err)
{
	struct shale_error why = { 0 };
	bool override = store->config.ownership == OWNERSHIP_OVERRIDE;
	int r = override ? 0 : driver_probe(store, &backend_kernel, NULL, NULL, &why);

	*ret = r == 1 ? &backend_kernel : &backend_fuse;
	if (r == 1)
		*ret_reason = strdup("trial mounts of overlayfs in the store passed");
	else if (override)
		*ret_reason = strdup("owners are kept in xattrs, which the kernel does not show");
	else if (asprintf(ret_reason, "the kernel's overlayfs does not work here: %s", why.text) <
		 0)
		*ret_reason = NULL;
	return *ret_reason ? 0 : error_fail(err, -ENOMEM, "choose a backend");
}

static int choose(struct shale_store *store, struct shale_error *err)
{
	if (!strcmp(store->wanted_backend, "auto"))
		return choose_automatically(store, &store->backend, &store->backend_reason, err);
	const struct backend_ops *backend = driver_named(store->wanted_backend);
	if (backend == &backend_kernel && store->config.ownership == OWNERSHIP_OVERRIDE) {
		error_fail_plain(err, -EOPNOTSUPP,
			"kernel backend: this store keeps owners in xattrs, which the kernel does "
			"not show");
		return error_remedy(err, -EOPNOTSUPP, "use --backend fuse or auto");
	}
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
