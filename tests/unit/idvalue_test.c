/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/overlay/xattr_ids.h"

#include "common/overlay/overlay_xattr.h"
#include "tests/unit/suite.h"

#include <check.h>
#include <endian.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <stdint.h>
#include <string.h>

static struct idmap_range user_range = { .disk = 0, .shown = 100000, .count = 65536 };
static struct idmap_range group_range = { .disk = 0, .shown = 200000, .count = 1000 };
static const struct idmap uids = { .ranges = &user_range, .n = 1, .squash = -1 };
static const struct idmap gids = { .ranges = &group_range, .n = 1, .squash = -1 };
static const struct idmap squashed = { .squash = 7 };
static const struct idmap squashed_to_root = { .squash = 0 };

static const struct idmaps both = { .uids = &uids, .gids = &gids };
static const struct idmaps users = { .uids = &uids };
static const struct idmaps dropping = { .uids = &uids, .gids = &gids, .drop_strangers = true };
static const struct idmaps squash = { .uids = &squashed, .gids = &squashed };
static const struct idmaps to_root = { .uids = &squashed_to_root };

#define NOBODY_AT_ALL (UINT32_MAX - 1)
#define LEFT_OUT      UINT32_MAX

struct acl {
	struct posix_acl_xattr_header header;
	struct posix_acl_xattr_entry entries[3];
};

/* Makes an ACL with the owner's entry, one of TAG and ID unless it is left out, and the mask. */
static size_t make_acl(struct acl *acl, uint16_t tag, uint32_t id)
{
	size_t n = 0;

	*acl = (struct acl){ .header.a_version = htole32(POSIX_ACL_XATTR_VERSION) };
	acl->entries[n++] = (struct posix_acl_xattr_entry){ htole16(ACL_USER_OBJ), htole16(6),
		htole32(ACL_UNDEFINED_ID) };
	if (id != LEFT_OUT)
		acl->entries[n++] = (struct posix_acl_xattr_entry){ htole16(tag), htole16(4),
			htole32(id) };
	acl->entries[n++] = (struct posix_acl_xattr_entry){ htole16(ACL_MASK), htole16(4),
		htole32(ACL_UNDEFINED_ID) };
	return sizeof(acl->header) + n * sizeof(*acl->entries);
}

static const struct {
	const struct idmaps *maps;
	uint16_t tag;
	uint32_t disk, shown;
	int64_t back; /* the id on the disk for SHOWN, or a negative errno */
} acls[] = {
	{ &both, ACL_USER, 5, 100005, 5 },
	{ &both, ACL_GROUP, 5, 200005, 5 },
	{ &users, ACL_USER, 5, 100005, 5 },
	{ &users, ACL_GROUP, 5, 5, 5 },
	{ &both, ACL_USER, 65535, 165535, 65535 },
	{ &both, ACL_USER, 65536, NOBODY_AT_ALL, -EINVAL },
	{ &both, ACL_GROUP, 1000, NOBODY_AT_ALL, -EINVAL },
	{ &dropping, ACL_USER, 65536, LEFT_OUT, LEFT_OUT },
	{ &dropping, ACL_USER, 5, 100005, 5 },
	{ &squash, ACL_USER, 5, 7, 7 },
	{ &squash, ACL_GROUP, 5, 7, 7 },
};

START_TEST(an_acls_ids_are_mapped_to_the_mount)
{
	struct acl acl, wanted;
	size_t size = make_acl(&acl, acls[_i].tag, acls[_i].disk);
	size_t shown = make_acl(&wanted, acls[_i].tag, acls[_i].shown);

	ck_assert_int_eq(xattr_ids_show(acls[_i].maps, ACL_ACCESS, &acl, size), (ssize_t)shown);
	ck_assert_mem_eq(&acl, &wanted, shown);
}
END_TEST

START_TEST(an_acls_ids_are_mapped_to_the_disk)
{
	struct acl acl, wanted;
	size_t size = make_acl(&acl, acls[_i].tag, acls[_i].shown);
	ssize_t n = xattr_ids_to_disk(acls[_i].maps, ACL_DEFAULT, &acl, size);

	if (acls[_i].back < 0) {
		ck_assert_int_eq(n, acls[_i].back);
		return;
	}
	ck_assert_int_eq(n, (ssize_t)make_acl(&wanted, acls[_i].tag, (uint32_t)acls[_i].back));
	ck_assert_mem_eq(&acl, &wanted, (size_t)n);
}
END_TEST

struct capability {
	uint32_t revision;
	uint32_t root;
};
#define V2 VFS_CAP_REVISION_2
#define V3 VFS_CAP_REVISION_3

