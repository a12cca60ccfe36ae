/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Warns on standard error of losses when a layer was filled. */
#pragma once

#include "common/shale.h"

/* WARNINGS: SHALE_WARN_... */
void layer_warn(const char *id, unsigned long warnings, uint64_t skipped_xattrs);
/* Warns for the layer TOP ("": none) and all layers below it. */
void layer_warn_all(struct shale_store *store, const char *top);
