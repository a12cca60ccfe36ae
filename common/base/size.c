/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/base/size.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* Returns the power of 1024 that UNIT means (K, KB, KiB and so on, B, or nothing); -1 if it is not
 * a unit. */
static int power_of(const char *unit)
{
	static const char letters[] = "kmgtp";
	const char *letter = *unit ? strchr(letters, tolower((unsigned char)*unit)) : NULL;

	if (letter)
		unit++;
	if (letter && tolower((unsigned char)*unit) == 'i' &&
		tolower((unsigned char)unit[1]) == 'b')
		unit++;
	if (tolower((unsigned char)*unit) == 'b')
		unit++;
	if (*unit)
		return -1;
	return letter ? (int)(letter - letters) + 1 : 0;
}

/* Parses digits, a point and digits. RET_REST gets the text after them. */
static int parse_number(const char *text, double *ret, const char **ret_rest)
{
	size_t digits = strspn(text, "0123456789"), after = 0;

	if (!digits)
		return -EINVAL;
	*ret = 0;
	for (size_t i = 0; i < digits; i++)
		*ret = *ret * 10 + (text[i] - '0');
	text += digits;
	if (*text == '.') {
		double part = 1;
		after = strspn(++text, "0123456789");
		for (size_t i = 0; i < after; i++)
			*ret += (text[i] - '0') * (part /= 10);
		text += after;
	}
	*ret_rest = text + (*text == ' ');
	return 0;
}

int size_parse(const char *text, uint64_t *ret)
{
	const char *unit;
	double number;

	if (parse_number(text, &number, &unit) < 0)
		return -EINVAL;
	int power = power_of(unit);
	for (int i = 0; i < power; i++)
		number *= 1024;
	if (power < 0 || number < 1 || number > (double)(INT64_MAX >> 1))
		return -EINVAL;
	*ret = (uint64_t)number;
	return 0;
}
