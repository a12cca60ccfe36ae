/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/apply/entry_fields.h"

#include "common/base/scope.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

/* Offsets and sizes of fields in the entry's ustar header. */
enum {
	NAME_AT = 0,
	NAME_SIZE = 100,
	UID_AT = 108,
	GID_AT = 116,
	MTIME_AT = 136,
	TYPE_AT = 156,
	LINK_AT = 157,
	MAGIC_AT = 257,
	MAJOR_AT = 329,
	MINOR_AT = 337,
	PREFIX_AT = 345,
	PREFIX_SIZE = 155,
};

enum field { PATH, SPARSE_NAME, LINKPATH, UID, GID, MTIME, ATIME, MAJOR, N_FIELDS };

static const char *const keys[N_FIELDS] = {
	[PATH] = "path",
	[SPARSE_NAME] = "GNU.sparse.name",
	[LINKPATH] = "linkpath",
	[UID] = "uid",
	[GID] = "gid",
	[MTIME] = "mtime",
	[ATIME] = "atime",
	[MAJOR] = "SCHILY.devmajor",
};

struct fields {
	const struct entry_headers *headers;
	struct archive_entry *entry;
	/* The last record of each key. KEY is NULL if there is no record with this key; SIZE is 0
	 * if the record is empty. */
	struct record records[N_FIELDS];
};

static void note(void *arg, const struct record *record)
{
	struct fields *fields = arg;

	for (size_t i = 0; i < N_FIELDS; i++)
		if (record->key_size == strlen(keys[i]) &&
			!memcmp(record->key, keys[i], record->key_size))
			fields->records[i] = *record;
}

/* ---- numbers ---- */

static int parse_int(const char *at, const char *end, int64_t *ret)
{
	const bool negative = at < end && *at == '-';
	uint64_t number = 0;

	at += at < end && (*at == '-' || *at == '+');
	if (at == end)
		return -EBADMSG;
	for (; at < end; at++) {
		if (!isdigit((unsigned char)*at) || number > (uint64_t)INT64_MAX / 10)
			return -EBADMSG;
		number = number * 10 + (uint64_t)(*at - '0');
	}
	if (number > INT64_MAX)
		return -EBADMSG;
	*ret = negative ? -(int64_t)number : (int64_t)number;
	return 0;
}

static int parse_number(const struct record *record, int64_t *ret)
{
	return parse_int(record->value, record->value + record->size, ret);
}

/* Parses a time like "12.5". Drops digits after the nanoseconds. */
static int parse_time(const struct record *record, struct timespec *ret)
{
	const char *end = record->value + record->size;
	const char *dot = memchr(record->value, '.', record->size);
	int64_t seconds;
	long fraction = 0, unit = 100000000;
	int r = parse_int(record->value, dot ? dot : end, &seconds);

	for (const char *at = dot ? dot + 1 : end; at < end; at++, unit /= 10) {
		if (!isdigit((unsigned char)*at))
			return -EBADMSG;
		fraction += unit * (*at - '0');
	}
	if (*record->value == '-' && fraction > 0) {
		seconds--;
		fraction = 1000000000 - fraction;
	}
	*ret = (struct timespec){ seconds, fraction };
	return r;
}

/* Parses a number in GNU tar's binary form: the first bit marks the form, the second bit is the
 * sign. */
static int64_t binary_at(const unsigned char *field, size_t size)
{
	uint64_t number = field[0] & 0x40 ? UINT64_MAX : 0;

	number = number << 6 | (field[0] & 0x3f);
	for (size_t i = 1; i < size; i++)
		number = number << 8 | field[i];
	return (int64_t)number;
}

static int64_t number_at(const char *header, size_t at, size_t size)
{
	const char *field = header + at, *end = field + size;
	uint64_t number = 0;

	if (*field & 0x80)
		return binary_at((const unsigned char *)field, size);
	while (field < end && (*field == ' ' || !*field))
		field++;
	for (; field < end && *field >= '0' && *field <= '7'; field++)
		number = number << 3 | (uint64_t)(*field - '0');
	return (int64_t)number;
}

/* ---- names ---- */

static bool is_ustar(const char *own)
{
	return !memcmp(own + MAGIC_AT,
		"ustar\0"
		"00",
		8);
}

/* Returns the name or target that counts: GNU's long name if there is one, else the record, else
 * NULL. */
