/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/platform.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/utsname.h>

#include "common/base/error.h"
#include "common/image/document.h"

static const struct {
	const char *machine, *architecture, *variant;
} machines[] = {
	{ "x86_64", "amd64", "" },
	{ "i386", "386", "" },
	{ "i486", "386", "" },
	{ "i586", "386", "" },
	{ "i686", "386", "" },
	{ "aarch64", "arm64", "v8" },
	{ "armv8l", "arm", "v7" },
	{ "armv7l", "arm", "v7" },
	{ "armv6l", "arm", "v6" },
	{ "armv5tel", "arm", "v5" },
	{ "loongarch64", "loong64", "" },
	{ "mips64", __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? "mips64le" : "mips64", "" },
	{ "ppc64le", "ppc64le", "" },
	{ "ppc64", "ppc64", "" },
	{ "riscv64", "riscv64", "" },
	{ "s390x", "s390x", "" },
};

struct platform platform_of_machine(const char *machine)
{
	for (size_t i = 0; i < sizeof(machines) / sizeof(*machines); i++)
		if (strcmp(machine, machines[i].machine) == 0)
			return (struct platform){ machines[i].architecture, machines[i].variant,
				"linux" };
	return (struct platform){ machine, "", "linux" };
}

struct platform platform_host(void)
{
	static __thread struct utsname host;

	if (uname(&host) < 0)
		return (struct platform){ "unknown", "", "linux" };
	return platform_of_machine(host.machine);
}

/* Other names of architectures. Such a name may also tell the variant. */
static const struct {
	const char *name, *architecture, *variant;
} aliases[] = {
	{ "x86_64", "amd64", "" },
	{ "x86-64", "amd64", "" },
	{ "i386", "386", "" },
	{ "aarch64", "arm64", "v8" },
	{ "arm64", "arm64", "v8" },
	{ "armhf", "arm", "v7" },
	{ "armel", "arm", "v6" },
	{ "arm", "arm", "v7" },
};

static bool is_architecture(const char *name, const char *want)
{
	if (!strcasecmp(name, want))
		return true;
	for (size_t i = 0; i < sizeof(aliases) / sizeof(*aliases); i++)
		if (!strcasecmp(name, aliases[i].name))
			return !strcmp(aliases[i].architecture, want);
	return false;
}

int platform_match(
	const struct platform *host, const char *os, const char *architecture, const char *variant)
{
	if (strcasecmp(os, host->os) != 0 || !is_architecture(architecture, host->architecture))
		return 0;
	if (!variant || !*variant)
		return 2;
	if (strcmp(variant, host->variant) == 0)
		return 100;
	/* uname does not tell whether an amd64 machine has the instructions that the variants "v2"
	 * and later need. */
	if (!*host->variant)
		return 1;
	/* A v7 machine also runs code for v6, but not for v8. The newest variant that it runs is
	 * the best one. */
	return strcmp(variant, host->variant) < 0 ? 3 + variant[1] - '0' : 0;
}

int platform_match_json(const struct platform *host, const json_t *object)
{
	const char *os = document_string(object, "os");
	const char *architecture = document_string(object, "architecture");

	if (!os || !architecture)
		return 0;
	return platform_match(host, os, architecture, document_string(object, "variant"));
}

int platform_print(const json_t *object, char *buf, size_t size)
{
	const char *os = document_string(object, "os");
	const char *architecture = document_string(object, "architecture");
	const char *variant = document_string(object, "variant");

	if (!os || !architecture || !strcmp(architecture, "unknown"))
		return 0;
	if (!variant)
		variant = "";
	return snprintf(buf, size, "%s/%s%s%s", os, architecture, *variant ? "/" : "", variant);
}

static void apply_alias(struct platform *platform)
{
	for (size_t i = 0; i < sizeof(aliases) / sizeof(*aliases); i++) {
		if (strcmp(platform->architecture, aliases[i].name) != 0)
			continue;
		platform->architecture = aliases[i].architecture;
		if (!*platform->variant)
			platform->variant = aliases[i].variant;
		return;
	}
}

int platform_parse(
	const char *text, char buf[PLATFORM_MAX], struct platform *ret, struct shale_error *err)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-/";
	char *part[3] = { buf };
	size_t n = 1;
	bool good = strlen(text) < PLATFORM_MAX && strspn(text, allowed) == strlen(text);

	snprintf(buf, PLATFORM_MAX, "%s", text);
	for (char *slash; good && (slash = strchr(part[n - 1], '/')); n++) {
		*slash = '\0';
		good = n < 3;
		if (!good)
			break;
		part[n] = slash + 1;
	}
	for (size_t i = 0; good && i < n; i++)
		good = *part[i];
	if (!good || n < 2) {
		error_fail_plain(err, -EINVAL, "'%s' is no platform", text);
		return error_remedy(
			err, -EINVAL, "say OS/ARCHITECTURE[/VARIANT], as in linux/arm64");
	}
	*ret = (struct platform){ part[1], n > 2 ? part[2] : "", part[0] };
	apply_alias(ret);
	return 0;
}
