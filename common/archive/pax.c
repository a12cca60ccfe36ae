/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/pax.h"

#include "common/archive/sparse.h"
#include "common/base/scope.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/sysmacros.h>

#define BLOCK      512
#define BUFFER     ((size_t)256 * 1024)
#define HEADER_MAX ((size_t)1024 * 1024)

/* The header block of an entry: POSIX, pax, "ustar Interchange Format". */
struct ustar {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], chksum[8], typeflag;
	char linkname[100], magic[6], version[2], uname[32], gname[32], devmajor[8], devminor[8];
	char prefix[155], pad[12];
};

struct pax {
	int out;
	struct progress *progress;
	uint64_t length; /* length of the archive so far */
	size_t used;
	char buffer[BUFFER];
};

/* Enlarges the pipe OUT, so that its reader can work while we write. Ignores a failure: OUT may
 * be a file, or the pipe may not grow. */
static void widen_pipe(int out)
{
	int size = fcntl(out, F_GETPIPE_SZ);

	if (size > 0 && (size_t)size < 4 * BUFFER)
		(void)fcntl(out, F_SETPIPE_SZ, (int)(4 * BUFFER));
}

struct pax *pax_new(int out)
{
	struct pax *pax = malloc(sizeof(*pax));

	if (!pax)
		return NULL;
	widen_pipe(out);
	pax->out = out;
	pax->progress = NULL;
	pax->length = 0;
	pax->used = 0;
	return pax;
}

void pax_free(struct pax *pax)
{
	free(pax);
}

void pax_tell(struct pax *pax, struct progress *progress)
{
	pax->progress = progress;
}

static int flush(struct pax *pax)
{
	size_t done = 0;

	while (done < pax->used) {
		ssize_t n = write(pax->out, pax->buffer + done, pax->used - done);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			done += (size_t)n;
	}
	pax->used = 0;
	return progress_add(pax->progress, done);
}

