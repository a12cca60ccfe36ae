/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/feature.h"

#include "kernel/try.h"

const struct shale_kernel_feature shale_kernel_features[] = {
	{ "overlay", shale_try_overlay },
	{ "d_type", shale_try_d_type },
	{ "opaque", shale_try_opaque },
	{ "redirect", shale_try_redirect },
	{ "metacopy", shale_try_metacopy },
	{ "userxattr", shale_try_userxattr },
	{ "volatile", shale_try_volatile },
	{ "index", shale_try_index },
	{ "xino", shale_try_xino },
	{ "lowerdir+", shale_try_lowerdir_plus },
	{ "data-only", shale_try_data_only },
	{ "idmapped", shale_try_idmapped },
	{ "nesting", shale_try_nesting },
	{ "project-quota", shale_try_project_quota },
};
const size_t shale_kernel_n_features = sizeof(shale_kernel_features) /
				       sizeof(*shale_kernel_features);
