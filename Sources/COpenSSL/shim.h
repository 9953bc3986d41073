// SHA-256 from OpenSSL's libcrypto, linked statically. The direct functions are used and not EVP:
// they pull in 40 KB instead of 4 MB and start in 0.8 ms instead of 2.5 ms, at the same 1.5 GB/s.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
