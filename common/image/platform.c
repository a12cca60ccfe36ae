/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/platform.h"

#include <string.h>
#include <sys/utsname.h>

static const struct {
	const char *machine;
	struct shale_platform platform;
} machines[] = {
	{ "x86_64", { "amd64", "" } },
	{ "i386", { "386", "" } },
	{ "i486", { "386", "" } },
	{ "i586", { "386", "" } },
	{ "i686", { "386", "" } },
	{ "aarch64", { "arm64", "v8" } },
	{ "armv8l", { "arm", "v7" } },
	{ "armv7l", { "arm", "v7" } },
	{ "armv6l", { "arm", "v6" } },
	{ "armv5tel", { "arm", "v5" } },
	{ "loongarch64", { "loong64", "" } },
	{ "mips64", { __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? "mips64le" : "mips64", "" } },
	{ "ppc64le", { "ppc64le", "" } },
	{ "ppc64", { "ppc64", "" } },
	{ "riscv64", { "riscv64", "" } },
	{ "s390x", { "s390x", "" } },
};

struct shale_platform shale_platform_of_machine(const char *machine)
{
	for (size_t i = 0; i < sizeof(machines) / sizeof(*machines); i++)
		if (strcmp(machine, machines[i].machine) == 0)
			return machines[i].platform;
	return (struct shale_platform){ machine, "" };
}

struct shale_platform shale_platform_host(void)
{
	static __thread struct utsname host;

	if (uname(&host) < 0)
		return (struct shale_platform){ "unknown", "" };
	return shale_platform_of_machine(host.machine);
}

int shale_platform_match(const struct shale_platform *host, const char *os,
	const char *architecture, const char *variant)
{
	if (strcmp(os, "linux") != 0 || strcmp(architecture, host->architecture) != 0)
		return 0;
	if (!variant || !*variant)
		return 2;
	if (strcmp(variant, host->variant) == 0)
		return 100;
	/* On amd64 "v2" and up ask for instructions that uname does not tell of. */
	if (!*host->variant)
		return 1;
	/* v6 code runs on a v7 machine, the newest that runs is the best; v8 code does not. */
	return strcmp(variant, host->variant) < 0 ? 3 + variant[1] - '0' : 0;
}
