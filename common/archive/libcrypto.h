/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loads OpenSSL's libcrypto at its first use: see libarchive.h. */
#pragma once

#include "common/shale.h"

/* Loads libcrypto. Call it before the first EVP_MD_CTX_new() to get words for an error. */
int libcrypto_load(struct shale_error *err);
