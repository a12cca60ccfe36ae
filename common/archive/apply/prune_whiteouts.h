/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whiteouts that hide nothing because their directory is not merged with one below: an opaque
 * directory is above them, or no layer below has it. A mount would list them. */
#pragma once

#include "common/archive/apply/place.h"

/* Removes them. Call it once, when all is unpacked. */
int place_prune(struct place *place, struct shale_error *err);
