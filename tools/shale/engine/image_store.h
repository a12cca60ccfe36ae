/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An additional image store of podman's: a directory in the layout of containers/storage, whose
 * layers are symbolic links to those of the store. */
#pragma once

#include <stddef.h>

#include "tools/shale/cli.h"

/* Writes DIR, an absolute path, anew with every image of CLI's store, and holds their layers until
 * it is written without them. *RET_IMAGES: how many there are. Returns 0 or a negative errno with
 * words in CLI->err. */
int image_store_write(struct cli *cli, const char *dir, size_t *ret_images);
