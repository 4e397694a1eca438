package io.ropewalk.config;

import io.ropewalk.net.Transport;

/** How sockets are waited for, as configured. */
enum IoTransport {
    /** The best that this machine has. */
    AUTO,
    /** io_uring. */
    IO_URING,
    /** epoll. */
    EPOLL,
    /** What the JDK brings. */
    NIO;

    /**
     * The transport.
     *
     * @throws StartupException when it was asked for by name and is not available
     */
    Transport resolve() {
        Transport transport = this == AUTO ? Transport.best() : Transport.valueOf(name());
        if (!transport.isAvailable()) {
            throw new StartupException(
                    "This machine has no " + name() + ", which ropewalk.io.transport asks for.",
                    "Set ropewalk.io.transport to auto.");
        }
        return transport;
    }
}
