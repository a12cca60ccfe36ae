/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loads libarchive at its first use. It brings a dozen libraries with it, among them ICU and the
 * C++ library, which would double the start time of every command.
 *
 * Code calls its functions by their own names, from <archive.h>: the table in libarchive.c passes
 * the calls on. A name that is not in the table fails to link.
 */
#pragma once

#include "common/shale.h"

/* Loads libarchive. Call it before the first archive_*_new() to get words for an error: if the
 * library is missing, archive_*_new() only returns NULL. */
int libarchive_load(struct shale_error *err);