static size_t make_capability(struct vfs_ns_cap_data *data, const struct capability *what)
{
	*data = (struct vfs_ns_cap_data){ .magic_etc = htole32(
						  what->revision | VFS_CAP_FLAGS_EFFECTIVE),
		.data[0].permitted = htole32(1 << 13),
		.rootid = htole32(what->root) };
	return what->revision == V2 ? XATTR_CAPS_SZ_2 : XATTR_CAPS_SZ_3;
}

static const struct {
	const struct idmaps *maps;
	bool to_disk;
	struct capability from, to;
	int error;
} capabilities[] = {
	{ &both, false, { V2, 0 }, { V3, 100000 }, 0 },
	{ &both, false, { V3, 0 }, { V3, 100000 }, 0 },
	{ &both, false, { V3, 5 }, { V3, 100005 }, 0 },
	{ &both, false, { V3, 70000 }, { 0, 0 }, -EOVERFLOW },
	{ &both, true, { V3, 100000 }, { V2, 0 }, 0 },
	{ &both, true, { V3, 100005 }, { V3, 5 }, 0 },
	{ &both, true, { V3, 5 }, { 0, 0 }, -EINVAL },
	{ &both, true, { V2, 0 }, { 0, 0 }, -EINVAL },
	{ &squash, false, { V2, 0 }, { V3, 7 }, 0 },
	{ &to_root, false, { V3, 5 }, { V2, 0 }, 0 },
	{ &to_root, true, { V2, 0 }, { V2, 0 }, 0 },
};

START_TEST(the_root_of_a_capability_is_mapped_both_ways)
{
	struct vfs_ns_cap_data data, wanted;
	size_t size = make_capability(&data, &capabilities[_i].from);
	const struct idmaps *maps = capabilities[_i].maps;
	ssize_t n = capabilities[_i].to_disk
			    ? xattr_ids_to_disk(maps, CAPABILITY_XATTR, &data, size)
			    : xattr_ids_show(maps, CAPABILITY_XATTR, &data, size);

	if (capabilities[_i].error) {
		ck_assert_int_eq(n, capabilities[_i].error);
		return;
	}
	ck_assert_int_eq(n, (ssize_t)make_capability(&wanted, &capabilities[_i].to));
	ck_assert_mem_eq(&data, &wanted, (size_t)n);
}
END_TEST

START_TEST(a_value_of_another_form_stays_as_it_is)
{
	static const char odd[] = "\2\0\0\0abc";
	char value[sizeof(odd) + IDVALUE_GROWTH];

	for (size_t size = 0; size < sizeof(odd); size++) {
		memcpy(value, odd, sizeof(odd));
		/* An ACL of four bytes has no entries. */
		ck_assert_int_eq(xattr_ids_show(&both, ACL_ACCESS, value, size), size);
		ck_assert_int_eq(xattr_ids_to_disk(&both, ACL_ACCESS, value, size), size);
		ck_assert_int_eq(xattr_ids_show(&both, CAPABILITY_XATTR, value, size), size);
		ck_assert_mem_eq(value, odd, sizeof(odd));
	}
}
END_TEST

START_TEST(other_xattrs_and_unmapped_mounts_have_no_ids)
{
	static const struct idmaps none = { 0 }, groups = { .gids = &gids };

	ck_assert(!idmaps_has(&both, "user.system.posix_acl_access"));
	ck_assert(!idmaps_has(&both, "security.selinux"));
	ck_assert(!idmaps_has(&none, ACL_ACCESS));
	ck_assert(!idmaps_has(&none, CAPABILITY_XATTR));
	ck_assert(!idmaps_has(&groups, CAPABILITY_XATTR));
	ck_assert(idmaps_has(&groups, ACL_DEFAULT));
	ck_assert(idmaps_has(&users, CAPABILITY_XATTR));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("idvalue");
	TCase *tests = tcase_create("idvalue");
	int n_acls = sizeof(acls) / sizeof(*acls);

	tcase_add_loop_test(tests, an_acls_ids_are_mapped_to_the_mount, 0, n_acls);
	tcase_add_loop_test(tests, an_acls_ids_are_mapped_to_the_disk, 0, n_acls);
	tcase_add_loop_test(tests, the_root_of_a_capability_is_mapped_both_ways, 0,
		sizeof(capabilities) / sizeof(*capabilities));
	tcase_add_test(tests, a_value_of_another_form_stays_as_it_is);
	tcase_add_test(tests, other_xattrs_and_unmapped_mounts_have_no_ids);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
