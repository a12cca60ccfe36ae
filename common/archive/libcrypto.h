/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What we use of OpenSSL's libcrypto, loaded when it is first wanted: see libarchive.h. */
#pragma once

#include "common/shale.h"

/* To be called before the first EVP_MD_CTX_new(), for the words. */
int libcrypto_load(struct shale_error *err);
