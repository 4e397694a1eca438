/**
 * TLS as the doors need it: engines from contexts that may be replaced, the names in a certificate, and why a handshake
 * failed, in words.
 */
@NullMarked
package io.ropewalk.tls;

import org.jspecify.annotations.NullMarked;
