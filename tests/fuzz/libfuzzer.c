/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libFuzzer's entry: FUZZ_RUN is the target's function. Built by fuzz.sh. */
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FUZZ_RUN(data, size);
	return 0;
}