int pax_write(struct pax *pax, const void *data, size_t size)
{
	pax->length += size;
	while (size > 0) {
		size_t n = BUFFER - pax->used < size ? BUFFER - pax->used : size;
		memcpy(pax->buffer + pax->used, data, n);
		pax->used += n;
		data = (const char *)data + n;
		size -= n;
		int r = pax->used == BUFFER ? flush(pax) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

int pax_copy(struct pax *pax, int fd, int64_t offset, int64_t size)
{
	while (size > 0) {
		size_t want = BUFFER - pax->used;
		if ((int64_t)want > size)
			want = (size_t)size;
		ssize_t n = pread(fd, pax->buffer + pax->used, want, offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -ENODATA;
		pax->used += (size_t)n;
		pax->length += (size_t)n;
		offset += n;
		size -= n;
		int r = pax->used == BUFFER ? flush(pax) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

int pax_zeros(struct pax *pax, int64_t size)
{
	static const char zeros[64 * 1024];
	int r = 0;

	for (size_t n; size > 0 && r == 0; size -= (int64_t)n) {
		n = size < (int64_t)sizeof(zeros) ? (size_t)size : sizeof(zeros);
		r = pax_write(pax, zeros, n);
	}
	return r;
}

int pax_end_data(struct pax *pax)
{
	return pax_zeros(pax, (int64_t)((BLOCK - pax->length % BLOCK) % BLOCK));
}

int pax_finish(struct pax *pax)
{
	int r = pax_zeros(pax, 2 * BLOCK);

	return r < 0 ? r : flush(pax);
}

/* ---- records ---- */

int pax_record(struct pax_records *records, const char *key, const void *value, size_t size)
{
	/* A record is "LENGTH KEY=VALUE\n", where the length counts its own digits. */
	size_t rest = strlen(key) + size + 3, length = rest + 1;

	while (length != rest + (size_t)snprintf(NULL, 0, "%zu", length))
		length = rest + (size_t)snprintf(NULL, 0, "%zu", length);
	if (records->size + length > HEADER_MAX)
		return -E2BIG;
	if (records->size + length + 1 > records->room) {
		size_t room = records->room * 2 + length + 512;
		char *data = realloc(records->data, room);
		if (!data)
			return -ENOMEM;
		records->data = data;
		records->room = room;
	}
	char *at = records->data + records->size;
	at += sprintf(at, "%zu %s=", length, key);
	memcpy(at, value, size);
	at[size] = '\n';
	records->size += length;
	return 0;
}

void pax_records_free(struct pax_records *records)
{
	free(records->data);
	*records = (struct pax_records){ 0 };
}

static int record_text(struct pax_records *records, const char *key, const char *value)
{
	return pax_record(records, key, value, strlen(value));
}

static int record_number(struct pax_records *records, const char *key, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	return record_text(records, key, text);
}

/* Adds a record with seconds and their fraction, without trailing zeros. A time before 1970 has
 * a negative whole number. */
static int record_time(struct pax_records *records, const struct timespec *time)
{
	char text[48];
	const bool up = time->tv_sec < 0 && time->tv_nsec > 0;
	const long long seconds = time->tv_sec + up;
	int n = snprintf(text, sizeof(text), "%s%lld.%09ld", up && seconds == 0 ? "-" : "", seconds,
		up ? 1000000000 - time->tv_nsec : time->tv_nsec);

	while (text[n - 1] == '0')
		n--;
	if (text[n - 1] == '.')
		n--;
	return pax_record(records, "mtime", text, (size_t)n);
}

static bool is_ascii(const char *name)
{
	for (; *name; name++)
		if ((unsigned char)*name > 126 || (unsigned char)*name < 32)
			return false;
	return true;
}

/* Returns the length of the UTF-8 character at TEXT, or 0 if it is none (RFC 3629: no overlong
 * forms, no surrogates). */
static size_t utf8_length(const unsigned char *text)
{
	size_t length = text[0] < 0x80 ? 1 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;

	if (length == 1)
		return 1;
	if (text[0] < 0xc2 || text[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f) ||
		(text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f))
		return 0;
	return length;
}

static bool is_utf8(const char *name)
{
	const unsigned char *at = (const unsigned char *)name;

	while (*at) {
		size_t length = utf8_length(at);
		if (!length)
			return false;
		at += length;
	}
	return true;
}

/* ---- headers ---- */

/* Writes VALUE as SIZE - 1 octal digits. Returns false if it does not fit; the field is then 0. */
static bool put_octal(char *field, size_t size, uint64_t value)
{
	bool fits = value >> (3 * (size - 1)) == 0;

	if (!fits)
		value = 0;
	field[size - 1] = 0;
	for (size_t i = size - 1; i-- > 0; value >>= 3)
		field[i] = (char)('0' + (value & 7));
	return fits;
}

static void put_text(char *field, size_t size, const char *text)
{
	size_t length = strlen(text);

	memcpy(field, text, length < size ? length : size);
}

static void put_checksum(struct ustar *header)
{
	unsigned int sum = 0;

	memset(header->chksum, ' ', sizeof(header->chksum));
	for (size_t i = 0; i < BLOCK; i++)
		sum += ((unsigned char *)header)[i];
	put_octal(header->chksum, 7, sum);
}

static char typeflag_of(const struct pax_entry *entry)
{
	if (entry->hardlink)
		return '1';
	switch (entry->st->st_mode & S_IFMT) {
	case S_IFLNK:
		return '2';
	case S_IFCHR:
		return '3';
	case S_IFBLK:
		return '4';
	case S_IFDIR:
		return '5';
	case S_IFIFO:
		return '6';
	default:
		return '0';
	}
}

/* Writes a number that is too large for octal digits in GNU tar's binary form. */
static void put_binary(char *field, size_t size, uint64_t value)
{
	for (size_t i = size; i-- > 0; value >>= 8)
		field[i] = (char)(value & 0xff);
	field[0] = (char)0x80;
}

static int put_size(struct ustar *header, struct pax_records *records, uint64_t size)
{
	return put_octal(header->size, 12, size) ? 0 : record_number(records, "size", size);
}

static int put_numbers(
	struct ustar *header, struct pax_records *records, const struct pax_entry *entry)
{
	const struct stat *st = entry->st;
	uint64_t size = typeflag_of(entry) == '0' ? (uint64_t)st->st_size : 0;
	bool old = st->st_mtim.tv_sec < 0;

	put_octal(header->mode, 8, st->st_mode & 07777);
	int r = entry->sparse ? 0 : put_size(header, records, size);
	if (!put_octal(header->uid, 8, st->st_uid) && r == 0)
		r = record_number(records, "uid", st->st_uid);
	if (!put_octal(header->gid, 8, st->st_gid) && r == 0)
		r = record_number(records, "gid", st->st_gid);
	bool fits = put_octal(header->mtime, 12, old ? 0 : (uint64_t)st->st_mtim.tv_sec);
	if ((old || !fits || st->st_mtim.tv_nsec != 0) && r == 0)
		r = record_time(records, &st->st_mtim);
	bool device = header->typeflag == '3' || header->typeflag == '4';
	put_octal(header->devmajor, 8, device ? major(st->st_rdev) : 0);
	put_octal(header->devminor, 8, device ? minor(st->st_rdev) : 0);
	return r;
}

static int put_names(
	struct ustar *header, struct pax_records *records, const char *path, const char *link)
{
	bool long_path = strlen(path) > sizeof(header->name) || !is_ascii(path);
	bool long_link = strlen(link) > sizeof(header->linkname) || !is_ascii(link);
	int r = 0;

	put_text(header->name, sizeof(header->name), path);
	put_text(header->linkname, sizeof(header->linkname), link);
	if ((long_path && !is_utf8(path)) || (long_link && !is_utf8(link)))
		r = record_text(records, "hdrcharset", "BINARY");
	if (long_path && r == 0)
		r = record_text(records, "path", path);
	if (long_link && r == 0)
		r = record_text(records, "linkpath", link);
	return r;
}

/* Writes GNU tar's sparse format 1.0. The header itself has name and size for readers that do
 * not know the format; a record of path or size would mislead some readers that do know it. */
static int put_sparse(struct ustar *header, struct pax_records *records,
	const struct pax_entry *entry, size_t map)
{
	const char *slash = strrchr(entry->path, '/');
	const uint64_t stored = (map + BLOCK - 1) / BLOCK * BLOCK + (uint64_t)entry->sparse->data;
	int r = is_utf8(entry->path) ? 0 : record_text(records, "hdrcharset", "BINARY");

	snprintf(header->name, sizeof(header->name), "GNUSparseFile.0/%.80s",
		is_ascii(entry->path) ? (slash ? slash + 1 : entry->path) : "x");
	if (!put_octal(header->size, 12, stored))
		put_binary(header->size, 12, stored);
	if (r == 0)
		r = record_text(records, "GNU.sparse.major", "1");
	if (r == 0)
		r = record_text(records, "GNU.sparse.minor", "0");
	if (r == 0)
		r = record_text(records, "GNU.sparse.name", entry->path);
	return r == 0 ? record_number(
				records, "GNU.sparse.realsize", (uint64_t)entry->sparse->realsize)
		      : r;
}

static void put_magic(struct ustar *header)
{
	memcpy(header->magic, "ustar", 6);
	memcpy(header->version, "00", 2);
}

static int write_records(struct pax *pax, const struct pax_records *records)
{
	struct ustar header = { .typeflag = 'x' };

	/* Only readers that do not know pax see this name. It is the same for all entries: if it
	 * were the file's own name, such a reader could overwrite the file with the records. */
	put_text(header.name, sizeof(header.name), "PaxHeaders/x");
	put_octal(header.mode, 8, 0644);
	put_octal(header.uid, 8, 0);
	put_octal(header.gid, 8, 0);
	put_octal(header.size, 12, records->size);
	put_octal(header.mtime, 12, 0);
	put_octal(header.devmajor, 8, 0);
	put_octal(header.devminor, 8, 0);
	put_magic(&header);
	put_checksum(&header);
	int r = pax_write(pax, &header, BLOCK);
	if (r == 0)
		r = pax_write(pax, records->data, records->size);
	return r == 0 ? pax_end_data(pax) : r;
}

static int put_path(
	struct ustar *header, struct pax_records *records, const struct pax_entry *entry)
{
	auto_free char *with_slash = NULL;

	if (header->typeflag == '5' && asprintf(&with_slash, "%s/", entry->path) < 0) {
		with_slash = NULL;
		return -ENOMEM;
	}
	return put_names(header, records, with_slash ? with_slash : entry->path,
		entry->link ? entry->link : "");
}

static int append(struct pax_records *records, const struct pax_records *more)
{
	if (!more || more->size == 0)
		return 0;
	if (records->size + more->size > HEADER_MAX)
		return -E2BIG;
	char *data = realloc(records->data, records->size + more->size);
	if (!data)
		return -ENOMEM;
	memcpy(data + records->size, more->data, more->size);
	records->data = data;
	records->size += more->size;
	return 0;
}

static int write_map(struct pax *pax, const char *map, size_t size)
{
	int r = pax_write(pax, map, size);

	return r == 0 ? pax_end_data(pax) : r;
}

int pax_header(struct pax *pax, const struct pax_entry *entry)
{
	auto_pax_records struct pax_records records = { 0 };
	struct ustar header = { .typeflag = typeflag_of(entry) };
	auto_free char *map = NULL;
	size_t size = 0;

	int r = entry->sparse ? sparse_text(entry->sparse, &map, &size) : 0;
	if (r == 0)
		r = entry->sparse ? put_sparse(&header, &records, entry, size)
				  : put_path(&header, &records, entry);
	if (r == 0)
		r = put_numbers(&header, &records, entry);
	put_magic(&header);
	put_checksum(&header);
	/* Records that a reader can do without come last. If the header gets too long, the needed
	 * ones are in its complete part. */
	if (r == 0)
		r = append(&records, entry->records);
	if (r == 0 && records.size > 0)
		r = write_records(pax, &records);
	if (r == 0)
		r = pax_write(pax, &header, BLOCK);
	return r == 0 && map ? write_map(pax, map, size) : r;
}
