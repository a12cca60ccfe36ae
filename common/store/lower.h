/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file "lower" in a layer's directory: the links of all its ancestors, joined by ':'. */
#pragma once

#include "common/store/layer_fields.h"

/* Returns the text of the file "lower" for a child of PARENT. The caller frees it. */
int lower_to_text(const struct layer *parent, char **ret);
