/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Image names, and the names of the files that keep them. */
#pragma once

#include <stdbool.h>

#include "common/shale.h"

#define IMAGE_NAME_MAX 512

/* Checks an image name. Returns -EINVAL if it is empty or has control characters; -ENAMETOOLONG if
 * it is longer than IMAGE_NAME_MAX. */
int image_name_check(const char *name, struct shale_error *err);

/* Returns the file name of an image: NAME.json. Each byte outside [A-Za-z0-9_.-], and a dot at the
 * start, becomes %XX (two upper-case digits), so that each name has exactly one file. If that is
 * too long for a file name: its beginning, "%~", and the name's sha256. The caller frees the
 * result; NULL without memory. */
char *image_name_encode(const char *name);
/* Tells whether FILE is the file name of a long image name. The image's name is then only in the
 * file. */
bool image_name_is_long(const char *file);
/* Returns the image name of FILE. Returns NULL, with errno EINVAL if image_name_encode never makes
 * FILE or FILE is one for a long name, or with errno ENOMEM. */
char *image_name_decode(const char *file);
