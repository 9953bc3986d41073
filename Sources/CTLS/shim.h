// OpenSSL's client side of TLS, linked statically, for connections to image registries. What OpenSSL offers as macros
// has a function here.
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

static inline int tls_set_server_name(SSL *ssl, const char *name) { return (int)SSL_set_tlsext_host_name(ssl, name); }
static inline int tls_require_version_1_2(SSL_CTX *context) {
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
}
static inline void tls_retry_automatically(SSL *ssl) { SSL_set_mode(ssl, SSL_MODE_AUTO_RETRY); }
