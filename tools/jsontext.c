/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/jsontext.h"

#include "common/base/scope.h"

/* Returns the length in bytes of the UTF-8 character at P; 0 if P has no valid character, or one
 * that jansson refuses. */
static size_t utf8_length(const unsigned char *p)
{
	char copy[5] = { 0 };

	for (size_t n = 1; n <= 4 && p[n - 1]; n++) {
		copy[n - 1] = (char)p[n - 1];
		json_t *string = json_string(copy);
		if (string) {
			json_decref(string);
			return n;
		}
	}
	return 0;
}

json_t *jsontext(const char *text)
{
	json_t *string = json_string(text);
	auto_free char *mended = NULL;
	size_t size;

	if (string)
		return string;
	FILE *out = open_memstream(&mended, &size);
	if (!out)
		return NULL;
	for (const unsigned char *p = (const unsigned char *)text; *p;) {
		size_t n = utf8_length(p);

		if (n)
			fwrite(p, 1, n, out);
		else
			fputs("\xEF\xBF\xBD", out);
		p += n ? n : 1;
	}
	return fclose(out) == 0 ? json_string(mended) : NULL;
}
