/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libarchive, loaded when it is first wanted. It brings a dozen libraries with it, among them ICU
 * and that of C++, which would double the time that every command takes to start.
 *
 * Code calls its functions by their own names, from <archive.h>: the table in libarchive.c stands
 * between, and a name that is not in it yet fails to link.
 */
#pragma once

#include "common/shale.h"

/* To be called before the first archive_*_new(), for the words: without it those fail with NULL
 * where the library is missing. */
int libarchive_load(struct shale_error *err);
