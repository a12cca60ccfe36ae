/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/store_config.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/store/id.h"
#include "common/store/files/jsonfile.h"
#include "common/store/paths.h"
#include "common/store/files/smallfile.h"
#include "common/store/files/timestamp.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>

#define NAME "shale.json"

const char *xattr_class_name(enum xattr_class class)
{
	return class == XATTR_TRUSTED ? "trusted" : "user";
}

const char *ownership_name(enum ownership ownership)
{
	return ownership == OWNERSHIP_REAL ? "real" : "override";
}

static int parse_ownership(const char *word, enum ownership *ret)
{
	if (!strcmp(word, "real"))
		*ret = OWNERSHIP_REAL;
	else if (!strcmp(word, "override"))
		*ret = OWNERSHIP_OVERRIDE;
	else
		return -EINVAL;
	return 0;
}

static int parse_class(const char *word, enum xattr_class *ret)
{
	if (!strcmp(word, "trusted"))
		*ret = XATTR_TRUSTED;
	else if (!strcmp(word, "user"))
		*ret = XATTR_USER;
	else
		return -EINVAL;
	return 0;
}

static int apply_option(struct store_config *config, const char *option, struct shale_error *err)
{
	if (!strcmp(option, "host-labels=keep") || !strcmp(option, "host-labels=drop")) {
		config->keep_labels = !strcmp(option, "host-labels=keep");
		return 0;
	}
	if (strncmp(option, "ownership=", 10) != 0) {
		error_fail_plain(err, -EINVAL, "unknown store option '%s'", option);
		return error_remedy(err, -EINVAL,
			"the options are: ownership=real|override, host-labels=keep|drop");
	}
	if (parse_ownership(option + 10, &config->ownership) < 0)
		return error_fail_plain(
			err, -EINVAL, "store option '%s': not real or override", option);
	return 0;
}

static int make_uuid(char ret[37])
{
	uint8_t b[16];

	if (getrandom(b, sizeof(b), 0) != sizeof(b))
		return -EIO;
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	snprintf(ret, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12],
		b[13], b[14], b[15]);
	return 0;
}

int store_config_decide(const char *const *options, size_t n_options, struct store_config *ret,
	struct shale_error *err)
{
	int class = xattr_class_find();

	if (class < 0)
		return error_fail(err, class, "find out which xattrs this process may set");
	int may_chown = user_may_chown();
	if (may_chown < 0)
		return error_fail(err, may_chown, "read '/proc/self/uid_map'");
	struct store_config config = { .class = (enum xattr_class) class,
		.ownership = may_chown ? OWNERSHIP_REAL : OWNERSHIP_OVERRIDE };
	int r = make_uuid(config.uuid);
	if (r < 0)
		return error_fail(err, r, "read random bytes");
	for (size_t i = 0; i < n_options; i++) {
		r = apply_option(&config, options[i], err);
		if (r < 0)
			return r;
	}
	*ret = config;
	return 0;
}

static int decode(json_t *root, struct store_config *ret, struct shale_error *err)
{
	struct store_config config = { 0 };
	const char *uuid, *class, *ownership;
	int version;
	json_error_t json_err;

	if (json_unpack_ex(root, &json_err, 0, "{s:i, s:s, s:s, s:s}", "version", &version, "uuid",
		    &uuid, "xattr-class", &class, "ownership", &ownership) < 0)
		return error_fail_plain(err, -EINVAL, "%s: %s", NAME, json_err.text);
	if (version != FORMAT_VERSION) {
		error_fail_plain(err, -EINVAL, "%s: format version %d, this shale knows %d", NAME,
			version, FORMAT_VERSION);
		return error_remedy(
			err, -EINVAL, "use the shale that made the store, or a newer one");
	}
	if (parse_class(class, &config.class) < 0 ||
		parse_ownership(ownership, &config.ownership) < 0)
		return error_fail_plain(err, -EINVAL, "%s: unknown xattr-class or ownership", NAME);
	const char *labels = json_string_value(json_object_get(root, "host-labels"));
	config.keep_labels = labels && !strcmp(labels, "keep");
	snprintf(config.uuid, sizeof(config.uuid), "%s", uuid);
	*ret = config;
	return 0;
}

int store_config_read(int home, struct store_config *ret, struct shale_error *err)
{
	auto_json json_t *root = NULL;
	int r = json_read(home, NAME, &root, err);

	return r < 0 ? r : decode(root, ret, err);
}

/* Writes the file by link(): unlike rename(), it does not replace a file, so the first of several
 * processes decides. */
static int write_once(int home, int staging, const char *temp, const char *text)
{
	auto_close int fd = sys(
		openat(staging, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));

	if (fd < 0)
		return fd;
	int r = fd_write_all(fd, text, strlen(text));
	if (r == 0)
		r = sys(fsync(fd));
	if (r == 0)
		r = sys(linkat(staging, temp, home, NAME, 0));
	if (r == 0)
		r = sys(fsync(home));
	unlinkat(staging, temp, 0);
	return r;
}

int store_config_write(
	int home, int staging, const struct store_config *config, struct shale_error *err)
{
	char temp[SHORT_LEN + 1], now[TIMESTAMP_SIZE];

	timestamp_now(now);
	auto_json json_t *root = json_pack("{s:i, s:s, s:s, s:s, s:s, s:s}", "version",
		FORMAT_VERSION, "uuid", config->uuid, "created", now, "xattr-class",
		xattr_class_name(config->class), "ownership", ownership_name(config->ownership),
		"host-labels", config->keep_labels ? "keep" : "drop");
	auto_free char *text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
	if (!text)
		return error_fail(err, -ENOMEM, "write %s", NAME);
	int r = short_make(temp);
	if (r == 0)
		r = write_once(home, staging, temp, text);
	return r < 0 && r != -EEXIST ? error_fail(err, r, "write %s", NAME) : r;
}

int store_config_fits(const struct store_config *theirs, const struct store_config *mine,
	const struct shale_store_options *options, struct shale_error *err)
{
	if (theirs->class != mine->class) {
		error_fail_plain(err, -EPERM,
			"the store's marks are %s. xattrs, and this process works with %s. xattrs",
			xattr_class_name(theirs->class), xattr_class_name(mine->class));
		return error_remedy(err, -EPERM,
			theirs->class == XATTR_TRUSTED
				? "run as root outside any user namespace, as when the store was "
				  "made"
				: "run as the user who made the store, or inside 'shale unshare'");
	}
	int may_chown = user_may_chown();
	if (may_chown < 0)
		return error_fail(err, may_chown, "read '/proc/self/uid_map'");
	if (theirs->ownership == OWNERSHIP_REAL && !may_chown) {
		error_fail_plain(err, -EPERM,
			"the store keeps real owners, and this process may not change owners");
		return error_remedy(err, -EPERM, "run inside 'shale unshare', or as root");
	}
	if (options->n_options && theirs->ownership != mine->ownership)
		return error_fail_plain(err, -EINVAL, "the store was made with ownership=%s",
			ownership_name(theirs->ownership));
	if (options->n_options && theirs->keep_labels != mine->keep_labels)
		return error_fail_plain(err, -EINVAL, "the store was made with host-labels=%s",
			theirs->keep_labels ? "keep" : "drop");
	return 0;
}
