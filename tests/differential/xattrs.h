/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The xattr values that runs use: plain ones, file capabilities and access control lists. */
#pragma once

#include "tests/differential/rng.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define XATTR_VALUE_MAX 255

/* Fills NAME (64 bytes) with the name of an xattr and HEX (512 bytes) with its value in
 * hexadecimal. TRUSTED: may choose trusted. names. */
void xattr_random(struct rng *rng, bool trusted, bool directory, char *name, char *hex);
void xattr_random_name(struct rng *rng, bool trusted, char *name);

/* Replaces the ids of an ACL by ID. HEX is the value of the xattr NAME. */
void xattr_of_one_id(const char *name, char *hex, uint32_t id);

void xattr_to_hex(const void *value, size_t size, char *hex);
/* Decodes HEX into VALUE. Returns the number of bytes. */
size_t xattr_from_hex(const char *hex, uint8_t value[XATTR_VALUE_MAX]);
