/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file "lower" of a layer: the links of all its ancestors. */
#pragma once

#include "common/store/layer_fields.h"

/* The content of the file "lower" of a child of PARENT; the caller's to free. */
int lower_to_text(const struct layer *parent, char **ret);