static const struct record *text_of(const struct record *long_name, const struct record *record)
{
	return long_name->size > 0 ? long_name : record->size > 0 ? record : NULL;
}

static int copy_text(const char *text, size_t size, char **ret)
{
	*ret = strndup(text, size);
	return *ret ? 0 : -ENOMEM;
}

static int own_path(const char *own, char **ret)
{
	const size_t prefix = is_ustar(own) ? strnlen(own + PREFIX_AT, PREFIX_SIZE) : 0;
	const int n = asprintf(ret, "%.*s%s%.*s", (int)prefix, own + PREFIX_AT, prefix ? "/" : "",
		NAME_SIZE, own + NAME_AT);

	return n < 0 ? -ENOMEM : 0;
}

static int set_path(const struct fields *fields)
{
	auto_free char *path = NULL;
	const struct record *sparse = &fields->records[SPARSE_NAME];
	const struct record *text = text_of(&fields->headers->name, &fields->records[PATH]);
	int r;

	/* without a record and a GNU long name, libarchive reads the name in the header as Go
	 * does */
	if (sparse->size > 0)
		return 0;
	r = text ? copy_text(text->value, text->size, &path)
		 : own_path(fields->headers->own, &path);
	if (r == 0)
		archive_entry_set_pathname(fields->entry, path);
	return r;
}

static int set_target(const struct fields *fields)
{
	auto_free char *target = NULL;
	const char type = fields->headers->own[TYPE_AT];
	const struct record *text = text_of(&fields->headers->link, &fields->records[LINKPATH]);

	if (type != '1' && type != '2')
		return 0;
	int r = text ? copy_text(text->value, text->size, &target)
		     : copy_text(fields->headers->own + LINK_AT, NAME_SIZE, &target);
	if (r == 0 && type == '1')
		archive_entry_set_hardlink(fields->entry, target);
	if (r == 0 && type == '2')
		archive_entry_set_symlink(fields->entry, target);
	return r;
}

/* ---- owners, times and devices ---- */

static int set_owner(const struct fields *fields)
{
	const struct record *uid = &fields->records[UID], *gid = &fields->records[GID];
	const char *own = fields->headers->own;
	int64_t user = number_at(own, UID_AT, 8), group = number_at(own, GID_AT, 8);
	int r = uid->size > 0 ? parse_number(uid, &user) : 0;

	if (r == 0 && gid->size > 0)
		r = parse_number(gid, &group);
	archive_entry_set_uid(fields->entry, user);
	archive_entry_set_gid(fields->entry, group);
	return r;
}

static int set_times(const struct fields *fields)
{
	const struct record *mtime = &fields->records[MTIME], *atime = &fields->records[ATIME];
	struct timespec time = { number_at(fields->headers->own, MTIME_AT, 12), 0 };
	int r = mtime->size > 0 ? parse_time(mtime, &time) : 0;

	archive_entry_set_mtime(fields->entry, time.tv_sec, time.tv_nsec);
	if (r < 0 || !atime->key)
		return r;
	r = atime->size > 0 ? parse_time(atime, &time) : 0;
	if (atime->size > 0)
		archive_entry_set_atime(fields->entry, time.tv_sec, time.tv_nsec);
	else
		archive_entry_unset_atime(fields->entry);
	return r;
}

static void set_device(const struct fields *fields)
{
	const char *own = fields->headers->own;
	const bool has = is_ustar(own) || !memcmp(own + MAGIC_AT, "ustar ", 6);

	if (!fields->records[MAJOR].key)
		return;
	archive_entry_set_rdevmajor(fields->entry, has ? (dev_t)number_at(own, MAJOR_AT, 8) : 0);
	archive_entry_set_rdevminor(fields->entry, has ? (dev_t)number_at(own, MINOR_AT, 8) : 0);
}

int entry_fields_read(const struct entry_headers *headers, struct archive_entry *entry)
{
	struct fields fields = { .headers = headers, .entry = entry };

	if (!headers->own)
		return 0;
	if (headers->own[TYPE_AT] == '0' && archive_entry_filetype(entry) == AE_IFDIR)
		archive_entry_set_filetype(entry, AE_IFREG);
	if (!headers->has_more)
		return 0;
	tar_headers_each_record(headers, note, &fields);
	set_device(&fields);
	int r = set_owner(&fields);
	if (r == 0)
		r = set_times(&fields);
	if (r == 0)
		r = set_path(&fields);
	return r == 0 ? set_target(&fields) : r;
}
