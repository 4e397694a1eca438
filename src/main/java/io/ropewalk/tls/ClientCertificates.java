package io.ropewalk.tls;

/** Whether a server asks its clients for certificates. What comes is always verified. */
public enum ClientCertificates {
    /** It does not ask. */
    NONE,
    /** It asks, and takes those as well who have none. */
    WANT,
    /** Who has none is refused. */
    NEED
}
