/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/probe/probe.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "kernel/probe/feature.h"
#include "kernel/probe/probe_cache.h"
#include "kernel/probe/trial.h"

#include <string.h>

static void put_feature(
	struct probe_results *results, const char *name, bool works, const struct shale_error *why)
{
	struct probe_feature *feature = &results->features[results->n++];

	feature->name = name;
	feature->works = works;
	snprintf(feature->reason, sizeof(feature->reason), "%s%s%s", why->text,
		why->remedy[0] ? "; " : "", why->remedy);
}

/* If HOME cannot be written to, says so in the remedy: a newer kernel would not help. */
static int remedy_home(int code, struct shale_error *err)
{
	if (code != -ENOSPC && code != -EDQUOT && code != -EROFS && code != -EACCES && code != -EIO)
		return code;
	return error_remedy(
		err, code, "make HOME writable, with room, or name another (--home DIR)");
}

static int try_all(struct trial *trial, void *arg)
{
	struct probe_results *results = arg;

	for (size_t i = 0; i < kernel_n_features; i++) {
		const struct kernel_feature *feature = &kernel_features[i];
		struct shale_error err = { 0 };
		int r = remedy_home(feature->try(trial, &err), &err);
		if (r < 0)
			error_remedy(&err, r, "%s", feature->remedy);
		put_feature(results, feature->name, r >= 0, &err);
		if (r < 0 && i < KERNEL_FEATURES_NEEDED && !results->why.code)
			results->why = err;
	}
	return 0;
}

/* Notes the same reason for all features, because not even a trial could be made. */
static void refuse_all(struct probe_results *results, int code, struct shale_error *err)
{
	if (code == -EPERM && !err->text[0])
		error_remedy(
			err, code, "run as root, or inside `shale unshare` (Linux 5.11 or newer)");
	if (code == -EPERM && !err->text[0])
		error_fail_plain(
			err, code, "a mount needs CAP_SYS_ADMIN, which this process lacks");
	else if (!err->text[0])
		error_fail(err, code, "make a mount namespace for a trial");
	remedy_home(code, err);
	error_remedy(err, code, "use the FUSE backend (--backend fuse)");
	for (size_t i = 0; i < kernel_n_features; i++)
		put_feature(results, kernel_features[i].name, false, err);
	results->why = *err;
}

static void probe_for_real(int home, struct probe_results *results)
{
	struct shale_error err = { 0 };
	int r = trial_run(home, try_all, results, &err);

	if (r < 0)
		refuse_all(results, r, &err);
}

int kernel_probe(int home, const char *home_path, const char *run_path, shale_feature_fn *fn,
	void *arg, struct shale_error *err)
{
	auto_free struct probe_results *results = calloc(1, sizeof(*results));

	if (!results)
		return error_fail(err, -ENOMEM, "probe");
	if (!probe_cache_read(home, run_path, results)) {
		probe_for_real(home, results);
		probe_cache_write(home, run_path, results);
	}
	for (size_t i = 0; fn && i < results->n; i++) {
		struct shale_feature feature = { .name = results->features[i].name,
			.works = results->features[i].works,
			.reason = results->features[i].reason };
		int r = fn(&feature, arg);
		if (r != 0)
			return r;
	}
	if (results->why.code && err)
		*err = results->why;
	return results->why.code ? 0 : 1;
}
