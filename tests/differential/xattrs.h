/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The xattr values that runs use: plain ones, file capabilities and access control lists. */
#pragma once

#include "tests/differential/rng.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define XATTR_VALUE_MAX 255

/* Fills NAME (64 bytes) and HEX (512 bytes) with an xattr and its value in hexadecimal. TRUSTED:
 * trusted. names may be among them. */
void xattr_random(struct rng *rng, bool trusted, bool directory, char *name, char *hex);
void xattr_random_name(struct rng *rng, bool trusted, char *name);

/* In HEX, the value of NAME, replaces the ids of an access list by ID. */
void xattr_of_one_id(const char *name, char *hex, uint32_t id);

void xattr_to_hex(const void *value, size_t size, char *hex);
/* The number of bytes. */
size_t xattr_from_hex(const char *hex, uint8_t value[XATTR_VALUE_MAX]);
