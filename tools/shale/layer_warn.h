/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Warns on standard error of files and xattrs that were lost when a layer was filled. */
#pragma once

#include "common/shale.h"

/* Warns of the losses of layer ID; WARNINGS are its SHALE_WARN_... */
void layer_warn(const char *id, unsigned long warnings, uint64_t skipped_xattrs);
/* Warns of the losses of the layer TOP ("": none) and of all layers below it. */
void layer_warn_all(struct shale_store *store, const char *top);
