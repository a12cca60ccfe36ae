/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file "lower" of a layer: the links of all its ancestors. */
#pragma once

#include "common/store/layer_fields.h"

/* Returns the content that the file "lower" of a child of PARENT has. The caller frees it. */
int lower_to_text(const struct layer *parent, char **ret);
