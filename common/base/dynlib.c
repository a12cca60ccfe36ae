/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/base/dynlib.h"

#include "common/base/error.h"

#include <dlfcn.h>
#include <errno.h>

static int load(struct dynlib *library, struct shale_error *err)
{
	void *handle = dlopen(library->name, RTLD_LAZY | RTLD_LOCAL);

	for (const struct dynlib_function *f = library->functions; handle && f->name; f++) {
		*f->pointer = dlsym(handle, f->name);
		if (!*f->pointer)
			handle = NULL;
	}
	if (handle)
		return 0;
	const char *why = dlerror();
	error_remedy(err, -ELIBACC, "install the package that has %s", library->name);
	return error_fail_plain(err, -ELIBACC, "load a library: %s", why ? why : library->name);
}

int dynlib_load(struct dynlib *library, struct shale_error *err)
{
	int r = 0;

	if (__atomic_load_n(&library->loaded, __ATOMIC_ACQUIRE))
		return 0;
	pthread_mutex_lock(&library->lock);
	if (!library->loaded)
		r = load(library, err);
	if (r == 0)
		__atomic_store_n(&library->loaded, 1, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&library->lock);
	return r;
}
