/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/differential/xattrs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const plain_names[] = { "user.one", "user.two", "user.a.long.name.with.dots",
	"trusted.one", "trusted.overlay.opaque", "trusted.overlay.mine", "user.overlay.opaque" };
static const char *const acl_names[] = { "system.posix_acl_access", "system.posix_acl_default" };

#define NAMED_USER  1000
#define NAMED_GROUP 2000

void xattr_to_hex(const void *value, size_t size, char *hex)
{
	const uint8_t *bytes = value;

	for (size_t i = 0; i < size; i++)
		sprintf(hex + 2 * i, "%02x", bytes[i]);
	hex[2 * size] = 0;
}

size_t xattr_from_hex(const char *hex, uint8_t value[XATTR_VALUE_MAX])
{
	size_t n = 0;

	for (; hex[0] && hex[1] && n < XATTR_VALUE_MAX; hex += 2)
		value[n++] = (uint8_t)strtoul((char[]){ hex[0], hex[1], 0 }, NULL, 16);
	return n;
}

static void random_text(struct rng *rng, char *hex)
{
	uint8_t value[200];
	static const size_t sizes[] = { 0, 1, 3, 20, 200 };
	size_t size = rng_pick(rng, sizes);

	memset(value, 'a' + (int)rng_below(rng, 26), size);
	xattr_to_hex(value, size, hex);
}

/* Makes a struct vfs_cap_data, revision 2, with cap_net_raw (13) or cap_chown (0), effective. */
static void random_capability(struct rng *rng, char *hex)
{
	uint32_t value[5] = { 0x02000001, rng_chance(rng, 50) ? 1u << 13 : 1u, 0, 0, 0 };

	xattr_to_hex(value, sizeof(value), hex);
}

/* Makes an ACL as in linux/posix_acl_xattr.h: version 2, then {tag, permissions, id} with ascending
 * tags. */
static void random_acl(struct rng *rng, char *hex)
{
	struct {
		uint16_t tag, perm;
		uint32_t id;
	} entries[6];
	static const uint16_t tags[] = { 0x01, 0x02, 0x04, 0x08, 0x10, 0x20 };
	static const uint32_t ids[] = { -1, NAMED_USER, -1, NAMED_GROUP, -1, -1 };
	char *end = hex + sprintf(hex, "02000000");
	size_t n = 0;

	for (size_t i = 0; i < 6; i++) {
		/* An entry for a named user needs a mask, so make both or neither. */
		if ((i == 1 || i == 3) && rng_chance(rng, 30))
			continue;
		entries[n].tag = tags[i];
		entries[n].perm = (uint16_t)rng_below(rng, 8);
		entries[n++].id = ids[i];
	}
	xattr_to_hex(entries, n * sizeof(*entries), end);
}

void xattr_random_name(struct rng *rng, bool trusted, char *name)
{
	const char *chosen;

	if (rng_chance(rng, 15))
		chosen = "security.capability";
	else if (rng_chance(rng, 20))
		chosen = rng_pick(rng, acl_names);
	else
		chosen = rng_pick(rng, plain_names);
	if (!trusted && !strncmp(chosen, "trusted.", 8))
		chosen = "user.three";
	snprintf(name, 64, "%s", chosen);
}

void xattr_random(struct rng *rng, bool trusted, bool directory, char *name, char *hex)
{
	xattr_random_name(rng, trusted, name);
	if (!directory && !strcmp(name, "system.posix_acl_default") && rng_chance(rng, 80))
		snprintf(name, 64, "system.posix_acl_access");
	if (!strcmp(name, "security.capability"))
		random_capability(rng, hex);
	else if (!strncmp(name, "system.", 7))
		random_acl(rng, hex);
	else
		random_text(rng, hex);
}

static void replace_id(char *hex, uint32_t old, uint32_t new)
{
	char from[9], to[9];

	xattr_to_hex(&old, sizeof(old), from);
	xattr_to_hex(&new, sizeof(new), to);
	char *at = strstr(hex, from);
	if (at)
		memcpy(at, to, 8);
}

void xattr_of_one_id(const char *name, char *hex, uint32_t id)
{
	if (strncmp(name, "system.", 7) != 0)
		return;
	replace_id(hex, NAMED_USER, id);
	replace_id(hex, NAMED_GROUP, id);
}
