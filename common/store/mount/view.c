/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/mount/view.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/store/mount/layer_mount.h"
#include "common/store/store_struct.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

void view_close(struct view *view)
{
	if (view->root >= 0)
		close(view->root);
	if (view->target && mount_end_at(&view->mounted, view->backend, NULL) < 0)
		(void)umount2(view->target, MNT_DETACH | UMOUNT_NOFOLLOW);
	free(view->target);
	*view = VIEW_NONE;
}

int view_open(struct shale_store *store, const struct layer *layer, const struct staging *staging,
	struct view *ret, struct shale_error *err)
{
	auto_view struct view view = VIEW_NONE;
	auto_free char *target = NULL;
	int r = sys(mkdirat(staging->dir, "view", 0700));

	if (r == 0 &&
		asprintf(&target, "%s/staging/%s/view", store->home_path, staging->name) < 0) {
		target = NULL;
		r = -ENOMEM;
	}
	if (r < 0)
		return error_fail(err, r, "make a view of layer '%s'", layer->id);
	snprintf(view.mounted.witness, sizeof(view.mounted.witness), ".view-%s", staging->name);
	r = mount_read_only(store, layer, target, view.mounted.witness, &view.backend, err);
	if (r < 0)
		return r;
	view.mounted.run = store->run;
	view.mounted.target = target;
	view.target = steal_ptr(&target);
	view.root = sys(open(view.target, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (view.root < 0)
		return error_fail(err, view.root, "open '%s'", view.target);
	*ret = view;
	view = VIEW_NONE;
	return 0;
}
