package io.ropewalk.nbd;

import io.ropewalk.tls.ClientCertificates;
import io.ropewalk.tls.TlsContext;
import java.util.function.Supplier;

/**
 * How the server does TLS.
 *
 * @param context what a session is made from; asked for each, on its loop, so that new certificates count from the next
 *     session on. Answers from memory
 * @param required whether a TCP client gets anything without TLS ("FORCEDTLS"). A Unix socket leads nowhere that
 *     anybody could listen in, so there it is offered only
 * @param clients whether clients are asked for certificates
 */
public record NbdServerTls(Supplier<TlsContext> context, boolean required, ClientCertificates clients) {}
