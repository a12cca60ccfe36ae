/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Image names, and the names of the files that keep them. */
#pragma once

#include <stdbool.h>

#include "common/shale.h"

#define IMAGE_NAME_MAX 512

/* Checks an image name. Returns -EINVAL if it is empty or has control characters; -ENAMETOOLONG if
 * it is longer than IMAGE_NAME_MAX. */
int image_name_check(const char *name, struct shale_error *err);

/* Returns the file name of an image: NAME.json, with %XX (two upper-case digits) for each byte
 * outside [A-Za-z0-9_.-] and for a dot at the start, so that each name has one file and each file
 * one name. If that is too long for a file: its beginning, "%~", and the name's sha256. The caller
 * frees it; NULL without memory. */
char *image_name_encode(const char *name);
/* Tells whether FILE has the form for a long name. Only the record in the file has the name
 * then. */
bool image_name_is_long(const char *file);
/* Returns the image name of FILE. NULL, with errno EINVAL if image_name_encode never makes FILE or
 * the name is a long one, or with ENOMEM. */
char *image_name_decode(const char *file);
