/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/quote.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Decodes the UTF-8 character at P into RET. Returns its length in bytes; 0 if it is not valid. */
static size_t decode(const unsigned char *p, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = *p < 0x80 ? 1 : *p >= 0xf0 ? 4 : *p >= 0xe0 ? 3 : *p >= 0xc0 ? 2 : 0;
	uint32_t c = n == 1 ? *p : *p & (0xffu >> (n + 1));

	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (n == 0 || c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret = c;
	return n;
}

static bool is_harmless(uint32_t c)
{
	return c >= 0x20 && !(c >= 0x7f && c < 0xa0) && c != 0x61c && c != 0xfeff &&
	       !(c >= 0x200e && c <= 0x200f) && !(c >= 0x2028 && c <= 0x202e) &&
	       !(c >= 0x2066 && c <= 0x2069);
}

static void escape(FILE *out, unsigned char byte)
{
	static const char plain[] = "\n\t\r", letters[] = "ntr";
	const char *at = byte ? strchr(plain, byte) : NULL;

	if (at)
		fprintf(out, "\\%c", letters[at - plain]);
	else
		fprintf(out, "\\%03o", byte);
}

void text_quote(FILE *out, const char *text, bool name)
{
	for (const unsigned char *p = (const unsigned char *)text; *p;) {
		uint32_t c = 0;
		size_t n = decode(p, &c);

		if (n && is_harmless(c)) {
			if (c == '\\' && name)
				fputc('\\', out);
			fwrite(p, 1, n, out);
		} else {
			for (size_t i = 0; i < (n ? n : 1); i++)
				escape(out, p[i]);
		}
		p += n ? n : 1;
	}
}

char *text_quoted(const char *text, bool name)
{
	char *ret = NULL;
	size_t size;
	FILE *out = open_memstream(&ret, &size);

	if (!out)
		return NULL;
	text_quote(out, text, name);
	if (fclose(out) == 0)
		return ret;
	free(ret);
	return NULL;
}
