/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Warns on standard error that files or xattrs were left out when a layer was filled. */
#pragma once

#include "common/shale.h"

/* Warns about layer ID; WARNINGS are its SHALE_WARN_... bits. */
void layer_warn(const char *id, unsigned long warnings, uint64_t skipped_xattrs);
/* Warns about the layer TOP ("": none) and all layers below it. */
void layer_warn_all(struct shale_store *store, const char *top);
