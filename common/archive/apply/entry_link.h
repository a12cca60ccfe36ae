/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The target of a link whose own header has none, but whose extended header has. Go writes only
 * the ASCII characters of a target into the header itself, and Rust's writer none of a long one;
 * libarchive then takes the link for one to nothing.
 */
#pragma once

#include <archive_entry.h>

#include "common/archive/apply/tar_headers.h"

/* Gives ENTRY its target if that is so; the entry's headers are the bytes FROM to TO of the stream.
 * -ENOMEM. */
int entry_link_read(
	struct headers *headers, uint64_t from, uint64_t to, struct archive_entry *entry);
